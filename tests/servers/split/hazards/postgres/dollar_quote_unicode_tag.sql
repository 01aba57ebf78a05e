CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $größe$ SELECT 1; $größe$;
CREATE TABLE after_it (a int);
