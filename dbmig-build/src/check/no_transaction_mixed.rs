//! `no-transaction-mixed`: several statements outside a transaction.
//!
//! Each commits alone, so a failure half way leaves those before it. `cargo dbmig` goes on where it stopped;
//! Diesel starts again from the first, and on PostgreSQL sends the file whole, as one transaction after all.

use super::Subject;
use super::sql_file::SqlFile;
use crate::sql::{Statement, StatementKind};
use crate::{Code, Dialect, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in subject.files.iter().filter(|file| file.transaction == Some(false)) {
        let Some((second, refused)) = judge(file) else { continue };
        let count = file.statements().count();
        let mut finding = file
            .finding(
                subject,
                Code::NoTransactionMixed,
                second,
                format!("{count} statements run outside a transaction, each by itself"),
            )
            .note("a failure half way leaves the statements before it; `cargo dbmig migrate` goes on there");
        if refused {
            finding = finding.note("Diesel sends the file whole, which PostgreSQL runs as one transaction, and it fails");
        }
        findings.push(finding.help("give every statement a migration of its own"));
    }
}

/// The second of the statements, and whether plain Diesel fails on them.
fn judge<'f, 'a>(file: &'f SqlFile<'a>) -> Option<(&'f Statement<'a>, bool)> {
    // A transaction of the file's own is another finding.
    if file.of_kind(StatementKind::TransactionControl).next().is_some() {
        return None;
    }
    let several = file.statements().nth(1);
    let postgres = file.dialect == Dialect::Postgres;
    let refused =
        postgres && several.is_some() && file.statements().any(|s| s.flags.outside_transaction);
    if refused {
        return several.map(|second| (second, true));
    }
    // Settings and questions leave nothing behind.
    let lasting = [StatementKind::Ddl, StatementKind::Dml, StatementKind::Other];
    file.statements().filter(|s| lasting.contains(&s.kind)).nth(1).map(|second| (second, false))
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, OUTSIDE, judged, places};

    #[test]
    fn more_than_one_that_lasts() {
        let two = "CREATE TABLE a (b INT);\nDROP TABLE c;\n";
        let concurrently = "DROP INDEX CONCURRENTLY a;\nCREATE INDEX CONCURRENTLY a ON b (c);\n";
        for (dialect, metadata, text, expected) in [
            (Sqlite, OUTSIDE, two, &["warning[no-transaction-mixed] 2:1"][..]),
            (Mysql, OUTSIDE, two, &["warning[no-transaction-mixed] 2:1"]),
            (Postgres, OUTSIDE, concurrently, &["warning[no-transaction-mixed] 2:1"]),
            (Sqlite, INSIDE, two, &[]),
            (Postgres, OUTSIDE, "CREATE INDEX CONCURRENTLY a ON b (c); -- done;\n;", &[]),
            (Sqlite, OUTSIDE, "PRAGMA page_size = 8192; VACUUM;", &[]),
            (Sqlite, OUTSIDE, "SELECT 1; VACUUM; PRAGMA integrity_check", &[]),
        ] {
            assert_eq!(places(dialect, metadata, text), expected, "{dialect} {text:?}");
        }
    }

    #[test]
    fn says_where_plain_diesel_fails() {
        let setting = "SELECT 1;\nVACUUM a;\n";
        assert_eq!(judged(Postgres, OUTSIDE, setting)[0].notes.len(), 2);
        let two = "INSERT INTO a VALUES (1);\nDROP TABLE b;\n";
        assert_eq!(judged(Postgres, OUTSIDE, two)[0].notes.len(), 1);
    }

    #[test]
    fn a_transaction_of_its_own_is_another_finding() {
        let text = "BEGIN;\nDROP TABLE a;\nDROP TABLE b;\nCOMMIT;\n";
        let found = places(Sqlite, OUTSIDE, text);
        assert!(found.iter().all(|line| line.contains("transaction-control")), "{found:?}");
    }
}
