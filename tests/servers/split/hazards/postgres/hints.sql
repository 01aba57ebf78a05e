/*+ SeqScan(t) */ CREATE TABLE t (a int);
INSERT INTO t SELECT /*+ x; */ 1;
