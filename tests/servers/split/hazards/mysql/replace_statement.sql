CREATE TABLE t (a int PRIMARY KEY, b varchar(9));
REPLACE INTO t VALUES (1, 'a;');
INSERT INTO t VALUES (1, 'b') ON DUPLICATE KEY UPDATE b = 'c;';
REPLACE t SET a = 2, b = REPLACE('x;', 'x', 'y');
