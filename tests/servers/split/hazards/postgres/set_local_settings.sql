SET search_path TO public;
SET standard_conforming_strings = on;
CREATE TABLE t (a text DEFAULT '\');
INSERT INTO t VALUES ('\');
