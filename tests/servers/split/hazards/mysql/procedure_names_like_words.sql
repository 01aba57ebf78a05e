CREATE TABLE t (`end` int, `begin` int, `if` int, `case` int);
CREATE PROCEDURE p() BEGIN SELECT `end`, t.`begin` FROM t; UPDATE t SET `if` = IF(`case` > 1, 1, 2); END;
INSERT INTO t VALUES (1, 2, 3, 4);
CALL p();
