//! `Error`: why a run stopped, with the report of what it did before.

mod guard;

use std::fmt;
use std::time::Duration;

use dbmig_build::Version;
use dbmig_build::blob::BlobError;

pub use self::guard::{GuardError, Refusal};
use crate::backfill::BackfillError;
use crate::plan::PlanError;
use crate::report::Report;
use crate::session::DbError;

/// Why a run stopped.
#[derive(Debug, Clone)]
pub struct Error {
    /// The reason.
    pub kind: ErrorKind,
    /// What was done, and committed, before.
    pub report: Box<Report>,
}

/// The reasons for which a run stops.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Set and history disagree, or a decision is needed. Nothing was run.
    Plan(PlanError),
    /// A statement of a migration failed.
    Statement(Box<StatementError>),
    /// A precondition or an assertion does not hold, or can not be asked.
    Guard(Box<GuardError>),
    /// A file that runs in a transaction begins or ends one itself. Nothing of it was run.
    TransactionControl {
        /// The directory name, or the seed's.
        name: String,
        /// The file.
        file: String,
        /// Line and column, 1-based.
        place: (usize, usize),
        /// The statement.
        sql: String,
    },
    /// A migration ended the transaction that it ran in.
    TransactionEnded {
        /// The file, below the migrations or the seeds.
        path: String,
    },
    /// Foreign keys do not hold after a migration that ran with them switched off: tables and rows.
    ForeignKeys {
        /// The file, below the migrations.
        path: String,
        /// `child → parent` for every violation, at most ten.
        violations: Vec<String>,
    },
    /// A statement of the engine itself failed: what it was for.
    Database {
        /// What was being done.
        doing: &'static str,
        /// The error.
        error: DbError,
    },
    /// A statement of the engine itself failed on behalf of one migration.
    Step {
        /// The file, below the migrations.
        path: String,
        /// What was being done.
        doing: &'static str,
        /// The error.
        error: DbError,
        /// Nothing of the file is in the database; otherwise some of it can be.
        rolled_back: bool,
    },
    /// Another runner is at work, and did not end in time.
    AnotherRunner {
        /// How long it was waited for.
        waited: Duration,
        /// Who, as far as the database tells.
        holder: Option<String>,
    },
    /// The connection was lost while a migration was being committed: it is applied, or it is not.
    CommitUnknown {
        /// The file, below the migrations.
        path: String,
        /// What the connection said.
        error: DbError,
    },
    /// A migration outside a transaction, and a transaction pooler between us and the server.
    Pooler {
        /// The directory name.
        name: String,
    },
    /// A statement, or a down that is to be recorded, is longer than what the server takes in one packet.
    /// Nothing of the file was run.
    TooLong {
        /// The file, below the migrations.
        path: String,
        /// Where the statement begins: line and column, 1-based.
        place: Option<(usize, usize)>,
        /// How long it is.
        bytes: usize,
        /// The server's `max_allowed_packet`, in bytes.
        limit: usize,
    },
    /// A migration that can not be part of one transaction for all.
    NotInOneTransaction {
        /// The directory name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A migration that a client of the database would not run as the engine does.
    NotInScript {
        /// The directory name.
        name: String,
        /// The file, where it is about one.
        file: Option<&'static str>,
        /// Line and column, 1-based.
        place: Option<(usize, usize)>,
        /// Why.
        reason: &'static str,
    },
    /// The connection has a transaction open, and a run commits.
    OpenTransaction,
    /// A backfill does not run, or stopped.
    Backfill(Box<BackfillError>),
    /// Somebody asked to stop.
    Interrupted,
    /// Cells of seeds that are not in order. Nothing was written.
    Seeds(dbmig_build::Findings),
    /// A seed of mode `truncate`, and the database is protected. Nothing was written.
    Truncates {
        /// The seed.
        name: String,
    },
    /// A data file, and the feature `seed` is off.
    SeedFeature {
        /// The seed.
        name: String,
    },
    /// A seed that is a function of the application returned an error. It was rolled back.
    SeedFunction {
        /// The seed.
        name: String,
        /// What it returned.
        message: String,
    },
    /// Two seeds have one name. Nothing was run.
    SeedTwice {
        /// The name.
        name: String,
    },
    /// Nothing was kept by which a seed could be undone.
    NoUndo {
        /// The seed.
        name: String,
    },
    /// The embedded set is damaged.
    Embedded(BlobError),
}

/// A statement of a file that failed.
#[derive(Debug, Clone)]
pub struct StatementError {
    /// The version; `None` for a repeatable or a seed.
    pub version: Option<Version>,
    /// The folder: the directory name, the seed's, or none for a repeatable.
    pub name: String,
    /// `up.sql`, `down.sql`, or the file name of the repeatable or seed.
    pub file: String,
    /// Which statement, 1-based.
    pub index: usize,
    /// Of how many; 1 when the file was sent whole.
    pub total: usize,
    /// Where it stands, or where the database says the error is: line and column, 1-based.
    pub place: Option<(usize, usize)>,
    /// The statement.
    pub sql: String,
    /// What the database said.
    pub error: DbError,
    /// The file was sent whole, so the place is not known.
    pub whole: bool,
    /// The lock file knows the migration.
    pub locked: bool,
    /// The whole attempt was rolled back; otherwise the statements before it are in the database.
    pub rolled_back: bool,
    /// Nobody can tell how much of the file is in the database.
    pub doubtful: bool,
    /// Who held the lock that it did not get, as far as the database tells.
    pub blockers: Vec<String>,
}

/// A file that was sent whole has committed, and that is to be undone.
pub(crate) const TAKE_BACK: &str = "take back what the file has committed";
/// After the commit.
pub(crate) const KEYS_ON: &str = "switch foreign keys on";

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self { kind, report: Box::default() }
    }

    /// What the database said, where it is the database that stopped the run.
    pub fn db(&self) -> Option<&DbError> {
        match &self.kind {
            ErrorKind::Statement(error) => Some(&error.error),
            ErrorKind::Database { error, .. }
            | ErrorKind::Step { error, .. }
            | ErrorKind::CommitUnknown { error, .. } => Some(error),
            ErrorKind::Backfill(error) => error.db(),
            ErrorKind::Guard(guard) => match &guard.refusal {
                Refusal::Failed(error) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }

    /// Says which migration it was, where the engine's own statement failed.
    pub(crate) fn during(mut self, path: String, transaction: bool) -> Self {
        if let ErrorKind::Database { doing, error } = self.kind {
            let rolled_back = transaction && doing != TAKE_BACK && doing != KEYS_ON;
            self.kind = ErrorKind::Step { path, doing, error, rolled_back };
        }
        self
    }

    pub(crate) fn database(doing: &'static str) -> impl FnOnce(DbError) -> Self {
        move |error| Self::new(ErrorKind::Database { doing, error })
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::new(ErrorKind::Plan(error))
    }
}

impl From<BackfillError> for Error {
    fn from(error: BackfillError) -> Self {
        Self::new(ErrorKind::Backfill(Box::new(error)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(error) => error.fmt(f),
            Self::Statement(error) => error.fmt(f),
            Self::Guard(error) => error.fmt(f),
            Self::TransactionControl { name, file, place: (line, column), sql } => write!(
                f,
                "{}:{line}:{column}: `{}` in a file that runs in a transaction",
                below(name, file),
                sql.lines().next().unwrap_or_default()
            ),
            Self::TransactionEnded { path } => {
                write!(f, "{path} ended the transaction it ran in")
            }
            Self::ForeignKeys { path, violations } => {
                write!(f, "foreign keys do not hold after {path}: {}", violations.join(", "))
            }
            Self::Database { doing, error } => write!(f, "could not {doing}: {error}"),
            Self::Step { path, doing, error, .. } => {
                write!(f, "{path}: could not {doing}: {error}")
            }
            Self::AnotherRunner { waited, holder } => {
                write!(f, "another runner is still at work after {} s", waited.as_secs())?;
                match holder {
                    Some(holder) => write!(f, ": {holder}"),
                    None => Ok(()),
                }
            }
            Self::CommitUnknown { path, error } => {
                write!(f, "the connection was lost while {path} was being committed: {error}")
            }
            Self::Pooler { name } => write!(
                f,
                "`{name}` runs outside a transaction, which a transaction pooler does not carry"
            ),
            Self::TooLong { path, place, bytes, limit } => {
                f.write_str(path)?;
                if let Some((line, column)) = place {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": {bytes} bytes are more than the server takes in one packet ({limit})")
            }
            Self::NotInOneTransaction { name, reason } => {
                write!(f, "`{name}` can not be part of one transaction for all: {reason}")
            }
            Self::NotInScript { name, file, place, reason } => {
                write!(f, "{name}")?;
                if let Some(file) = file {
                    write!(f, "/{file}")?;
                }
                if let Some((line, column)) = place {
                    write!(f, ":{line}:{column}")?;
                }
                write!(f, ": no script can hold it: {reason}")
            }
            Self::Seeds(findings) => {
                let first = findings.iter().next();
                f.write_str(&first.map(dbmig_build::Finding::one_line).unwrap_or_default())?;
                match findings.iter().count() {
                    0 | 1 => Ok(()),
                    more => write!(f, " (and {} more)", more - 1),
                }
            }
            Self::Truncates { name } => {
                write!(f, "{name} empties a table first, and the database is protected")
            }
            Self::SeedFeature { name } => {
                write!(f, "{name} is a data file, which needs the feature `seed` of dbmig-runtime")
            }
            Self::SeedFunction { name, message } => write!(f, "seed {name}: {message}"),
            Self::SeedTwice { name } => write!(f, "two seeds are called `{name}`"),
            Self::NoUndo { name } => write!(f, "nothing was kept by which {name} could be undone"),
            Self::OpenTransaction => f.write_str("the connection has an open transaction"),
            Self::Backfill(error) => error.fmt(f),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Embedded(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for StatementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&below(&self.name, &self.file))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.error)
    }
}

/// A file in its folder; a repeatable is in none.
fn below(dir: &str, file: &str) -> String {
    if dir.is_empty() { file.to_owned() } else { format!("{dir}/{file}") }
}

impl std::error::Error for Error {}
