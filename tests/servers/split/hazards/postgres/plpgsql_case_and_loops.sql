CREATE FUNCTION f(a int) RETURNS text LANGUAGE plpgsql AS $$
<<outer_block>>
DECLARE b text := '; $ ';
BEGIN
    CASE a WHEN 1 THEN b := 'x;'; ELSE b := 'y'; END CASE;
    WHILE a < 3 LOOP a := a + 1; END LOOP;
    BEGIN RETURN b; EXCEPTION WHEN others THEN NULL; END;
END outer_block;
$$;
CREATE TABLE t AS SELECT f(1) AS a;
