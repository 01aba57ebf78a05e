CREATE TABLE t (a text);
INSERT INTO t VALUES (E'a''\';b');
INSERT INTO t VALUES ('c');
