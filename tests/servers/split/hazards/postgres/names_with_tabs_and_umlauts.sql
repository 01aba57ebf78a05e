CREATE TABLE "a	b" (a int);
CREATE TABLE ünïcode_ß (größe int DEFAULT 1);
INSERT INTO ünïcode_ß VALUES (2);
