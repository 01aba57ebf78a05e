delimiter //
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END //
delimiter ;
CREATE TABLE after_it (a int);
