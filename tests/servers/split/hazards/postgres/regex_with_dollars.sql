CREATE TABLE t (a text CHECK (a ~ '^\d+;$' OR a ~ E'\\$\\$;'));
INSERT INTO t VALUES ('12;');
CREATE VIEW v AS SELECT a FROM t WHERE a !~ '$$';
