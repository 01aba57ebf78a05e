CREATE TABLE t (a text);
INSERT INTO t VALUES (U&'\\'); INSERT INTO t VALUES (U&'a\\''b;');
