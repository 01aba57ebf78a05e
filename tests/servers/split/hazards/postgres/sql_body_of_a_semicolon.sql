CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT '';''::text';
CREATE TABLE after_it (a int);
