CREATE TABLE a (a int); /* it's; "a` */
CREATE TABLE b (a int /* ; */ ); /**/ /***/
/* -- ; */ CREATE TABLE c (a int); /* # ; */
