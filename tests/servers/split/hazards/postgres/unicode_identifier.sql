CREATE TABLE U&"d\0061t;" (a int);
CREATE TABLE U&"x""!0061;" UESCAPE '!' (a int);
