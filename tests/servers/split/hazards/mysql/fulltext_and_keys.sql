CREATE TABLE t (a text, b varchar(20), FULLTEXT KEY `f;` (a), KEY `k'` (b));
INSERT INTO t VALUES ('x;y', "z';");
SELECT MATCH (a) AGAINST ('+x; -y' IN BOOLEAN MODE) FROM t;
