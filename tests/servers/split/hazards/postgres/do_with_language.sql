CREATE TABLE t (a int);
DO LANGUAGE plpgsql $body$
DECLARE r record;
BEGIN
    FOR r IN SELECT generate_series(1, 3) AS i LOOP
        INSERT INTO t VALUES (r.i);
    END LOOP;
    IF true THEN INSERT INTO t VALUES (9); END IF;
END
$body$;
INSERT INTO t VALUES (10);
