CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN /* ; */ ATOMIC -- end;
    SELECT 1 /* end; */; -- END;
END;
CREATE TABLE after_it (a int);
