//! Pairs of texts, and whether their order matters.

use super::*;
use Dialect::{Mysql, Postgres, Sqlite};

fn told(dialect: Dialect, left: &str, right: &str) -> Option<String> {
    let (left_print, right_print) = (footprint(left, dialect), footprint(right, dialect));
    for (print, text) in [(&left_print, left), (&right_print, right)] {
        assert_eq!(print.opaque(), None, "{dialect}: {text}");
    }
    let found = left_print.conflict(&right_print);
    assert_eq!(found.is_some(), right_print.conflict(&left_print).is_some(), "{left} | {right}");
    found.map(|conflict| conflict.describe("other"))
}

#[test]
fn a_rebuild_loses_a_column_that_came_before_it() {
    let rebuild = "CREATE TABLE users2 (id INTEGER, role INTEGER);
        INSERT INTO users2 SELECT * FROM users;
        DROP TABLE users;
        ALTER TABLE users2 RENAME TO users;";
    let add = "-- themes\nALTER TABLE users ADD COLUMN preferred_theme VARCHAR;";
    let expected = "rebuilds `users`, which `other` adds column `preferred_theme` to";
    assert_eq!(told(Sqlite, rebuild, add).as_deref(), Some(expected));
    let conflict = footprint(rebuild, Sqlite).conflict(&footprint(add, Sqlite)).expect("conflict");
    assert_eq!((conflict.this.line, conflict.other.line), (3, 2));
    assert_eq!(
        conflict.to_string(),
        "it rebuilds `users`, which the other adds column `preferred_theme` to"
    );
    // By renaming away first.
    let away = "ALTER TABLE users RENAME TO old; CREATE TABLE users (id INT); \
                INSERT INTO users (id) SELECT id FROM old; DROP TABLE old";
    assert_eq!(told(Sqlite, away, add).as_deref(), Some(expected));
    // Scratch names leave nothing behind.
    let other_away = "ALTER TABLE posts RENAME TO old; CREATE TABLE posts (id INT); DROP TABLE old";
    assert_eq!(told(Sqlite, away, other_away), None);
    let posts = "CREATE TABLE users2 (id INT); INSERT INTO users2 SELECT * FROM posts; \
                 DROP TABLE posts; ALTER TABLE users2 RENAME TO posts;";
    assert_eq!(told(Sqlite, rebuild, posts), None);
}

#[test]
fn order_makes_no_difference() {
    for (dialect, left, right) in [
        (Sqlite, "CREATE TABLE a (id INT)", "CREATE TABLE b (id INT REFERENCES c(id))"),
        (Sqlite, "ALTER TABLE t ADD COLUMN a INT", "ALTER TABLE t ADD b INT"),
        (Sqlite, "ALTER TABLE t ADD COLUMN a INT", "CREATE INDEX i ON t (b)"),
        (Sqlite, "CREATE INDEX i ON t (a)", "CREATE UNIQUE INDEX j ON t (a)"),
        (Sqlite, "DROP INDEX i", "DROP INDEX j"),
        (Sqlite, "UPDATE t SET a = 1 WHERE b = 2", "ALTER TABLE t ADD COLUMN c INT"),
        (Sqlite, "INSERT INTO t (a) VALUES (1)", "ALTER TABLE t ADD COLUMN c INT"),
        (Sqlite, "DELETE FROM t WHERE a = 1", "ALTER TABLE t ADD COLUMN c INT"),
        (Sqlite, "UPDATE t SET a = 1", "UPDATE t SET b = 2"),
        (Sqlite, "INSERT INTO t (a) VALUES (1)", "INSERT INTO t (a) VALUES (2)"),
        (Sqlite, "PRAGMA foreign_keys = OFF; SELECT 1", "DROP TABLE t"),
        (Sqlite, "CREATE TABLE a (t INT REFERENCES t (id))", "ALTER TABLE t ADD COLUMN c INT"),
        (Sqlite, "INSERT INTO x (a) SELECT t.b FROM t", "ALTER TABLE t ADD COLUMN a INT"),
        (Sqlite, "WITH t AS (SELECT 1) INSERT INTO x (a) SELECT * FROM t", "DROP TABLE t"),
        (Sqlite, "CREATE VIEW v AS SELECT u.a FROM t AS u", "ALTER TABLE t ADD COLUMN c INT"),
        (Postgres, "ALTER TYPE e ADD VALUE 'a'", "ALTER TYPE e ADD VALUE 'b'"),
        (Postgres, "CREATE TABLE s.t (a INT)", "DROP TABLE t"),
        (
            Postgres,
            "ALTER TABLE t ALTER COLUMN a TYPE TEXT, ADD b INT",
            "ALTER TABLE t ALTER c SET NOT NULL",
        ),
        (Postgres, "ALTER TABLE t DROP COLUMN a", "ALTER TABLE t ADD COLUMN b INT"),
        (
            Postgres,
            "ALTER TABLE t ADD CONSTRAINT x FOREIGN KEY (a) REFERENCES u (b)",
            "ALTER TABLE u ADD a INT",
        ),
        (Postgres, "COMMENT ON TABLE t IS 'x'; SET x = 1", "DROP TABLE t"),
        (Postgres, "CREATE EXTENSION IF NOT EXISTS x", "CREATE EXTENSION IF NOT EXISTS x"),
        (
            Postgres,
            "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ x $$",
            "CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f()",
        ),
        (
            Postgres,
            "UPDATE t SET a = extract(epoch FROM u) WHERE b IS DISTINCT FROM v",
            "DROP TABLE u; DROP TABLE v",
        ),
        (
            Mysql,
            "ALTER TABLE t ADD INDEX i (a), ADD KEY j (b)",
            "ALTER TABLE t ADD COLUMN c INT, ADD UNIQUE INDEX k (c)",
        ),
        (Mysql, "CREATE INDEX i ON t (a)", "CREATE INDEX i ON u (a)"),
    ] {
        assert_eq!(told(dialect, left, right), None, "{left} | {right}");
    }
}

#[test]
fn order_matters() {
    for (dialect, left, right, expected) in [
        (
            Sqlite,
            "ALTER TABLE t ADD a INT",
            "ALTER TABLE T ADD COLUMN \"A\" INT",
            "adds column `a` to `t`, which `other` adds column `A` to",
        ),
        (
            Sqlite,
            "CREATE TABLE t (a INT)",
            "CREATE TABLE IF NOT EXISTS main.t (a INT)",
            "creates `t`, which `other` creates",
        ),
        (
            Sqlite,
            "CREATE INDEX i ON t (a)",
            "CREATE INDEX i ON u (a)",
            "creates `i`, which `other` creates",
        ),
        (
            Sqlite,
            "DROP TABLE t",
            "CREATE INDEX i ON t (a)",
            "drops `t`, which `other` creates an index on",
        ),
        (
            Sqlite,
            "DROP TABLE t",
            "CREATE TABLE u (t INT REFERENCES t)",
            "drops `t`, which `other` references",
        ),
        (
            Sqlite,
            "UPDATE t SET a = 1",
            "CREATE TABLE t (a INT)",
            "updates rows of `t`, which `other` creates",
        ),
        (
            Sqlite,
            "ALTER TABLE t RENAME TO u",
            "ALTER TABLE u ADD a INT",
            "renames another one to `u`, which `other` adds column `a` to",
        ),
        (
            Sqlite,
            "ALTER TABLE t RENAME a TO b",
            "UPDATE t SET b = 1",
            "renames column `a` of `t`, which `other` updates rows of",
        ),
        (
            Sqlite,
            "INSERT INTO x SELECT * FROM t",
            "ALTER TABLE t ADD a INT",
            "reads rows of `t`, which `other` adds column `a` to",
        ),
        (
            Sqlite,
            "INSERT INTO t VALUES (1, 2)",
            "ALTER TABLE t ADD a INT",
            "inserts rows into `t`, which `other` adds column `a` to",
        ),
        (
            Sqlite,
            "REPLACE INTO t (a) VALUES (1)",
            "ALTER TABLE t ADD b INT",
            "updates rows of `t`, which `other` adds column `b` to",
        ),
        (
            Sqlite,
            "UPDATE t SET a = 1",
            "UPDATE t SET a = 2",
            "updates rows of `t`, which `other` updates rows of",
        ),
        (
            Sqlite,
            "UPDATE t SET a = b",
            "UPDATE t SET b = 2",
            "updates rows of `t`, which `other` updates rows of",
        ),
        (
            Sqlite,
            "DELETE FROM t",
            "INSERT INTO t (a) VALUES (1)",
            "deletes rows of `t`, which `other` inserts rows into",
        ),
        (
            Sqlite,
            "UPDATE x SET a = (SELECT b FROM t)",
            "ALTER TABLE t DROP COLUMN b",
            "reads rows of `t`, which `other` drops column `b` of",
        ),
        (
            Sqlite,
            "CREATE VIEW v AS SELECT * FROM a, t",
            "ALTER TABLE t DROP COLUMN b",
            "creates a view of `t`, which `other` drops column `b` of",
        ),
        (
            Sqlite,
            "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END",
            "INSERT INTO t (a) VALUES (1)",
            "creates or drops a trigger on `t`, which `other` inserts rows into",
        ),
        (
            Postgres,
            "ALTER TYPE e ADD VALUE 'a'",
            "ALTER TYPE e ADD VALUE IF NOT EXISTS 'a'",
            "adds value `a` to `e`, which `other` adds value `a` to",
        ),
        (Postgres, "DROP TYPE e", "ALTER TABLE t ADD a e", "drops `e`, which `other` uses"),
        (
            Postgres,
            "ALTER TABLE public.t ALTER COLUMN a SET DATA TYPE TEXT",
            "UPDATE ONLY t SET a = 1",
            "changes column `a` of `public.t`, which `other` updates rows of",
        ),
        (
            Postgres,
            "ALTER TABLE s.t RENAME TO u",
            "DROP TABLE s.u",
            "renames another one to `s.u`, which `other` drops",
        ),
        (
            Postgres,
            "COPY t FROM STDIN;\n1\n\\.\n",
            "ALTER TABLE t ADD a INT",
            "inserts rows into `t`, which `other` adds column `a` to",
        ),
        (
            Postgres,
            "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ x $$",
            "CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ y $$",
            "creates or replaces `f`, which `other` creates or replaces",
        ),
        (
            Postgres,
            "SELECT diesel_manage_updated_at('t')",
            "DROP TABLE t",
            "creates or drops a trigger on `t`, which `other` drops",
        ),
        (
            Postgres,
            "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1",
            "UPDATE t SET b = 2",
            "inserts rows into `t`, which `other` updates rows of",
        ),
        (
            Mysql,
            "RENAME TABLE t TO u, v TO w",
            "ALTER TABLE v ADD a INT",
            "renames `v`, which `other` adds column `a` to",
        ),
        (
            Mysql,
            "ALTER TABLE t CHANGE a b INT",
            "ALTER TABLE t MODIFY COLUMN b TEXT",
            "renames column `a` of `t`, which `other` changes column `b` of",
        ),
        (
            Mysql,
            "UPDATE t JOIN u ON t.a = u.a SET t.b = u.b",
            "ALTER TABLE u DROP b",
            "reads rows of `u`, which `other` drops column `b` of",
        ),
        (
            Mysql,
            "ALTER TABLE t DROP INDEX i",
            "CREATE INDEX i ON t (a)",
            "drops `t.i`, which `other` creates",
        ),
        (
            Mysql,
            "/*!40101 DROP TABLE t */",
            "ALTER TABLE `t` ADD a INT",
            "drops `t`, which `other` adds column `a` to",
        ),
        (
            Mysql,
            "TRUNCATE t",
            "INSERT INTO t SET a = 1",
            "deletes rows of `t`, which `other` inserts rows into",
        ),
    ] {
        assert_eq!(told(dialect, left, right).as_deref(), Some(expected), "{left} | {right}");
    }
}

#[test]
fn what_is_not_understood_is_told_and_conflicts_with_nothing() {
    for (dialect, text) in [
        (Sqlite, "FROBNICATE x"),
        (Postgres, "DO $$ BEGIN x; END $$"),
        (Postgres, "SELECT do_things()"),
        (Postgres, "\\i other.sql"),
        (Postgres, "GRANT ALL ON t TO u"),
        (Mysql, "CALL p()"),
        (Mysql, "DELETE a, b FROM a JOIN b"),
        (Mysql, "UPDATE t JOIN u ON t.a = u.a SET u.b = 1"),
        (Sqlite, "ALTER TABLE t FROBNICATE"),
        (Sqlite, "SELECT 'no end"),
        (Sqlite, "SELECT this_migration_needs_cargo_dbmig()"),
    ] {
        let print = footprint(&format!("SELECT 1;\n{text}"), dialect);
        assert_eq!(print.opaque().map(|opaque| opaque.line), Some(2), "{text}");
        assert_eq!(print.conflict(&footprint("DROP TABLE t", dialect)), None, "{text}");
    }
    let long = footprint(
        "CALL\n  something_with('a', 'rather', 'long', 'list', 'of', 'arguments', 'in', 'it')",
        Mysql,
    );
    let shown = long.opaque().map(ToString::to_string);
    assert_eq!(shown.as_deref(), Some("CALL something_with('a', 'rather', 'long', 'list', 'of',…"));
}
