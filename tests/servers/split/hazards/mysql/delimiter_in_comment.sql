DELIMITER //
CREATE TABLE t (a int) /* // */ //
-- // not here
# // nor here
INSERT INTO t VALUES (1)//
DELIMITER ;
INSERT INTO t VALUES (2);
