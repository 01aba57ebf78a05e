CREATE TABLE a (a int); -- it's
INSERT INTO a VALUES (1);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$
SELECT 1;
$$;
CREATE TABLE b (t text DEFAULT 'a;'
'b');
