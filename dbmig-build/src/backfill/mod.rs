//! `Backfill`: a `backfill.sql`, read. One statement that changes rows, window by window of a key.
//!
//! The header says of which table and key, and how gently; `:lo` and `:hi` in the statement are the first
//! and the last key of a window, both inside it. The `up.sql` beside it only stops Diesel, which would
//! record the version and change nothing.

mod bounds;
mod header;
mod name;

use std::time::Duration;

pub use bounds::Part;
pub use header::duration;
pub use name::Name;

use crate::sql::{self, StatementKind, TokenKind};
use crate::{Dialect, sql::Statement};

/// The name of the file in a migration's directory.
pub const FILE_NAME: &str = "backfill.sql";

/// The `up.sql` beside it: no database has the function, so Diesel stops there and records nothing.
pub const STOPPER: &str = "SELECT this_migration_needs_cargo_dbmig();";

/// The function of [`STOPPER`].
const STOPPING: &str = "this_migration_needs_cargo_dbmig";

/// How many rows a window begins with where the header leaves it to the run.
pub const AUTO_BATCH: u32 = 1_000;

/// The largest window that the header can ask for.
pub const LARGEST_BATCH: u32 = 1_000_000;

/// A `backfill.sql`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backfill<'a> {
    /// The table that is walked.
    pub table: Name,
    /// The columns of its key, in order.
    pub key: Vec<Name>,
    /// How many rows a window has at most; `None` is `auto`.
    pub batch: Option<u32>,
    /// How long to pause between windows.
    pub throttle: Duration,
    /// How long a window should take; the size follows it.
    pub target: Option<Duration>,
    /// A query that finds nothing once all is done.
    pub until: Option<String>,
    /// An expression, or a query of one value: while it is true, nothing runs.
    pub throttle_query: Option<String>,
    /// The statement, cut at its bounds.
    pub parts: Vec<Part<'a>>,
    /// The statement as written.
    pub sql: &'a str,
    /// Line and column of the statement, 1-based.
    pub place: (usize, usize),
}

/// Something in a `backfill.sql` that is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillProblem {
    /// Line and column, 1-based.
    pub place: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl BackfillProblem {
    fn new(place: (usize, usize), message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { place, message: message.into(), help: help.into() }
    }
}

/// Whether an `up.sql` is the one that stops Diesel.
pub fn stops_diesel(up: &str, dialect: Dialect) -> bool {
    // Most texts do not, and need not be cut.
    if !up.contains(STOPPING) {
        return false;
    }
    let split = sql::split(up, dialect);
    let [statement] = split.statements[..] else { return false };
    let tokens = sql::tokens(statement.sql, dialect).filter(|token| !token.is_trivia());
    let words: Vec<_> = tokens.map(|token| token.text.to_ascii_lowercase()).collect();
    split.unsure.is_none() && words == ["select", STOPPING, "(", ")"]
}

impl<'a> Backfill<'a> {
    /// Reads the text of a `backfill.sql`.
    ///
    /// # Errors
    ///
    /// Everything that is not in order, in the order of the text.
    pub fn parse(text: &'a str, dialect: Dialect) -> Result<Self, Vec<BackfillProblem>> {
        let mut problems = Vec::new();
        let header = header::read(text, dialect, &mut problems);
        let statement = only_statement(text, dialect, &mut problems);
        let parts = match &statement {
            Some(statement) => bounds::cut(text, statement, &header.key, dialect, &mut problems),
            None => vec![],
        };
        problems.sort_by_key(|problem| problem.place);
        match (header.table, statement) {
            (Some(table), Some(statement)) if problems.is_empty() => Ok(Self {
                table,
                key: header.key,
                batch: header.batch.flatten(),
                throttle: header.throttle.unwrap_or_default(),
                target: header.target,
                until: header.until,
                throttle_query: header.throttle_query,
                parts,
                sql: statement.sql,
                place: (statement.line, statement.column),
            }),
            _ => Err(problems),
        }
    }
}

/// The one statement of the file.
fn only_statement<'a>(
    text: &'a str,
    dialect: Dialect,
    problems: &mut Vec<BackfillProblem>,
) -> Option<Statement<'a>> {
    let split = sql::split(text, dialect);
    if let Some(unsure) = split.unsure {
        problems.push(BackfillProblem::new(
            (unsure.line, unsure.column),
            format!("the file can not be cut into statements: {}", unsure.reason),
            "mend the text",
        ));
        return None;
    }
    for statement in &split.statements {
        if statement.kind == StatementKind::TransactionControl {
            problems.push(BackfillProblem::new(
                (statement.line, statement.column),
                "a backfill begins or ends a transaction by itself",
                "take it out: every window is a transaction of its own",
            ));
        }
    }
    if !problems.is_empty()
        && split.statements.iter().any(|s| s.kind == StatementKind::TransactionControl)
    {
        return None;
    }
    match split.statements[..] {
        [] => {
            problems.push(BackfillProblem::new(
                (1, 1),
                "there is no statement in it",
                "write one UPDATE, DELETE, or INSERT … SELECT with `:lo` and `:hi`",
            ));
            None
        }
        [statement] if is_change(&statement, dialect) => Some(statement),
        [statement] => {
            problems.push(BackfillProblem::new(
                (statement.line, statement.column),
                "the statement changes no rows in a way that a transaction takes back",
                "write one UPDATE, DELETE, or INSERT … SELECT with `:lo` and `:hi`",
            ));
            None
        }
        [_, second, ..] => {
            problems.push(BackfillProblem::new(
                (second.line, second.column),
                "a backfill has one statement, and this is a second one",
                "put it into a migration of its own: `cargo dbmig generate backfill <name> --table <table>`",
            ));
            None
        }
    }
}

fn is_change(statement: &Statement<'_>, dialect: Dialect) -> bool {
    let first = sql::tokens(statement.sql, dialect).find(|token| token.kind == TokenKind::Word);
    let loads = first.is_some_and(|word| word.is_any(&["load", "copy", "truncate", "call"]));
    statement.kind == StatementKind::Dml
        && !statement.flags.implicit_commit
        && !statement.flags.outside_transaction
        && !loads
}

#[cfg(test)]
mod tests;
