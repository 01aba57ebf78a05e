CREATE TABLE t (a int[], b text[]);
INSERT INTO t VALUES (ARRAY[1,2,3], '{"a;b","c\"d"}');
INSERT INTO t SELECT a[1:2], b::text[] FROM t;
