//! `GuardError`: what was asked around a migration, and why that stops the run.

use std::fmt;

use dbmig_build::{Version, When, one_line};

use super::below;
use crate::session::{DbError, Found, Row};

/// A precondition or an assertion that does not hold, or can not be asked.
#[derive(Debug, Clone)]
pub struct GuardError {
    /// The version; `None` for a repeatable.
    pub version: Option<Version>,
    /// The folder: the directory name, or none for a repeatable.
    pub name: String,
    /// The file that says it.
    pub file: String,
    /// Where an assertion stands: line and column, 1-based.
    pub place: Option<(usize, usize)>,
    /// Which precondition it is, from 1; `None` for an assertion.
    pub precondition: Option<usize>,
    /// When an assertion is asked.
    pub when: Option<When>,
    /// The query.
    pub query: String,
    /// Why it stops the run.
    pub refusal: Refusal,
    /// The statements of the file are in the database, and stay there.
    pub kept: bool,
    /// The lock file knows the migration.
    pub locked: bool,
}

/// Why a precondition or an assertion stops a run.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// The query of an assertion found rows.
    Rows {
        /// The first of them.
        found: Found,
        /// There are more.
        more: bool,
    },
    /// The query of a precondition answered something else: what, and what is expected.
    Answered(String),
    /// The query failed.
    Failed(DbError),
    /// There is no query that could be asked: why.
    Invalid(String),
}

/// How much of a row is shown, in characters.
const ROW_SHOWN: usize = 200;

impl GuardError {
    /// The rows that an assertion found, a line each: `email = a@b.c, count = 2`.
    pub fn rows(&self) -> Vec<String> {
        let Refusal::Rows { found, .. } = &self.refusal else { return vec![] };
        let cell = |(at, value): (usize, &Option<String>)| {
            let name = found.columns.get(at).map_or("?", String::as_str);
            let value = value.as_deref().unwrap_or("NULL");
            format!("{} = {}", one_line(name), one_line(value))
        };
        let line = |row: &Row| {
            let line = row.iter().enumerate().map(cell).collect::<Vec<_>>().join(", ");
            match line.char_indices().nth(ROW_SHOWN) {
                Some((end, _)) => format!("{} …", &line[..end]),
                None => line,
            }
        };
        found.rows.iter().map(line).collect()
    }

    /// The reason alone, in one line.
    pub fn reason(&self) -> String {
        match &self.refusal {
            Refusal::Rows { found, more } => {
                let when = self.when.map_or("", When::as_str);
                let count = match (found.rows.len(), more) {
                    (1, false) => "1 row".to_owned(),
                    (count, false) => format!("{count} rows"),
                    (count, true) => format!("more than {count} rows"),
                };
                format!("what is asserted {when} does not hold: {count} found")
            }
            Refusal::Answered(reason) => reason.clone(),
            Refusal::Failed(error) => match (self.precondition, self.when) {
                (Some(number), _) => format!("precondition {number} failed: {error}"),
                (None, when) => {
                    format!("`dbmig:assert {}` failed: {error}", when.map_or("", When::as_str))
                }
            },
            Refusal::Invalid(reason) => match self.precondition {
                Some(number) => format!("precondition {number}: {reason}"),
                None => reason.clone(),
            },
        }
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&below(&self.name, &self.file))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.reason())?;
        self.rows().iter().try_for_each(|row| write!(f, "\n{row}"))
    }
}
