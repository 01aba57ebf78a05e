CREATE TABLE t (a interval, b date);
INSERT INTO t VALUES (interval '1 day', date '2020-01-01');
INSERT INTO t VALUES (CAST('1 day' AS interval), '2020-01-02'::date);
