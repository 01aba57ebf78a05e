//! `Console`: a session that shows what a statement answers, with the names of its columns.

use dbmig_runtime::Session;
use dbmig_runtime::session::{DbResult, Found, Row};

/// What a statement answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The names of its columns; none when it is no query.
    pub columns: Vec<String>,
    /// The rows of a query, as text.
    pub rows: Vec<Row>,
    /// How many rows it wrote, where the database counts them.
    pub changed: u64,
}

/// The first rows of a SELECT that somebody wrote.
///
/// # Errors
///
/// What the database reports.
pub(super) fn find(console: &mut dyn Console, select: &str, most: usize) -> DbResult<Found> {
    // A comment may stand last in it.
    let sql = format!("SELECT * FROM (\n{select}\n) AS dbmig_rows LIMIT {most}");
    let answers = console.answer(&sql).map_err(|mut error| {
        // It is a place in our words.
        error.position = None;
        error
    })?;
    let answer = answers.into_iter().next().unwrap_or_default();
    Ok(Found { columns: answer.columns, rows: answer.rows })
}

/// A session of ours: the engine's connections give rows without names, and only those that are text.
pub trait Console: Session {
    /// Runs one statement, and returns what it answers: several tables for a procedure of MySQL.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn answer(&mut self, sql: &str) -> DbResult<Vec<Answer>>;
}
