CREATE TABLE t (a text);
INSERT INTO t VALUES (E'it''s; \''''), (E'');
INSERT INTO t VALUES ('x');
