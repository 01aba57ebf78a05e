CREATE TABLE t (a varchar(9), b varchar(20) GENERATED ALWAYS AS (CONCAT(a, ';')) STORED, c int DEFAULT (1 + 1));
INSERT INTO t (a) VALUES ('x');
