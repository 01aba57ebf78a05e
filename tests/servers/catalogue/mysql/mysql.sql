CREATE TABLE expressed (
    id INT PRIMARY KEY,
    doc JSON NOT NULL DEFAULT (json_object('a', 'it''s')),
    at POINT NOT NULL SRID 4326,
    made DATETIME DEFAULT (now() + INTERVAL 1 DAY),
    words TEXT DEFAULT ('it''s "\\'),
    code BINARY(16) DEFAULT (uuid_to_bin(uuid())),
    name VARCHAR(20),
    bytes BINARY(3) DEFAULT x'00ff01',
    more_bytes VARBINARY(9) DEFAULT 'a\0b',
    close_to VECTOR(3),
    KEY ((lower(name))),
    KEY mixed (name, (id + 1) DESC),
    UNIQUE KEY unique_expression ((concat(name, 'it''s'))),
    KEY unseen (name) INVISIBLE,
    UNIQUE KEY unseen_too (name) INVISIBLE,
    KEY many ((CAST(doc->'$.tags' AS UNSIGNED ARRAY))),
    FULLTEXT KEY grams (name) WITH PARSER ngram,
    SPATIAL KEY placed (at),
    CONSTRAINT loose CHECK (id < 10) NOT ENFORCED,
    CONSTRAINT tight CHECK (json_valid(doc) AND name <> 'it''s "\\')
);
CREATE TABLE referrer (
    id INT PRIMARY KEY,
    target INT,
    other INT,
    CONSTRAINT strict_one FOREIGN KEY (target) REFERENCES expressed (id) ON DELETE RESTRICT,
    CONSTRAINT plain_one FOREIGN KEY (other) REFERENCES expressed (id) ON DELETE NO ACTION
);
CREATE VIEW with_cte AS WITH few AS (SELECT id FROM expressed LIMIT 3) SELECT few.id FROM few;
CREATE TABLE old_key (id INT NOT NULL PRIMARY KEY) PARTITION BY KEY ALGORITHM = 1 (id) PARTITIONS 2;
