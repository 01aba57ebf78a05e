CREATE TABLE t (a enum('x;', 'it''s', 'z\\') DEFAULT 'x;', b set('m;', "n") COMMENT 'a; "b"');
INSERT INTO t VALUES ('it\'s', 'm;,n');
ALTER TABLE t COMMENT = 'c; d';
