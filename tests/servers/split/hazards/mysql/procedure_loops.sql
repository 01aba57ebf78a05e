CREATE PROCEDURE p()
BEGIN
    DECLARE i int DEFAULT 0;
    outer_loop: LOOP
        SET i = i + 1;
        IF i > 3 THEN LEAVE outer_loop; END IF;
    END LOOP outer_loop;
    WHILE i > 0 DO SET i = i - 1; END WHILE;
    REPEAT SET i = i + 1; UNTIL i > 3 END REPEAT;
END;
CALL p();
CREATE TABLE after_it (a int);
