CREATE TABLE `kinds` (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'it''s the "key" \\ of all',
    tiny TINYINT NOT NULL DEFAULT -3,
    flag BOOLEAN NOT NULL DEFAULT TRUE,
    small SMALLINT UNSIGNED DEFAULT 7,
    medium MEDIUMINT,
    filled INT(6) UNSIGNED ZEROFILL DEFAULT 42,
    amount DECIMAL(12, 3) NOT NULL DEFAULT 1.500,
    ratio FLOAT DEFAULT 0.25,
    exact DOUBLE UNSIGNED DEFAULT 1e10,
    bits BIT(5) NOT NULL DEFAULT b'101',
    year_of YEAR DEFAULT 2001,
    born DATE DEFAULT '2001-02-03',
    at TIME(3) DEFAULT '01:02:03.456',
    made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    changed DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    touched TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP,
    code CHAR(4) NOT NULL DEFAULT '',
    title VARCHAR(50) NOT NULL DEFAULT 'it''s \\ a "title" é',
    number_text VARCHAR(10) DEFAULT '0x41',
    null_text VARCHAR(10) DEFAULT 'NULL',
    now_text VARCHAR(40) DEFAULT 'current_timestamp()',
    lines_text VARCHAR(20) DEFAULT 'a\nb\tc',
    raw BINARY(3) DEFAULT 'abc',
    raws VARBINARY(20) DEFAULT 'a''b',
    zero BINARY(2) NOT NULL DEFAULT '\0\0',
    short_text TINYTEXT,
    long_text LONGTEXT CHARACTER SET latin1,
    `blob` MEDIUMBLOB,
    state ENUM('new', 'it''s', 'a,b', 'é') NOT NULL DEFAULT 'it''s',
    marks SET('x', 'y') DEFAULT 'x,y',
    doc JSON,
    bin VARCHAR(20) COLLATE utf8mb4_bin,
    latin VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'é',
    summed INT GENERATED ALWAYS AS (tiny + 1) VIRTUAL,
    stored_text VARCHAR(60) AS (concat(title, '-', 'it''s')) STORED COMMENT 'kept',
    hidden INT INVISIBLE DEFAULT 5,
    `odd ``name` INT,
    dice DOUBLE DEFAULT (rand() * 6),
    keyed VARCHAR(40) DEFAULT (concat('k-', uuid())),
    PRIMARY KEY (id),
    UNIQUE KEY (code),
    UNIQUE KEY chosen_unique (title(10), tiny DESC),
    KEY (small),
    KEY (small, tiny),
    KEY down (medium DESC, small) COMMENT 'falls',
    KEY prefixed (short_text(12), `blob`(5)),
    KEY `odd ``key` (`odd ``name`),
    FULLTEXT KEY words (title, short_text),
    FULLTEXT KEY grams (stored_text),
    CONSTRAINT chosen_check CHECK (tiny > -100 AND title <> 'it''s "\\'),
    CHECK (small < 1000 OR code IN ('a', 'b')),
    CHECK (ratio BETWEEN 0 AND 1)
) COMMENT 'every kind, it''s \\ all';

CREATE TABLE `odd ``table 'of' "names"` (
    `select` INT NOT NULL COMMENT 'two
lines',
    `a,b(c)` VARCHAR(10) NOT NULL,
    PRIMARY KEY (`select`, `a,b(c)`(3)),
    KEY `PARTITION BY` (`a,b(c)`)
) COMMENT 'two
lines; PARTITION BY';
CREATE TABLE Cased (id INT PRIMARY KEY);
CREATE TABLE cased (id BIGINT PRIMARY KEY);

SET @kept = @@sql_mode, sql_mode = '';
CREATE TABLE from_before (
    born DATE NOT NULL DEFAULT '0000-00-00',
    at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
    half DATE DEFAULT '2001-00-00'
);
SET sql_mode = @kept;

CREATE TABLE places (
    a INT NOT NULL,
    b INT NOT NULL,
    name VARCHAR(30) NOT NULL,
    PRIMARY KEY (b, a),
    UNIQUE KEY named (name)
) DEFAULT CHARSET latin1 COLLATE latin1_german1_ci ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8 MAX_ROWS = 1000;

CREATE TABLE prefixed_key (
    word VARCHAR(100) NOT NULL,
    n INT NOT NULL,
    PRIMARY KEY (n, word(10))
);

CREATE TABLE shapes (
    id INT AUTO_INCREMENT PRIMARY KEY,
    at POINT NOT NULL,
    area POLYGON,
    SPATIAL KEY (at)
);

CREATE TABLE visits (
    id INT AUTO_INCREMENT PRIMARY KEY,
    place_b INT NOT NULL,
    place_a INT NOT NULL,
    parent INT,
    author BIGINT UNSIGNED,
    second BIGINT UNSIGNED NOT NULL,
    third BIGINT UNSIGNED,
    FOREIGN KEY (place_b, place_a) REFERENCES places (b, a) ON DELETE CASCADE ON UPDATE CASCADE,
    FOREIGN KEY (parent) REFERENCES visits (id) ON DELETE SET NULL,
    CONSTRAINT `written by` FOREIGN KEY (author) REFERENCES kinds (id) ON DELETE RESTRICT ON UPDATE NO ACTION,
    KEY seconds (second),
    CONSTRAINT second_fk FOREIGN KEY (second) REFERENCES kinds (id)
);

ALTER TABLE visits ADD CONSTRAINT left_behind FOREIGN KEY (third) REFERENCES kinds (id);
ALTER TABLE visits DROP FOREIGN KEY left_behind;

CREATE TABLE hens (id INT PRIMARY KEY, egg INT);
CREATE TABLE eggs (id INT PRIMARY KEY, hen INT, CONSTRAINT laid_by FOREIGN KEY (hen) REFERENCES hens (id));
ALTER TABLE hens ADD CONSTRAINT hatched_from FOREIGN KEY (egg) REFERENCES eggs (id);

CREATE TABLE old_engine (
    id INT PRIMARY KEY,
    word VARCHAR(20),
    KEY (word)
) ENGINE = MyISAM CHECKSUM = 1;
CREATE TABLE in_memory (id INT, KEY quick (id) USING HASH) ENGINE = MEMORY;

CREATE TABLE by_range (id INT NOT NULL, made DATE NOT NULL, PRIMARY KEY (id, made))
PARTITION BY RANGE (year(made)) (
    PARTITION p0 VALUES LESS THAN (2000) COMMENT 'it''s old',
    PARTITION `p 1` VALUES LESS THAN (2010),
    PARTITION p2 VALUES LESS THAN MAXVALUE
);
CREATE TABLE by_list (id INT NOT NULL, kind VARCHAR(10) NOT NULL, PRIMARY KEY (id, kind))
PARTITION BY LIST COLUMNS (kind) (
    PARTITION a VALUES IN ('x', 'it''s'),
    PARTITION b VALUES IN ('z')
);
CREATE TABLE by_range_columns (a INT NOT NULL, b VARCHAR(10) NOT NULL)
PARTITION BY RANGE COLUMNS (a, b) (
    PARTITION p0 VALUES LESS THAN (5, 'm'),
    PARTITION p1 VALUES LESS THAN (MAXVALUE, MAXVALUE)
);
CREATE TABLE by_hash (id INT NOT NULL) PARTITION BY LINEAR HASH (id + 1) PARTITIONS 3;
CREATE TABLE by_key (id INT NOT NULL PRIMARY KEY) PARTITION BY KEY () PARTITIONS 2;
CREATE TABLE by_both (id INT NOT NULL, made DATE NOT NULL)
PARTITION BY RANGE (year(made)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (
    PARTITION p0 VALUES LESS THAN (2000),
    PARTITION p1 VALUES LESS THAN MAXVALUE
);
CREATE TABLE by_named_parts (id INT NOT NULL, made DATE NOT NULL)
PARTITION BY RANGE (to_days(made)) SUBPARTITION BY HASH (id) (
    PARTITION p0 VALUES LESS THAN (700000) (SUBPARTITION s0, SUBPARTITION s1),
    PARTITION p1 VALUES LESS THAN MAXVALUE (SUBPARTITION s2, SUBPARTITION s3)
);

CREATE FUNCTION doubled(n INT) RETURNS INT DETERMINISTIC NO SQL COMMENT 'it''s twice'
RETURN n * 2;

CREATE FUNCTION greeting(who VARCHAR(20) CHARACTER SET latin1, `odd ``arg` DECIMAL(5, 2) UNSIGNED)
RETURNS VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
READS SQL DATA SQL SECURITY INVOKER
BEGIN
    DECLARE text_of VARCHAR(100) DEFAULT 'it''s "é" \\ \n;';
    -- a comment; it's one
    SELECT concat(text_of, who, count(*)) INTO text_of FROM visits;
    RETURN text_of;
END;

CREATE PROCEDURE moves(IN a INT, OUT b BIGINT UNSIGNED, INOUT c ENUM('x', 'it''s'))
MODIFIES SQL DATA
BEGIN
    IF a > 0 THEN
        UPDATE visits SET parent = NULL WHERE id = a;
    END IF;
    SET b = doubled(a);
END;

CREATE PROCEDURE nothing() SELECT 1;
CREATE PROCEDURE `odd ``procedure; (x)`(`odd ``in` INT) SELECT `odd ``in`;

SET @kept = @@sql_mode, sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES';
CREATE PROCEDURE quoted_otherwise() SELECT "id" || '\' FROM "visits";
SET sql_mode = 'STRICT_ALL_TABLES';
CREATE PROCEDURE quoted_as_usual() SELECT "id" || 'a' FROM `visits`;
SET sql_mode = @kept;

CREATE VIEW zz_base AS
    SELECT v.id, v.author, p.name AS `odd ``column`, doubled(v.id) AS twice, 'it''s' AS said
    FROM visits v JOIN places AS p ON p.b = v.place_b AND p.a = v.place_a WHERE v.id > 0;
CREATE ALGORITHM = MERGE SQL SECURITY INVOKER VIEW over_base AS
    SELECT id, said FROM zz_base WHERE id < 100 WITH LOCAL CHECK OPTION;
CREATE ALGORITHM = TEMPTABLE VIEW aa_over (x, y) AS
    SELECT o.id, (SELECT count(*) FROM kinds) FROM over_base o GROUP BY o.id;
CREATE VIEW writable AS SELECT id, egg FROM hens WHERE id > 3 WITH CASCADED CHECK OPTION;
CREATE VIEW both_of AS
    SELECT id FROM hens UNION ALL SELECT id FROM eggs WHERE hen IS NOT NULL ORDER BY 1 LIMIT 5;

CREATE VIEW `odd ``view` AS SELECT `select` AS `a b`, 1 AS `from` FROM `odd ``table 'of' "names"`;

CREATE TRIGGER `odd ``trigger` AFTER UPDATE ON `odd ``table 'of' "names"` FOR EACH ROW SET @x = OLD.`select`;
CREATE TRIGGER zz_first BEFORE INSERT ON visits FOR EACH ROW SET NEW.third = doubled(NEW.place_a);
CREATE TRIGGER aa_second BEFORE INSERT ON visits FOR EACH ROW FOLLOWS zz_first
BEGIN
    IF NEW.third IS NULL THEN
        SET NEW.third = 'it''s' = "no;";
    END IF;
END;
CREATE TRIGGER mm_between BEFORE INSERT ON visits FOR EACH ROW PRECEDES aa_second SET NEW.third = 2;
CREATE TRIGGER gone AFTER DELETE ON visits FOR EACH ROW DELETE FROM hens WHERE id = OLD.id;

CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY COMMENT 'it''s night' DO DELETE FROM eggs WHERE hen IS NULL;
CREATE EVENT later ON SCHEDULE AT '2037-01-02 03:04:05' ON COMPLETION PRESERVE DISABLE DO SELECT 1;
CREATE EVENT bounded ON SCHEDULE EVERY '1:30' HOUR_MINUTE
    STARTS '2030-01-01 00:00:00' ENDS '2037-01-01 00:00:00' ON COMPLETION PRESERVE
DO BEGIN
    DELETE FROM eggs WHERE id = 1;
    DELETE FROM hens WHERE id = 1;
END;
CREATE EVENT `odd ``do event` ON SCHEDULE EVERY 2 WEEK DO SELECT 'do';
CREATE TABLE `été` (
    `naïve` VARCHAR(20) DEFAULT 'ü',
    g INT AS (char_length(`naïve`)) STORED,
    CONSTRAINT `ç` CHECK (`naïve` <> 'ß')
) COMMENT 'à';
