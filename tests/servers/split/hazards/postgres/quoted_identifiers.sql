CREATE TABLE "a;b" ("c""d;" int, "e'f" int, "--g" int, "/*h" int);
INSERT INTO "a;b" VALUES (1, 2, 3, 4);
CREATE VIEW "$$" AS SELECT 1 AS "$$;";
