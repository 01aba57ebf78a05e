CREATE TABLE "begin" ("end" int, "atomic" int);
CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC
    SELECT b."end"::bigint FROM "begin" AS b;
END;
CREATE TABLE after_it (a int);
