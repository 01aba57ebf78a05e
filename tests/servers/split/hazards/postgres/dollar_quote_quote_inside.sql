CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'it''s; here' || E'\'; ' /* ' */ -- it's
$$;
CREATE TABLE after_it (a int);
