CREATE TABLE t (a int /*!40101 , b int */);
/*!40101 INSERT INTO t VALUES (1, 2) */;
INSERT INTO t /*! VALUES (3, 4) */;
