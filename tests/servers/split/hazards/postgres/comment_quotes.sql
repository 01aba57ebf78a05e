CREATE TABLE a (a int); -- it's; $$ /* "
CREATE TABLE b (a int); /* it's; $$ -- " */
CREATE TABLE c (a int);
