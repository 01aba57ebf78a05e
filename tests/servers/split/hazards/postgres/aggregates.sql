CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE AGGREGATE joined (text) (SFUNC = textcat, STYPE = text, INITCOND = ';''');
CREATE TABLE t AS SELECT total(1), joined('a;');
