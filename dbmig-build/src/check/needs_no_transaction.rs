//! `needs-no-transaction`: a statement that the database refuses inside a transaction.
//!
//! `metadata.toml` holds for both files: a down that takes back what was made CONCURRENTLY fails the same.

use super::Subject;
use super::sql_file::{SqlFile, title};
use crate::sql::{Statement, Token};
use crate::{Code, Dialect, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in subject.files.iter().filter(|file| file.transaction == Some(true)) {
        for statement in file.statements() {
            let Some(what) = refused(file, statement) else { continue };
            findings.push(
                file.finding(
                    subject,
                    Code::NeedsNoTransaction,
                    statement,
                    format!("{what}, and the migration runs in one"),
                )
                .help(format!(
                    "give it a migration of its own, with `run_in_transaction = false` in `{}`",
                    file.metadata_path(subject)
                )),
            );
        }
    }
}

/// What the database does with it, or `None` where it runs in a transaction.
fn refused(file: &SqlFile<'_>, statement: &Statement<'_>) -> Option<String> {
    if !statement.flags.outside_transaction && !is_pragma(file, statement) {
        return None;
    }
    let tokens = file.tokens(statement);
    // It throws away the lock of the run too: `session-setting` says so, and a migration of its own is no help.
    if tokens.first()?.is("discard") {
        return None;
    }
    if file.dialect == Dialect::Sqlite && tokens.first()?.is("pragma") {
        let (name, _) = super::session_setting::pragma_set(&tokens)?;
        return match &*name {
            "journal_mode" => {
                Some("`PRAGMA journal_mode` changes nothing inside a transaction".to_owned())
            }
            "synchronous" => {
                Some("`PRAGMA synchronous` is refused inside a transaction".to_owned())
            }
            _ => None,
        };
    }
    Some(format!("`{}` is refused inside a transaction", name_of(&tokens)))
}

fn is_pragma(file: &SqlFile<'_>, statement: &Statement<'_>) -> bool {
    let start = statement.sql.as_bytes().get(.."pragma".len());
    file.dialect == Dialect::Sqlite && start.is_some_and(|s| s.eq_ignore_ascii_case(b"pragma"))
}

/// `CREATE UNIQUE INDEX CONCURRENTLY`, `ALTER SYSTEM`, `VACUUM`.
fn name_of(tokens: &[Token<'_>]) -> String {
    if let Some(at) = tokens.iter().position(|token| token.is("concurrently")) {
        let head = title(tokens, if at < 4 { at + 1 } else { 2 });
        return if head.ends_with("CONCURRENTLY") {
            head
        } else {
            format!("{head} … CONCURRENTLY")
        };
    }
    let one = tokens.first().is_some_and(|first| first.is_any(&["vacuum", "detach", "cluster"]));
    title(tokens, if one { 1 } else { 2 })
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, OUTSIDE, codes, judged, places, raw};
    use crate::{Code, RawFile};

    #[test]
    fn statements_that_are_refused() {
        for (dialect, text, name) in [
            (Postgres, "create index concurrently a on b (c)", "CREATE INDEX CONCURRENTLY"),
            (
                Postgres,
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a ON b (c)",
                "CREATE UNIQUE INDEX CONCURRENTLY",
            ),
            (Postgres, "REINDEX TABLE CONCURRENTLY a", "REINDEX TABLE CONCURRENTLY"),
            (
                Postgres,
                "ALTER TABLE a DETACH PARTITION b CONCURRENTLY",
                "ALTER TABLE … CONCURRENTLY",
            ),
            (Postgres, "VACUUM (FULL) a", "VACUUM"),
            (Postgres, "ALTER SYSTEM SET a = 1", "ALTER SYSTEM"),
            (Postgres, "CREATE DATABASE a", "CREATE DATABASE"),
            (Postgres, "REINDEX (CONCURRENTLY, VERBOSE) TABLE a", "REINDEX … CONCURRENTLY"),
            (Postgres, "REINDEX (VERBOSE) DATABASE a", "REINDEX"),
            (Postgres, "CLUSTER", "CLUSTER"),
            (Postgres, "CREATE SUBSCRIPTION a CONNECTION 'b' PUBLICATION c", "CREATE SUBSCRIPTION"),
            (Postgres, "DROP SUBSCRIPTION a", "DROP SUBSCRIPTION"),
            (Sqlite, "VACUUM", "VACUUM"),
            (Sqlite, "pragma main.journal_mode = wal", "PRAGMA journal_mode"),
            (Sqlite, "PRAGMA synchronous(off)", "PRAGMA synchronous"),
        ] {
            let text = format!("SELECT 1;\n  {text};");
            let expected = ["error[needs-no-transaction] 2:3"];
            assert_eq!(places(dialect, INSIDE, &text), expected, "{dialect} {text:?}");
            let message = &judged(dialect, INSIDE, &text)[0].message;
            assert!(message.starts_with(&format!("`{name}` ")), "{message}");
        }
    }

    #[test]
    fn statements_that_are_not() {
        for (dialect, metadata, text) in [
            (Postgres, OUTSIDE, "CREATE INDEX CONCURRENTLY a ON b (c)"),
            (Postgres, INSIDE, "REFRESH MATERIALIZED VIEW CONCURRENTLY a"),
            (Postgres, INSIDE, "CREATE INDEX a ON b (c) -- not CONCURRENTLY"),
            (Postgres, INSIDE, "CREATE TABLE a (\"concurrently\" int)"),
            (Postgres, INSIDE, "ALTER TYPE a ADD VALUE 'b'"),
            (Postgres, INSIDE, "COMMENT ON TABLE a IS 'create index concurrently'"),
            (Sqlite, INSIDE, "PRAGMA journal_mode"),
            (Postgres, INSIDE, "CLUSTER a USING b"),
            (Mysql, INSIDE, "CREATE DATABASE a"),
        ] {
            assert_eq!(places(dialect, metadata, text), [""; 0], "{dialect} {text:?}");
        }
    }

    #[test]
    fn the_way_back_runs_in_the_same_mode() {
        let mut raw = raw(&["1_a"]);
        raw.migrations[0].down = RawFile::Bytes(b"VACUUM".to_vec());
        assert_eq!(codes(&raw), [Code::NeedsNoTransaction]);
        // Not read by the build: it may well say `false`.
        raw.migrations[0].metadata = RawFile::Bytes(b"\"run_in_transaction\" = false".to_vec());
        assert_eq!(codes(&raw), [Code::MetadataNotRead]);
    }
}
