//! `Console`: a session that shows what a statement answers, with the names of its columns.

use dbmig_runtime::Session;
use dbmig_runtime::session::{DbResult, Row};

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

/// A session of ours: the engine's connections give rows without names, and only those that are text.
pub trait Console: Session {
    /// Runs one statement, and returns what it answers: several tables for a procedure of MySQL.
    ///
    /// # Errors
    ///
    /// What the database reports.
    fn answer(&mut self, sql: &str) -> DbResult<Vec<Answer>>;
}
