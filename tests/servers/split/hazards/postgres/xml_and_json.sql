CREATE TABLE t (a json);
INSERT INTO t VALUES ('{"k": "v;", "q": "it''s"}'); INSERT INTO t VALUES ('["\";"]');
