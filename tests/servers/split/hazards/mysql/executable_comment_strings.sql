CREATE TABLE t (a varchar(20));
INSERT INTO t VALUES /*!40101 ('a;b*') */;
INSERT INTO t /*!40000 SELECT 'it''s;' */ ;
