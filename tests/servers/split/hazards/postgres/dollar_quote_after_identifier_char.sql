CREATE TABLE t (a text DEFAULT $$x;y$$);
INSERT INTO t SELECT $$a$$ WHERE 1=1; INSERT INTO t VALUES (''||$x$b;$x$);
