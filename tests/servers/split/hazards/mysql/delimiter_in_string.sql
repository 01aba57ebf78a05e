DELIMITER //
CREATE TABLE t (a varchar(20) DEFAULT '//;')//
INSERT INTO t VALUES ('a//b')//
INSERT INTO t VALUES ("a//b")//
CREATE TABLE `c//d` (a int)//
DELIMITER ;
INSERT INTO t VALUES ('c');
