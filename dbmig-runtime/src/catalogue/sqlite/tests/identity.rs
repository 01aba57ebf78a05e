//! What is written of a catalogue makes the same catalogue.

use super::{catalogue, database};
use crate::session::{Row, Session};

/// What SQLite itself makes of a database, in its own words: columns, foreign keys, and indexes, those of
/// keys by what they are over.
const PRAGMAS: [&str; 3] = [
    "SELECT s.name, x.name, CAST(x.\"notnull\" AS TEXT), CAST(x.pk AS TEXT), CAST(x.hidden AS TEXT) \
     FROM sqlite_schema s JOIN pragma_table_xinfo(s.name) x WHERE s.type = 'table' ORDER BY 1, x.cid",
    "SELECT s.name, CAST(f.seq AS TEXT), lower(f.\"table\"), f.\"from\", f.on_update, f.on_delete \
     FROM sqlite_schema s JOIN pragma_foreign_key_list(s.name) f ORDER BY 1, 2, 3, 4, 5, 6",
    "SELECT DISTINCT s.name, iif(i.origin = 'c', i.name, ''), i.origin, CAST(i.\"unique\" AS TEXT), \
     CAST(i.partial AS TEXT), (SELECT group_concat(coalesce(x.name, '?') || x.\"desc\" || upper(x.coll)) \
     FROM pragma_index_xinfo(i.name) x WHERE x.\"key\") \
     FROM sqlite_schema s JOIN pragma_index_list(s.name) i WHERE s.type = 'table' ORDER BY 1, 2, 3, 6",
];

fn told(session: &mut dyn Session) -> Vec<Vec<Row>> {
    PRAGMAS.iter().map(|sql| session.query(sql, &[]).unwrap()).collect()
}

/// Statements that are hard to read, and hard to write again.
const HARD: &[&str] = &[
    // Columns and types
    "CREATE TABLE t (a)",
    "CREATE TABLE t (a, b INT, c VARCHAR ( 50 ), d DECIMAL(10, 2), e unsigned big int, f \"a-b\")",
    "CREATE TABLE t (a \"not a type\", b 'text', c \"INTEGER\" PRIMARY KEY, d [x y](5))",
    "CREATE TABLE t (a generated, b generated always AS (a + 1), c AS (a * 2) STORED)",
    "CREATE TABLE t (a INT GENERATED ALWAYS AS (b || 'x') VIRTUAL, b TEXT, c INT AS ((a)) STORED NOT NULL)",
    "CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", 1.5 AS \"d\"\"e\", NULL AS f",
    "CREATE TABLE t (a TEXT COLLATE nocase, b TEXT COLLATE binary, c COLLATE RTRIM COLLATE NOCASE)",
    "CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x', b NULL, c NOT NULL ON CONFLICT ABORT)",
    "CREATE TABLE t(a INTEGER/* one */PRIMARY KEY--two\n,b--three\nTEXT--four\n)--five",
    "CREATE TABLE t (a INT, /*+ a hint */ b INT) -- the end",
    "CREATE TABLE t (a INT);ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'x' /* later */",
    "CREATE TABLE t (a INT, CHECK (a > 0)); ALTER TABLE t ADD b INT CHECK (b > a) REFERENCES t",
    // Defaults
    "CREATE TABLE t (a DEFAULT 1, b DEFAULT -1, c DEFAULT + 1.5e3, d DEFAULT 'it''s', e DEFAULT x'00ff')",
    "CREATE TABLE t (a DEFAULT NULL, b DEFAULT (NULL), c DEFAULT TRUE, d DEFAULT draft, e DEFAULT \"draft\")",
    "CREATE TABLE t (a DEFAULT current_timestamp, b DEFAULT (date('now', '-1 day')), c DEFAULT (1 - -1))",
    "CREATE TABLE t (a DEFAULT ((1)), b DEFAULT ('a' || 'b'), c DEFAULT 0x1F, d DEFAULT (-9223372036854775808))",
    "CREATE TABLE t (a DEFAULT 'line\none', b DEFAULT (CASE WHEN 1 THEN 'x' ELSE 'y' END), c DEFAULT 1_000)",
    "CREATE TABLE t (a DEFAULT 'c\r\nd', b DEFAULT \"c\r\nd\")",
    // Keys
    "CREATE TABLE t (id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, b)",
    "CREATE TABLE t (id INTEGER, PRIMARY KEY (id AUTOINCREMENT))",
    "CREATE TABLE t (id INTEGER CONSTRAINT pk PRIMARY KEY ASC ON CONFLICT REPLACE AUTOINCREMENT)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY DESC)",
    "CREATE TABLE t (id INTEGER, PRIMARY KEY (id DESC))",
    "CREATE TABLE t (id INT PRIMARY KEY, b TEXT UNIQUE)",
    "CREATE TABLE t (id TEXT PRIMARY KEY UNIQUE NOT NULL UNIQUE ON CONFLICT IGNORE)",
    "CREATE TABLE t (a, b, c, CONSTRAINT \"the key\" PRIMARY KEY (c, a DESC) ON CONFLICT FAIL)",
    "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT, UNIQUE (a COLLATE BINARY, b COLLATE nocase DESC))",
    "CREATE TABLE t (a TEXT COLLATE NOCASE, b, PRIMARY KEY (a COLLATE NOCASE), UNIQUE (b COLLATE RTRIM))",
    "CREATE TABLE t (\"a, b\" TEXT, \"c DESC\" TEXT, UNIQUE (\"a, b\" DESC, \"c DESC\" COLLATE NOCASE))",
    "CREATE TABLE t (a, b, UNIQUE (a), UNIQUE (a), UNIQUE ('b') UNIQUE (A, B))",
    "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, b) WITHOUT ROWID",
    "CREATE TABLE t (a INT, b INT, PRIMARY KEY (b DESC, a)) WITHOUT ROWID",
    "CREATE TABLE t (a INTEGER, b ANY, PRIMARY KEY (a DESC)) STRICT, WITHOUT ROWID",
    "CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY NOT NULL, c BLOB) STRICT",
    // Checks
    "CREATE TABLE t (a INT CHECK (a>0) CHECK(a<10), CHECK ((a <> 5)), CONSTRAINT c CHECK (A IN (1,2)))",
    "CREATE TABLE t (a CONSTRAINT x NOT NULL CHECK (a > 0), b CONSTRAINT y CHECK (b > 0), CHECK (b > 1) ON CONFLICT FAIL)",
    "CREATE TABLE t (a, b, CHECK (a > 0) CHECK (b > 0) CONSTRAINT n CONSTRAINT m CHECK (a > b))",
    "CREATE TABLE t (a, CHECK (a LIKE '%;%' ESCAPE '\\' AND a NOT GLOB '[a-z]*' OR a IS NOT NULL))",
    "CREATE TABLE t (a, CHECK (CASE WHEN a THEN -a ELSE - - a END <> ~a -- why\n AND /* so */ a->>'$.x' = 1))",
    "CREATE TABLE t (a, CHECK (CAST(a AS INTEGER) = a AND typeof ( a ) <> \"text\" AND a BETWEEN 1 AND 2))",
    "CREATE TABLE t (key, desc, \"order\", CHECK (key > 0 AND DESC > 0 AND \"ORDER\" > 0))",
    "CREATE TABLE t (a, CHECK (t.a > 0 AND T . \"A\" < 5 AND (a, 1) > (0, 0)))",
    "CREATE TABLE t (a, CHECK (a ISNULL OR a NOTNULL OR a IS NOT DISTINCT FROM 1 OR a = x'AB'))",
    // Foreign keys
    "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (p REFERENCES P, q INT REFERENCES p (ID))",
    "CREATE TABLE p (a, b, PRIMARY KEY (b, a)); CREATE TABLE t (x, y, FOREIGN KEY (x, y) REFERENCES p)",
    "CREATE TABLE t (a REFERENCES missing, b REFERENCES missing (x), c REFERENCES t, d INTEGER PRIMARY KEY)",
    "CREATE TABLE p (a); CREATE TABLE t (a CONSTRAINT fk REFERENCES p ON DELETE CASCADE ON UPDATE SET NULL)",
    "CREATE TABLE t (a REFERENCES t (a) ON DELETE SET DEFAULT MATCH full DEFERRABLE INITIALLY DEFERRED)",
    "CREATE TABLE t (a REFERENCES t NOT DEFERRABLE INITIALLY DEFERRED NOT NULL, b REFERENCES t DEFERRABLE)",
    "CREATE TABLE t (a REFERENCES t NOT NULL DEFERRABLE INITIALLY IMMEDIATE, b REFERENCES t ON DELETE NO ACTION)",
    "CREATE TABLE t (a, b, CONSTRAINT x FOREIGN KEY (a) REFERENCES t (b) ON UPDATE RESTRICT, FOREIGN KEY (b) REFERENCES t (a) DEFERRABLE)",
    // Names
    "CREATE TABLE \"a b\" (\"c d\" INT, [e.f] INT, `g\"h` INT, 'i''j' INT, \"k]l\" INT)",
    "CREATE TABLE \"größe\" (naïve TEXT, \"日本\" TEXT, CHECK (naïve <> 日本)); CREATE INDEX ü ON größe (\"日本\")",
    "CREATE TABLE \"select\" (\"from\" INT PRIMARY KEY, \"table\" REFERENCES \"select\" (\"from\"))",
    "CREATE TABLE \"main.t\" (\"\" INT, \"1a\" INT, a$ INT); CREATE INDEX \"main.i\" ON \"main.t\" (\"\", a$)",
    "CREATE TABLE old (id INTEGER PRIMARY KEY, name, CHECK (old.name > 0), FOREIGN KEY (id) REFERENCES old (id)); \
     ALTER TABLE old RENAME TO new; ALTER TABLE new RENAME COLUMN name TO \"full name\"",
    // Indexes
    "CREATE TABLE t (a, b TEXT COLLATE NOCASE); CREATE INDEX i ON t (a, b COLLATE BINARY DESC, b COLLATE NOCASE)",
    "CREATE TABLE t (a, b); CREATE UNIQUE INDEX i ON t ((a + b) DESC, LOWER(b) ASC, (a) COLLATE nocase) WHERE A IS NOT NULL AND (b>0)",
    "CREATE TABLE t (a, b); CREATE INDEX i ON t (a COLLATE NOCASE COLLATE RTRIM, b -- c\n) WHERE ((b)) /* d */",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, b) ; CREATE INDEX i ON t (id DESC); CREATE INDEX j ON t(\"b\", 'id')",
    "CREATE TABLE t (a, b, PRIMARY KEY (a)) WITHOUT ROWID; CREATE INDEX i ON t (b); CREATE INDEX k ON t (a, b)",
    // Views
    "CREATE TABLE t (id, Name); CREATE VIEW v AS SELECT ID, name AS \"N\", id+1, 'x' FROM t",
    "CREATE TABLE t (a); CREATE VIEW v (x, \"y z\") AS SELECT a, a||\"draft\" FROM \"t\" -- so\n",
    "CREATE VIEW v AS SELECT * FROM missing; CREATE VIEW w (a, b) AS SELECT * FROM v; CREATE VIEW x AS SELECT 1 AS one",
    "CREATE TABLE t (key, desc); CREATE VIEW v AS WITH c AS (SELECT key, \"desc\" FROM t ORDER BY 1 DESC) SELECT count ( * ), max(key) FROM c",
    "CREATE TABLE t (a); CREATE VIEW v AS SELECT a, a, sum(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
    "CREATE VIEW v AS VALUES (1, 'a;b'), (2, 'c')",
    // Triggers
    "CREATE TABLE t (a, b); CREATE TRIGGER r AFTER UPDATE OF a, \"b\" ON t FOR EACH ROW WHEN new.a<>old.a \
     BEGIN UPDATE t SET b=1 WHERE a=new . a; /* and */ DELETE FROM t WHERE b IS NULL; END",
    "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER \"my trigger\" INSTEAD OF INSERT ON v \
     BEGIN INSERT OR REPLACE INTO t VALUES (new.a); SELECT CASE WHEN new.a IS NULL THEN RAISE(ABORT, 'no;') END; END",
    "CREATE TABLE t (a); CREATE TRIGGER t BEFORE DELETE ON t BEGIN SELECT 1; END; CREATE VIEW broken AS SELECT * FROM gone",
    "CREATE TABLE t (a, \"begin\"); CREATE TRIGGER IF NOT EXISTS r BEFORE INSERT ON t WHEN new.begin > 0 BEGIN SELECT \"text\"; END",
    // Virtual tables
    "CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize = 'porter ascii')",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, body); CREATE VIRTUAL TABLE \"my docs\" USING FTS5 (body, content='t', content_rowid='id')",
    "CREATE VIRTUAL TABLE box USING rtree(id, x1, x2); CREATE TABLE box_other (a)",
];

#[test]
fn what_is_written_is_read_as_the_same() {
    for sql in HARD {
        let mut original = database(sql);
        let first = catalogue(&mut original);
        assert!(!first.tables.is_empty() || !first.views.is_empty(), "{sql}");
        let written = first.to_script();
        let mut copy = database(&written);
        let second = catalogue(&mut copy);
        assert_eq!(first, second, "{sql}\n{written}");
        assert_eq!(second.to_script(), written, "{sql}");
        assert!(first.differences(&second).is_empty());
        assert_eq!(told(&mut original), told(&mut copy), "{sql}\n{written}");
    }
}

#[test]
fn there_are_enough_of_them() {
    assert!(HARD.len() >= 60, "{}", HARD.len());
}
