//! What statements are, and what else their words say.

use super::split;
use crate::Dialect::{self, Mysql, Postgres, Sqlite};
use crate::sql::{StatementFlags, StatementKind};

fn flags(text: &str, dialect: Dialect) -> StatementFlags {
    split(text, dialect).statements[0].flags
}

#[test]
fn kinds() {
    use StatementKind::{Ddl, Dml, Other, Query, Session, TransactionControl};
    for (dialect, text, kind) in [
        (Sqlite, "create table t(a)", Ddl),
        (Sqlite, "PRAGMA foreign_keys=off", Session),
        (Sqlite, "insert into t values (1)", Dml),
        (Sqlite, "vacuum", Other),
        (Sqlite, "end", TransactionControl),
        (Postgres, "with a as (select 1) insert into t select * from a", Dml),
        (Postgres, "with a as (select 1) select * from a", Query),
        (Postgres, "select * into t from u", Ddl),
        (Postgres, "(select 1)", Query),
        (Postgres, "do $$ begin end $$", Other),
        (Postgres, "prepare transaction 'x'", TransactionControl),
        (Mysql, "start transaction", TransactionControl),
        (Mysql, "set autocommit = 0", TransactionControl),
        (Mysql, "/*!40101 SET NAMES utf8 */", Session),
        (Mysql, "begin not atomic a; end", Other),
        (Mysql, "call p()", Other),
    ] {
        assert_eq!(split(text, dialect).statements[0].kind, kind, "{text}");
    }
}

#[test]
fn flags_of_statements() {
    assert!(flags("ALTER TABLE t ADD a INT", Mysql).implicit_commit);
    assert!(flags("BEGIN", Mysql).implicit_commit);
    assert!(!flags("CREATE TEMPORARY TABLE t (a INT)", Mysql).implicit_commit);
    assert!(!flags("INSERT INTO t VALUES (1)", Mysql).implicit_commit);
    assert!(!flags("ALTER TABLE t ADD a INT", Postgres).implicit_commit);
    assert!(flags("CREATE INDEX CONCURRENTLY i ON t (a)", Postgres).concurrently);
    assert!(flags("CREATE INDEX CONCURRENTLY i ON t (a)", Postgres).outside_transaction);
    assert!(!flags("CREATE INDEX i ON t (a) /* concurrently */", Postgres).concurrently);
    assert!(!flags("REFRESH MATERIALIZED VIEW CONCURRENTLY v", Postgres).outside_transaction);
    assert!(flags("VACUUM", Sqlite).outside_transaction);
}

#[test]
fn what_postgres_refuses_in_a_transaction() {
    for (text, expected) in [
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", true),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = off)", false),
        ("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = 'false')", false),
        ("DROP SUBSCRIPTION IF EXISTS s", true),
        ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", true),
        ("ALTER SUBSCRIPTION s SET PUBLICATION p", true),
        ("ALTER SUBSCRIPTION s ADD PUBLICATION p WITH (refresh = false)", false),
        ("ALTER SUBSCRIPTION s DISABLE", false),
        ("CLUSTER", true),
        ("CLUSTER VERBOSE", true),
        ("CLUSTER (VERBOSE)", true),
        ("CLUSTER t USING i", false),
        ("CLUSTER VERBOSE \"t\"", false),
        ("REINDEX DATABASE d", true),
        ("REINDEX (VERBOSE, TABLESPACE x) DATABASE d", true),
        ("REINDEX (VERBOSE) SYSTEM d", true),
        ("REINDEX SCHEMA s", true),
        ("REINDEX TABLE t", false),
        ("REINDEX INDEX CONCURRENTLY i", true),
        ("REINDEX (CONCURRENTLY, VERBOSE) INDEX i", true),
        ("DROP INDEX CONCURRENTLY i", true),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", true),
        ("DISCARD ALL", true),
        ("DISCARD PLANS", false),
        ("ALTER SYSTEM RESET ALL", true),
        ("CREATE DATABASE d", true),
        ("DROP DATABASE IF EXISTS d WITH (FORCE)", true),
        ("ALTER DATABASE d SET TABLESPACE t", true),
        ("ALTER DATABASE d SET work_mem = 1", false),
        ("CREATE TABLESPACE t LOCATION 'x'", true),
        ("DROP TABLESPACE t", true),
        ("VACUUM (ANALYZE) t", true),
        ("ANALYZE t", false),
    ] {
        assert_eq!(flags(text, Postgres).outside_transaction, expected, "{text}");
    }
    assert!(flags("CREATE TRIGGER t AFTER INSERT ON x BEGIN a; END", Sqlite).body);
    assert!(!flags("CREATE TABLE t (a)", Sqlite).body);
}

#[test]
fn what_only_asks() {
    for (text, dialect, expected) in [
        ("SELECT 1", Sqlite, true),
        ("-- x\nSELECT 'into', \"analyze\" FROM t;", Postgres, true),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Postgres, true),
        ("VALUES (1)", Postgres, true),
        ("SHOW TABLES", Mysql, true),
        ("EXPLAIN DELETE FROM t", Postgres, true),
        ("EXPLAIN INSERT INTO t VALUES (1)", Postgres, false),
        ("EXPLAIN ANALYZE SELECT * FROM t", Postgres, true),
        ("EXPLAIN ANALYZE DELETE FROM t", Postgres, false),
        ("EXPLAIN ANALYZE CREATE TABLE u AS SELECT 1", Postgres, false),
        ("EXPLAIN (analyze) DELETE FROM t", Postgres, false),
        ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", Postgres, false),
        ("SELECT * INTO u FROM t", Postgres, false),
        ("SELECT 1 INTO OUTFILE '/tmp/x'", Mysql, false),
        ("SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */", Mysql, false),
        ("PRAGMA journal_mode", Sqlite, false),
        ("SET ROLE x", Postgres, false),
        ("BEGIN", Postgres, false),
        ("CALL p()", Mysql, false),
        ("DROP TABLE t", Sqlite, false),
    ] {
        let statements = split(text, dialect).statements;
        assert_eq!(statements[0].only_asks(dialect), expected, "{text}");
    }
}
