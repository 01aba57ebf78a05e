SET @a = 'x;', @`b;c` = 2;
SET @'d;' = 3;
CREATE TABLE t AS SELECT @a AS a, @`b;c` AS b, @'d;' AS c;
