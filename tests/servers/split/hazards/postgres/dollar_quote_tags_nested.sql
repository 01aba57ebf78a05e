CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $outer$
BEGIN
    EXECUTE $inner$ SELECT 1; $inner$;
    RETURN $$a;b$$;
END;
$outer$;
CREATE TABLE after_it (a int);
