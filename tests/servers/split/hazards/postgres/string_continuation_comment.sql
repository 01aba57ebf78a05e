CREATE TABLE t (a text);
INSERT INTO t VALUES ('a;' -- it's a comment;
    'b;');
INSERT INTO t VALUES ('c');
