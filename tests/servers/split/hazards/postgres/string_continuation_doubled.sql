CREATE TABLE t (a text);
INSERT INTO t VALUES ('a'''
'b;');
INSERT INTO t VALUES ('''');
