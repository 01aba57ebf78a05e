CREATE TABLE a (a int); -- a comment CREATE TABLE b (a int);
CREATE TABLE c (a int);
