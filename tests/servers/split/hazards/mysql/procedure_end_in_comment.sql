CREATE PROCEDURE p()
BEGIN
    -- END; it's
    # END;
    /* END; ' */
    SELECT 'END;', "END;", `END;` FROM (SELECT 1 AS `END;`) x;
END;
CREATE TABLE after_it (a int);
