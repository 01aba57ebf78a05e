CREATE TYPE mood AS ENUM ('sad;', 'it''s ok');
CREATE DOMAIN d AS text CHECK (VALUE ~ '^[a-z;]+$');
CREATE TYPE pair AS (a int, b mood);
CREATE TABLE t (a pair, b d DEFAULT 'x;');
