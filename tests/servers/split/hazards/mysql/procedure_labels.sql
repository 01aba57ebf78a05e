CREATE PROCEDURE p()
main: BEGIN
    inner_one: BEGIN
        LEAVE main;
    END inner_one;
END main;
CALL p();
CREATE TABLE after_it (a int);
