CREATE TABLE t (a int /*!40101 , b int -- it's
*/);
INSERT INTO t VALUES (1, 2);
