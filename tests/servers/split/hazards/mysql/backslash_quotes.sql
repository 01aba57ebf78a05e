CREATE TABLE t (a varchar(20));
INSERT INTO t VALUES ('a\';b');
INSERT INTO t VALUES ("a\";b");
INSERT INTO t VALUES ('\\'); INSERT INTO t VALUES ("\\");
INSERT INTO t VALUES ('\\\';');
