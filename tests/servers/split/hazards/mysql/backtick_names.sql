CREATE TABLE `a;b` (`c``d;` int, `e'f` int, `g"h` int, `-- i` int, `/* j` int, `# k` int);
INSERT INTO `a;b` VALUES (1, 2, 3, 4, 5, 6);
CREATE TABLE `back\` (a int);
