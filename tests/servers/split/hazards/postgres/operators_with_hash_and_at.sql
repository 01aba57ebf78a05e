CREATE TABLE t (a jsonb, b int);
INSERT INTO t SELECT '{"a": {"b;": 1}}'::jsonb #> '{a}', 5 # 3;
INSERT INTO t SELECT '{}'::jsonb WHERE '{"a;":1}'::jsonb ? 'a;' OR '[1]'::jsonb @> '[1]';
INSERT INTO t SELECT '{"a":1}'::jsonb #- '{a}', @ -5;
