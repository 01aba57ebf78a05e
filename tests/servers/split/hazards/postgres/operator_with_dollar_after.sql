CREATE TABLE t (a text);
INSERT INTO t SELECT 'a'||$$b;$$||'c'; INSERT INTO t SELECT ('x')::text||$y$;$y$;
