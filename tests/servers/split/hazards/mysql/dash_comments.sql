CREATE TABLE a (a int); -- it's; a comment
--
-- 	; tab
CREATE TABLE b (a int); --	tab after; it
CREATE TABLE c (a int);
