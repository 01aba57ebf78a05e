CREATE TABLE t (a int /*!99999 , b varchar(9) DEFAULT ';' */);
INSERT INTO t /*!99999 (a, b) */ VALUES (2 /*!99999 , ';' */);
INSERT INTO t VALUES (3);
