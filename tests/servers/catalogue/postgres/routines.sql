-- Functions, procedures, aggregates, operators, casts.
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    NEW.created_at := now(); -- it's; fine
    RETURN NEW;
END;
$$;
COMMENT ON FUNCTION touch() IS 'sets; the time';
CREATE FUNCTION touch(x integer, OUT y integer, VARIADIC z text[] DEFAULT '{}') RETURNS integer LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 5 AS 'SELECT x';
CREATE FUNCTION score(u users) RETURNS integer LANGUAGE sql STABLE AS $f$ SELECT u.id $f$;
CREATE FUNCTION all_users() RETURNS SETOF users LANGUAGE sql AS 'SELECT * FROM users';
CREATE FUNCTION atomic(x integer) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM users WHERE id > x; SELECT 2; END;
CREATE PROCEDURE audit.clean(older interval) LANGUAGE sql AS $$ DELETE FROM audit.log $$;
COMMENT ON PROCEDURE audit.clean(interval) IS 'cleans';
CREATE FUNCTION add_state(s bigint, v integer) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT s + v';
CREATE AGGREGATE total (integer) (sfunc = add_state, stype = bigint, initcond = '0', parallel = safe);
COMMENT ON AGGREGATE total (integer) IS 'sum';
CREATE FUNCTION places_equal(a place, b place) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT a.number = b.number';
CREATE OPERATOR === (leftarg = place, rightarg = place, function = places_equal, commutator = ===);
COMMENT ON OPERATOR === (place, place) IS 'same number';
CREATE FUNCTION to_place(i integer) RETURNS place LANGUAGE sql IMMUTABLE AS $$ SELECT ROW('x', i, '{}')::place $$;
CREATE CAST (integer AS place) WITH FUNCTION to_place(integer) AS ASSIGNMENT;
CREATE FUNCTION next_code() RETURNS text LANGUAGE sql AS 'SELECT ''x''';
ALTER TABLE audit.log ADD COLUMN code text DEFAULT next_code();
CREATE FUNCTION ok(l audit.log) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
ALTER TABLE audit.log ADD CONSTRAINT fine CHECK (ok(log.*));
