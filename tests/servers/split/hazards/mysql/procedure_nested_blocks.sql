CREATE PROCEDURE p()
BEGIN
    DECLARE a int DEFAULT 1;
    BEGIN
        DECLARE b int DEFAULT 2;
        BEGIN SET a = b; END;
    END;
    SELECT a;
END;
CREATE TABLE after_it (a int);
