CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $a$ SELECT '$b$ ; $b'::text; $a$;
CREATE VIEW v AS SELECT f();
