CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $Q$ SELECT '$q$; '::text; $Q$;
CREATE TABLE after_it (a int);
