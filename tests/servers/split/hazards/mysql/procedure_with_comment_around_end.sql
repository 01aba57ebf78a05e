CREATE PROCEDURE p()
BEGIN
    SELECT 1;
    -- the end;
END; /* of p; */
CREATE TABLE after_it (a int);
