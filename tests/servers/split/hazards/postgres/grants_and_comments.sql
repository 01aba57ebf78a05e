CREATE TABLE t (a int);
GRANT SELECT ON t TO PUBLIC;
COMMENT ON COLUMN t.a IS 'it''s; a column';
COMMENT ON TABLE t IS $c$quoted 'twice';$c$;
COMMENT ON COLUMN t.a IS E'new\';';
