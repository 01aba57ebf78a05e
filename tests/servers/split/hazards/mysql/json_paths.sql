CREATE TABLE t (a varchar(60));
INSERT INTO t VALUES (JSON_EXTRACT('{"a;": "b\\";"}', '$."a;"'));
INSERT INTO t VALUES (JSON_OBJECT('k', 'v;'));
