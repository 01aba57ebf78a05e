CREATE TABLE t (a varchar(20));
INSERT INTO t VALUES ('日本;語'); INSERT INTO t VALUES ('ß\';');
CREATE TABLE größe (ünï int);
