CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS '
BEGIN
    PERFORM ''a;b'';
    RETURN 1;
END;
';
CREATE TABLE after_it (a int);
