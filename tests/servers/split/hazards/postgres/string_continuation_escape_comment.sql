CREATE TABLE t (a text);
INSERT INTO t VALUES (E'a' -- c'
    '\';b');
INSERT INTO t VALUES ('c');
