//! `BackfillError`: why a backfill does not run, or stopped.

use std::fmt;

use dbmig_build::Version;
use dbmig_build::backfill::BackfillProblem;

use crate::session::DbError;

/// Why a backfill does not run, or stopped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum BackfillError {
    /// The set has no backfill of that version.
    Unknown(Version),
    /// Its migration is not applied.
    NotApplied {
        /// The directory name.
        name: String,
    },
    /// Its file is not in order.
    Invalid {
        /// The directory name.
        name: String,
        /// What is wrong; at least one.
        problems: Vec<BackfillProblem>,
    },
    /// Its file was edited since it began.
    Changed {
        /// The directory name.
        name: String,
        /// It had come to the end.
        done: bool,
    },
    /// Somebody paused it, or gave it up.
    Stopped {
        /// The directory name.
        name: String,
        /// Given up.
        cancelled: bool,
    },
    /// It has not begun, or is over: there is nothing to pause or to cancel.
    NotRunning {
        /// The directory name.
        name: String,
        /// Where it stands, in a word.
        state: &'static str,
    },
    /// The table can not be walked by the key of the header.
    Key {
        /// The directory name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A query of the header failed.
    Query {
        /// The directory name.
        name: String,
        /// `until` or `throttle_query`.
        which: &'static str,
        /// What the database said.
        error: DbError,
    },
    /// The statement failed in a window, which was rolled back.
    Window {
        /// The directory name.
        name: String,
        /// Line and column of the statement, 1-based.
        place: (usize, usize),
        /// The first key, for people.
        first: String,
        /// The last key.
        last: String,
        /// How many rows were walked over before it.
        seen: u64,
        /// What the database said.
        error: DbError,
        /// Who held what it needs, in words; empty where the database does not tell.
        blockers: Vec<String>,
    },
}

impl BackfillError {
    /// What the database said, where it is the database that stopped it.
    pub fn db(&self) -> Option<&DbError> {
        match self {
            Self::Query { error, .. } | Self::Window { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for BackfillError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(version) => write!(f, "migration `{version}` has no backfill"),
            Self::NotApplied { name } => write!(f, "migration `{name}` is not applied"),
            Self::Invalid { name, problems } => {
                write!(f, "{name}/backfill.sql")?;
                match problems.first() {
                    Some(problem) => {
                        let (line, column) = problem.place;
                        write!(f, ":{line}:{column}: {}", problem.message)
                    }
                    None => f.write_str(" is not in order"),
                }
            }
            Self::Changed { name, done } => {
                let when = if *done { "was run" } else { "began" };
                write!(f, "{name}/backfill.sql was edited since it {when}")
            }
            Self::Stopped { name, cancelled } => {
                let how = if *cancelled { "cancelled" } else { "paused" };
                write!(f, "the backfill of `{name}` is {how}")
            }
            Self::NotRunning { name, state } => write!(f, "the backfill of `{name}` is {state}"),
            Self::Key { name, reason } => write!(f, "{name}/backfill.sql: {reason}"),
            Self::Query { name, which, error } => {
                write!(f, "{name}/backfill.sql: `dbmig:{which}` failed: {error}")
            }
            Self::Window { name, place: (line, column), first, last, error, .. } => write!(
                f,
                "{name}/backfill.sql:{line}:{column}: between the keys {first} and {last}: {error}"
            ),
        }
    }
}
