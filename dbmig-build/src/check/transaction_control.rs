//! `transaction-control`: BEGIN, COMMIT, and ROLLBACK in a migration.
//!
//! The runner opens and ends the transaction. A migration that does it too takes its own record out of it,
//! or fails. Savepoints stay within the transaction.

use super::Subject;
use super::sql_file::{SqlFile, title};
use crate::sql::{StatementKind, Token};
use crate::{Code, Dialect, Finding, Findings, Severity};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in &subject.files {
        for statement in file.of_kind(StatementKind::TransactionControl) {
            let tokens = file.tokens(statement);
            if is_savepoint(&tokens) || !is_whole(&tokens) {
                continue;
            }
            let name = name_of(&tokens);
            let finding = file.finding(subject, Code::TransactionControl, statement, "");
            findings.push(judge(file, finding, &name));
        }
    }
}

fn judge(file: &SqlFile<'_>, mut finding: Finding, name: &str) -> Finding {
    if file.transaction == Some(true) {
        finding.message = format!("`{name}` in a migration that runs in a transaction");
        // MySQL and MariaDB take it: the transaction only ends early, as with every DDL statement.
        if file.dialect == Dialect::Mysql {
            finding.severity = Severity::Warning;
        }
        return finding
            .note("the transaction is begun and ended for you, with the record of the migration in it")
            .help("remove the statement");
    }
    finding.severity = Severity::Warning;
    finding.message = format!("`{name}` in a migration that is sent statement by statement");
    finding = finding
        .note("a failure inside your transaction undoes statements that are recorded as done");
    if file.dialect == Dialect::Sqlite {
        finding = finding.note("`foreign_keys = \"off\"` in the `[dbmig]` table of `metadata.toml` switches them off around the transaction");
    }
    finding.help("write `run_in_transaction = true` in `metadata.toml`, and remove the statement")
}

/// SAVEPOINT, RELEASE, and ROLLBACK TO.
fn is_savepoint(tokens: &[Token<'_>]) -> bool {
    let [first, rest @ ..] = tokens else { return true };
    first.is_any(&["savepoint", "release"])
        || (first.is("rollback") && rest.iter().take(2).any(|token| token.is("to")))
}

/// False for the rest of a body that is not quoted as it should be: `END IF`, `BEGIN RAISE …`.
fn is_whole(tokens: &[Token<'_>]) -> bool {
    let [first, second, ..] = tokens else { return true };
    if first.is_any(&["start", "prepare", "set", "xa"]) {
        return true;
    }
    let modes = ["isolation", "read", "not", "deferrable", "deferred", "immediate", "exclusive"];
    second.is_any(&["work", "transaction", "and", "no", "release", "prepared"])
        || second.is_any(&modes)
}

fn name_of(tokens: &[Token<'_>]) -> String {
    let two = tokens.first().is_some_and(|first| first.is_any(&["start", "prepare", "set", "xa"]));
    title(tokens, if two { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, OUTSIDE, judged, places};

    #[test]
    fn what_begins_and_ends_a_transaction() {
        for (dialect, text, expected) in [
            (Postgres, "BEGIN;\n  COMMIT;", &["1:1", "2:3"][..]),
            (Postgres, "SELECT 1; start transaction", &["1:11"]),
            (Postgres, "ABORT", &["1:1"]),
            (Sqlite, "END TRANSACTION", &["1:1"]),
            (Sqlite, "ROLLBACK", &["1:1"]),
            (Postgres, "SAVEPOINT a; ROLLBACK TO a; RELEASE a", &[]),
            (Postgres, "ROLLBACK WORK TO SAVEPOINT a", &[]),
            (Postgres, "DO $$ BEGIN COMMIT; END $$", &[]),
            (Postgres, "SET TRANSACTION READ ONLY", &[]),
            (Sqlite, "CREATE TRIGGER a AFTER INSERT ON b BEGIN SELECT 1; END", &[]),
            (Mysql, "CREATE PROCEDURE a() BEGIN COMMIT; END", &[]),
            (Mysql, "SELECT begin FROM commits", &[]),
            (Postgres, "BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT AND CHAIN", &["1:1", "1:37"]),
            (Postgres, "BEGIN RAISE 'no'; END IF;", &[]),
        ] {
            let expected: Vec<_> =
                expected.iter().map(|at| format!("error[transaction-control] {at}")).collect();
            assert_eq!(places(dialect, INSIDE, text), expected, "{dialect} {text:?}");
        }
    }

    #[test]
    fn a_warning_where_the_database_goes_along() {
        let expected = ["warning[transaction-control] 1:1"];
        assert_eq!(places(Mysql, INSIDE, "COMMIT"), expected);
        assert_eq!(places(Mysql, INSIDE, "SET autocommit = 0"), expected);
        assert_eq!(places(Postgres, OUTSIDE, "COMMIT"), expected);
    }

    #[test]
    fn names_the_statement() {
        for (text, name) in
            [("begin immediate", "`BEGIN`"), ("start transaction", "`START TRANSACTION`")]
        {
            assert!(judged(Postgres, INSIDE, text)[0].message.starts_with(name), "{text}");
        }
    }
}
