CREATE TABLE a (a int); # it's; a comment "
# another ; one
CREATE TABLE b (a int) # inside
;
CREATE TABLE c (a int)#;
;
