CREATE TABLE a (a int); /* one /* two; */
CREATE TABLE b (a int);
