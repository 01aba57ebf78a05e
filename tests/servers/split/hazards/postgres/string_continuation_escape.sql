CREATE TABLE t (a text);
INSERT INTO t VALUES (E'a\';'
    'b\';c');
INSERT INTO t VALUES (E'x'

  '\'; y');
