use crate::Dialect::{self, Mysql, Postgres, Sqlite};
use crate::check::test_support::{INSIDE, OUTSIDE, judged, places};

/// Texts, and where in them a finding of this severity is expected.
fn check(severity: &str, dialect: Dialect, metadata: &str, cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|at| format!("{severity}[transaction-control] {at}")).collect();
        assert_eq!(places(dialect, metadata, text), expected, "{dialect} {text:?}");
    }
}

/// The spellings of control over the transaction: each is found before anything runs.
#[test]
fn every_spelling_in_postgres_is_an_error() {
    check(
        "error",
        Postgres,
        INSIDE,
        &[
            ("BEGIN", &["1:1"]),
            ("BEGIN;\n  COMMIT;", &["1:1", "2:3"]),
            ("SELECT 1; start transaction", &["1:11"]),
            ("BEGIN WORK", &["1:1"]),
            ("BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT AND CHAIN", &["1:1", "1:37"]),
            ("START TRANSACTION READ ONLY, DEFERRABLE", &["1:1"]),
            ("COMMIT WORK AND NO CHAIN", &["1:1"]),
            ("COMMIT TRANSACTION", &["1:1"]),
            ("END", &["1:1"]),
            ("END WORK AND CHAIN", &["1:1"]),
            ("ABORT", &["1:1"]),
            ("ABORT TRANSACTION AND CHAIN", &["1:1"]),
            ("ROLLBACK", &["1:1"]),
            ("ROLLBACK AND CHAIN", &["1:1"]),
            ("PREPARE TRANSACTION 'a'", &["1:1"]),
            ("COMMIT PREPARED 'a'", &["1:1"]),
            ("ROLLBACK PREPARED 'a'", &["1:1"]),
            ("/* a */ commit -- b\n;", &["1:9"]),
            ("SELECT 1; ; COMMIT", &["1:13"]),
            ("DO $$ BEGIN COMMIT; END $$", &["1:13"]),
            ("DO $a$\nBEGIN\n  IF b THEN ROLLBACK; END IF;\nEND $a$", &["3:13"]),
            ("DO LANGUAGE plpgsql 'BEGIN PERFORM ''a''; COMMIT AND CHAIN; END'", &["1:43"]),
            (
                "DO $$ BEGIN FOR i IN 1..9 LOOP COMMIT; END LOOP; END $$ LANGUAGE 'plpgsql'",
                &["1:32"],
            ),
        ],
    );
}

#[test]
fn every_spelling_in_sqlite_is_an_error() {
    check(
        "error",
        Sqlite,
        INSIDE,
        &[
            ("BEGIN IMMEDIATE TRANSACTION", &["1:1"]),
            ("BEGIN EXCLUSIVE; COMMIT", &["1:1", "1:18"]),
            ("BEGIN DEFERRED", &["1:1"]),
            ("END TRANSACTION", &["1:1"]),
            ("COMMIT TRANSACTION", &["1:1"]),
            ("ROLLBACK", &["1:1"]),
            ("ROLLBACK TRANSACTION", &["1:1"]),
        ],
    );
}

#[test]
fn every_spelling_in_mysql_is_a_warning() {
    check(
        "warning",
        Mysql,
        INSIDE,
        &[
            ("BEGIN", &["1:1"]),
            ("START TRANSACTION WITH CONSISTENT SNAPSHOT", &["1:1"]),
            ("COMMIT RELEASE", &["1:1"]),
            ("ROLLBACK NO RELEASE", &["1:1"]),
            ("/*!50000 COMMIT */", &["1:1"]),
            ("SET autocommit = 0", &["1:1"]),
            ("SET @@session.autocommit = ON", &["1:1"]),
            ("INSERT INTO a VALUES (1); SET SESSION `autocommit` = 1", &["1:27"]),
            ("XA START 'a'", &["1:1"]),
            ("XA PREPARE 'a'", &["1:1"]),
            ("XA COMMIT 'a' ONE PHASE", &["1:1"]),
            ("INSERT INTO a VALUES (1); LOCK TABLES a WRITE; UNLOCK TABLES", &["1:27", "1:48"]),
            ("FLUSH TABLES", &["1:1"]),
            ("ANALYZE TABLE a", &["1:1"]),
            ("OPTIMIZE TABLE a", &["1:1"]),
            ("SET PASSWORD FOR a = 'b'", &["1:1"]),
            ("BEGIN NOT ATOMIC INSERT INTO a VALUES (1); COMMIT; END", &["1:44"]),
            ("BEGIN NOT ATOMIC START TRANSACTION; a; END", &["1:18"]),
        ],
    );
}

#[test]
fn what_only_looks_like_it() {
    for (dialect, metadata, text) in [
        (Postgres, INSIDE, "SAVEPOINT a; ROLLBACK TO a; RELEASE a"),
        (Postgres, INSIDE, "ROLLBACK WORK TO SAVEPOINT a"),
        (Postgres, INSIDE, "SET TRANSACTION READ ONLY"),
        (Postgres, INSIDE, "CALL a()"),
        (Postgres, INSIDE, "CREATE PROCEDURE a() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$"),
        (Postgres, INSIDE, "DO $$ BEGIN PERFORM 'COMMIT'; -- ; COMMIT\nEND $$"),
        (Postgres, INSIDE, "DO $$ BEGIN a.commit := 1; END $$"),
        (Postgres, INSIDE, "DO LANGUAGE plpython3u $$\nx = 1; COMMIT\n$$"),
        // Outside a transaction it is what such a block is for.
        (Postgres, OUTSIDE, "DO $$ BEGIN COMMIT; END $$"),
        (Postgres, INSIDE, "PREPARE a AS SELECT 1"),
        (Postgres, INSIDE, "BEGIN RAISE 'no'; END IF;"),
        (Sqlite, INSIDE, "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END"),
        (Mysql, INSIDE, "CREATE PROCEDURE a() BEGIN COMMIT; END"),
        (Mysql, INSIDE, "SELECT begin FROM commits"),
        (Mysql, INSIDE, "BEGIN NOT ATOMIC SAVEPOINT a; ROLLBACK TO a; END"),
        // With DDL there is no transaction to commit.
        (Mysql, INSIDE, "CREATE TABLE a (b INT); ANALYZE TABLE a"),
        (Mysql, INSIDE, "CREATE TEMPORARY TABLE a (b INT); INSERT INTO a VALUES (1)"),
    ] {
        assert_eq!(places(dialect, metadata, text), [""; 0], "{dialect} {text:?}");
    }
}

#[test]
fn a_warning_where_the_database_goes_along() {
    let expected = ["warning[transaction-control] 1:1"];
    assert_eq!(places(Postgres, OUTSIDE, "COMMIT"), expected);
    assert_eq!(places(Sqlite, OUTSIDE, "COMMIT"), expected);
}

#[test]
fn names_the_statement() {
    for (dialect, text, name) in [
        (Postgres, "begin immediate", "`BEGIN` in a migration that runs in a transaction"),
        (Postgres, "start transaction", "`START TRANSACTION` in a migration that"),
        (Postgres, "do 'begin rollback; end'", "`ROLLBACK` in a block of a migration that"),
        (Mysql, "lock tables a write", "`LOCK TABLES` commits the transaction that"),
    ] {
        let message = &judged(dialect, INSIDE, text)[0].message;
        assert!(message.starts_with(name), "{text}: {message}");
    }
}
