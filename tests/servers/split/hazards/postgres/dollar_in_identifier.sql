CREATE TABLE a$b$c (d$ int);
CREATE TABLE a$b$d (e$$ int);
INSERT INTO a$b$c VALUES (1);
