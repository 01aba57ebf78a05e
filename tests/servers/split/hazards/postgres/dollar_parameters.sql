PREPARE p (int) AS SELECT $1 + 1;
PREPARE q (int, int) AS SELECT $1, $2;
CREATE TABLE t (a int);
EXECUTE p(1);
