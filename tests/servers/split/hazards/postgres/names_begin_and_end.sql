CREATE TABLE begin (end_ int, "end" int, atomic int);
INSERT INTO begin (atomic) VALUES (1);
CREATE VIEW atomic AS SELECT CASE WHEN atomic = 1 THEN 'a;' END AS case_end FROM begin;
