//! Backfills: rows that are changed window by window of a key, each window in a small transaction that
//! also moves the cursor. So a run that is killed loses nothing and repeats nothing.
//!
//! ```no_run
//! # #[cfg(feature = "sqlite")] {
//! use dbmig_runtime::{RunOptions, Silent, backfill};
//! # use diesel::Connection as _;
//! # static MIGRATIONS: dbmig_runtime::EmbeddedSet = dbmig_runtime::EmbeddedSet::new("");
//! // In the application: dbmig_runtime::include_migrations!();
//! let mut conn = diesel::SqliteConnection::establish("app.sqlite3")?;
//! for due in backfill::unfinished(&mut conn, &MIGRATIONS)? {
//!     backfill::run(&mut conn, &MIGRATIONS, &due, backfill::Way::default(), &RunOptions::default(), &mut Silent)?;
//! }
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod count;
mod decide;
mod drive;
mod error;
mod find;
mod gate;
mod key;
mod pace;
mod window;

use std::time::Duration;

use dbmig_build::{MigrationSet, Version};

pub use decide::{cancel, pause, resume, verify};
pub use drive::run;
pub(crate) use drive::{Site, drive};
pub use error::BackfillError;
pub(crate) use gate::{gate, lacking};

use crate::embedded::Migrations;
use crate::error::{Error, ErrorKind};
use crate::history::{self, History};
pub use crate::history::{BackfillRecord, BackfillState};
use crate::session::{DbResult, Session};

/// How a run goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// Begin at the start of the table, whatever was done before.
    pub again: bool,
    /// Only if the whole table fits into one window: more is left to a run of its own.
    pub only_small: bool,
    /// At most so many windows.
    pub windows: Option<u64>,
}

/// How far a backfill has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// How many rows of the table it has walked over, in all runs.
    pub seen: u64,
    /// How many rows the statement has changed, in all runs.
    pub rows: u64,
    /// How many windows were committed, in all runs.
    pub batches: u64,
    /// How many rows the table had, about, when it began.
    pub total: Option<u64>,
    /// How many rows this run has walked over.
    pub seen_now: u64,
    /// How long this run has taken.
    pub elapsed: Duration,
}

impl Progress {
    fn of(record: &BackfillRecord) -> Self {
        Self {
            seen: record.seen,
            rows: record.rows,
            batches: record.batches,
            total: record.total,
            ..Self::default()
        }
    }

    /// Rows walked over in a second of this run; 0 before there is anything to tell.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.seen_now as f64 / seconds } else { 0.0 }
    }

    /// How long the rest will take at this rate; `None` while nobody knows.
    pub fn eta(&self) -> Option<Duration> {
        let (left, rate) = (self.total?.saturating_sub(self.seen), self.rate());
        (rate > 0.0).then(|| Duration::try_from_secs_f64(left as f64 / rate).ok()).flatten()
    }
}

/// How a run ended, when nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the end of the table; whether the query of the header still finds rows.
    Done {
        /// It does: they were written behind the cursor, or the statement does not change them.
        left: bool,
    },
    /// It was done before; nothing was run.
    DoneBefore,
    /// The table is larger than a window, and it was to run only if it is not.
    Deferred,
    /// So many windows as it was to run.
    Rests,
    /// Somebody paused it meanwhile.
    Paused,
    /// Somebody cancelled it meanwhile.
    Cancelled,
    /// Somebody asked this run to stop.
    Interrupted,
}

/// What a run did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The version of the migration.
    pub version: Version,
    /// Its directory name.
    pub name: String,
    /// How it ended.
    pub end: End,
    /// How far it has come.
    pub progress: Progress,
}

/// What happens to a backfill while it runs.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Happening<'a> {
    /// It begins, or goes on.
    Started,
    /// A window was committed.
    Window,
    /// It waits: others hold what it needs, or the query of the header says so.
    Waiting {
        /// Why.
        reason: &'a str,
        /// Who held it, the oldest of several, in words; `None` where the database does not tell.
        holder: Option<&'a str>,
        /// For how long.
        after: Duration,
    },
    /// It ended.
    Ended(End),
}

/// Where a backfill of a set stands in a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The version of the migration.
    pub version: Version,
    /// Its directory name.
    pub name: String,
    /// The migration is applied.
    pub applied: bool,
    /// What is known of it; `None` before it began.
    pub record: Option<BackfillRecord>,
    /// `backfill.sql` is not the one that began.
    pub changed: bool,
}

impl Standing {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match &self.record {
            Some(record) => record.state.as_str(),
            None => "pending",
        }
    }
}

/// Every backfill of a set against a history. Pure.
pub fn standings(set: &MigrationSet, history: &History) -> Vec<Standing> {
    let of = |migration: &dbmig_build::Migration| {
        let record = history.backfills.get(&migration.version).cloned();
        let changed = record
            .as_ref()
            .is_some_and(|record| migration.digests.backfill.as_ref() != Some(&record.digest));
        Standing {
            version: migration.version.clone(),
            name: migration.dir_name.clone().into_owned(),
            applied: history.applied.contains_key(&migration.version),
            record,
            changed,
        }
    };
    set.iter().filter(|migration| migration.backfill.is_some()).map(of).collect()
}

/// The backfills that a run goes on with: applied, and neither done, paused, nor cancelled.
///
/// # Errors
///
/// What the database reports, and a set that can not be read.
pub fn unfinished(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
) -> Result<Vec<Version>, Error> {
    let set = migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
    let history = history::read_patiently(session).map_err(Error::database("read the history"))?;
    Ok(due(set, &history))
}

/// The same, from what was read. Pure. What was taken over from another tool, or recorded as applied
/// without being run, is not begun by itself.
pub fn due(set: &MigrationSet, history: &History) -> Vec<Version> {
    let ours = |version: &Version| {
        let applied = history.applied.get(version);
        applied
            .and_then(|applied| applied.record.as_ref())
            .is_some_and(|record| record.action == history::Action::Apply)
    };
    let list = standings(set, history).into_iter().filter(|standing| match &standing.record {
        Some(record) => record.state == BackfillState::Running && standing.applied,
        None => ours(&standing.version),
    });
    list.map(|standing| standing.version).collect()
}

/// A query that answers `yes` or nothing.
fn is_yes(session: &mut dyn Session, sql: &str) -> DbResult<bool> {
    let rows = session.query(sql, &[])?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).is_some())
}

/// Whether the query of a header still finds rows.
fn finds_rows(session: &mut dyn Session, until: &str) -> DbResult<bool> {
    let until = until.trim().trim_end_matches(';');
    is_yes(session, &format!("SELECT CASE WHEN EXISTS (\n{until}\n) THEN 'yes' END"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_estimated_from_this_run() {
        let mut progress = Progress {
            seen: 500,
            total: Some(2_000),
            seen_now: 100,
            elapsed: Duration::from_secs(2),
            ..Progress::default()
        };
        assert_eq!(progress.eta(), Some(Duration::from_secs(30)));
        progress.seen = 3_000;
        assert_eq!(progress.eta(), Some(Duration::ZERO));
        assert_eq!(Progress { total: None, ..progress }.eta(), None);
        assert_eq!(Progress::default().eta(), None);
    }
}
