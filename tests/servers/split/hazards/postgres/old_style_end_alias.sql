CREATE VIEW v AS SELECT 1 AS "end", 2 AS begin, CASE 1 WHEN 1 THEN 2 END AS atomic;
CREATE TABLE after_it (a int);
