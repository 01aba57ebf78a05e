//! `RunOptions`: how a run behaves towards others who use the database.

use std::time::Duration;

/// How a run behaves towards others who use the database.
///
/// ```
/// use std::time::Duration;
/// let options = dbmig_runtime::RunOptions {
///     runner_wait: Duration::from_secs(10),
///     ..dbmig_runtime::RunOptions::default()
/// };
/// assert_eq!(options.lock_timeout, None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// How long a statement waits for a lock on a table or row; zero is for ever. `None` is the default:
    /// 2 seconds on PostgreSQL, 5 on MySQL and MariaDB, 30 on SQLite.
    ///
    /// A migration that queues for a lock makes everybody queue behind it, so it gives up and tries again.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may run; zero is for ever. `None` leaves it to the server.
    pub statement_timeout: Option<Duration>,
    /// How long to wait for another runner.
    pub runner_wait: Duration,
    /// How often a migration that was rolled back for want of a lock is tried again.
    pub retries: u32,
    /// One transaction for each migration, or one for all.
    pub scope: Scope,
    /// What a database is stamped with when the history tables are created in it: from then on the
    /// command takes it for protected. `None` leaves it without.
    pub stamp: Option<String>,
    /// Nothing may empty a table here: seeds of mode `truncate` are refused.
    pub protected: bool,
}

/// What one transaction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// One migration.
    #[default]
    Each,
    /// The whole run: all of it, or nothing. Not on MySQL, whose DDL commits.
    All,
}

impl Default for RunOptions {
    /// What an application at its start wants: a minute of patience with another instance.
    fn default() -> Self {
        Self {
            lock_timeout: None,
            statement_timeout: None,
            runner_wait: Duration::from_secs(60),
            retries: 10,
            scope: Scope::Each,
            stamp: None,
            protected: false,
        }
    }
}
