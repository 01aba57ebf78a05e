CREATE TABLE t (a varchar(20));
INSERT INTO t VALUES ('it''s;'); INSERT INTO t VALUES ("say ""a;""");
INSERT INTO t VALUES ('"'); INSERT INTO t VALUES ("'");
INSERT INTO t VALUES ('''');
