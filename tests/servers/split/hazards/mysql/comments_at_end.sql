CREATE TABLE a (a int);
CREATE TABLE b (a int);
-- nothing follows
/* ; */
