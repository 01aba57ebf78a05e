-- Schemas, extensions, types, sequences.
CREATE SCHEMA audit;
COMMENT ON SCHEMA audit IS 'who did what';
CREATE SCHEMA "Odd Schema";
CREATE EXTENSION btree_gist;
CREATE EXTENSION citext SCHEMA audit;
CREATE EXTENSION pg_trgm;

CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine"');
COMMENT ON TYPE mood IS 'how it is';
ALTER TYPE mood ADD VALUE 'so so' AFTER 'sad';
CREATE TYPE audit.level AS ENUM ('low', 'high');
CREATE TYPE "Odd Schema"."Odd Type" AS ENUM ();
CREATE TYPE place AS (street text COLLATE "C", number integer, tags character varying(10)[]);
COMMENT ON TYPE place IS 'where';
CREATE TYPE trip AS (origin place, feeling mood);
CREATE FUNCTION is_even(n integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n % 2 = 0';
CREATE DOMAIN even AS integer DEFAULT 2 NOT NULL CONSTRAINT even_check CHECK (is_even(VALUE)) CONSTRAINT big CHECK (VALUE < 1000);
COMMENT ON DOMAIN even IS 'no odd ones';
COMMENT ON CONSTRAINT big ON DOMAIN even IS 'not too much';
ALTER DOMAIN even ADD CONSTRAINT late CHECK (VALUE > -5) NOT VALID;
CREATE DOMAIN audit.word AS text COLLATE "C" CHECK (VALUE <> '');
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE timespan AS RANGE (subtype = timestamp, multirange_type_name = timespans);
CREATE COLLATION german (provider = libc, locale = 'C');

CREATE SEQUENCE counter AS smallint INCREMENT BY -2 MINVALUE -100 MAXVALUE 50 START 50 CACHE 5 CYCLE;
COMMENT ON SEQUENCE counter IS 'downwards';
CREATE SEQUENCE audit.numbers START 100;
