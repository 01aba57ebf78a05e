CREATE TABLE a (a int); /* one /* two; */ still; */
CREATE TABLE b (a int /* /*/ x; */ */);
CREATE TABLE c (a int) /**/; /***/ /*/**/*/
