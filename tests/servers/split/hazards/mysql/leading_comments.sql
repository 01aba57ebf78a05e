/* a licence; it's long */
-- a title;
# another;
CREATE TABLE t (a int);
/* of the row */ INSERT INTO t VALUES (1);
