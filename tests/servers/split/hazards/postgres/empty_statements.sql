;;
CREATE TABLE a (a int);;
; ;
/* nothing */ ;
CREATE TABLE b (a int)
;
-- nothing
;
