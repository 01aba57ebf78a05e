CREATE TABLE a b (c int);
CREATE TABLE after_it (a int);
