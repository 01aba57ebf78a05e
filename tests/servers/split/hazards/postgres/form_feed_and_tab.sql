CREATE TABLE a	(a int);CREATE TABLE b (a int);	
CREATE TABLE c (a text DEFAULT 'a'
'b;');
