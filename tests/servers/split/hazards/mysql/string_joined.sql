CREATE TABLE t (a varchar(20));
INSERT INTO t VALUES ('a;' 'b;' "c;");
INSERT INTO t VALUES ('x'
'y;');
