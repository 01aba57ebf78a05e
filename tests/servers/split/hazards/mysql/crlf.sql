CREATE TABLE a (a int); -- it's
INSERT INTO a VALUES (1); # it's
CREATE PROCEDURE p()
BEGIN
    SELECT 1;
END;
CREATE TABLE b (a int);
