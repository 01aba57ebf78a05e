CREATE TABLE t (begin int, end int, delimiter int);
INSERT INTO t (begin, end) VALUES (1, 2);
CREATE VIEW v AS SELECT begin AS end FROM t;
