//! `transaction-control`: BEGIN, COMMIT, and ROLLBACK in a migration.
//!
//! The runner opens and ends the transaction. A migration that does it too takes its own record out of it,
//! or fails. Savepoints stay within the transaction. What a called procedure does is not seen.

mod block;

use super::Subject;
use super::sql_file::{SqlFile, title};
use crate::sql::{self, Statement, StatementKind, Token};
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
        if file.transaction == Some(true) {
            in_blocks(subject, file, findings);
            implicit_commits(subject, file, findings);
        }
    }
}

/// In a block that is run at once. Outside a transaction that is what such a block is for.
fn in_blocks(subject: &Subject<'_>, file: &SqlFile<'_>, findings: &mut Findings) {
    for statement in file.of_kind(StatementKind::Other) {
        for (offset, name) in block::find(&file.tokens(statement), file.dialect) {
            let (line, column) = sql::position(file.text, statement.offset + offset);
            let finding = file.finding(subject, Code::TransactionControl, statement, "");
            let mut finding = judge(file, finding.at(line, column), &name);
            finding.message =
                format!("`{name}` in a block of a migration that runs in a transaction");
            findings.push(finding);
        }
    }
}

/// MySQL: a migration of DML only runs in a transaction, until a statement commits it that is neither
/// DDL nor says COMMIT.
fn implicit_commits(subject: &Subject<'_>, file: &SqlFile<'_>, findings: &mut Findings) {
    if file.of_kind(StatementKind::Ddl).any(|statement| statement.flags.implicit_commit) {
        return; // such a migration is sent statement by statement
    }
    let commits = |statement: &&Statement<'_>| {
        statement.flags.implicit_commit
            && matches!(statement.kind, StatementKind::Other | StatementKind::Session)
    };
    for statement in file.statements().filter(commits) {
        let name = title(&file.tokens(statement), 2);
        let message = format!("`{name}` commits the transaction that the migration runs in");
        let mut finding = file.finding(subject, Code::TransactionControl, statement, message);
        finding.severity = Severity::Warning;
        findings.push(
            finding
                .note(
                    "a failure after it leaves what was done before it, with nothing that says so",
                )
                .help("remove the statement, or give it a migration of its own"),
        );
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
mod tests;
