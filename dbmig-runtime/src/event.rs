//! What an observer of a run is told.

use std::time::Duration;

use dbmig_build::OnFail;

use crate::backfill::{Happening, Progress};

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `up.sql`.
    Up,
    /// `down.sql`.
    Down,
}

impl Direction {
    /// The file that holds the statements.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        }
    }
}

/// Something that happened during a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A migration, or the down of one, begins.
    Started {
        /// Its directory name.
        name: &'a str,
        /// Which way.
        direction: Direction,
    },
    /// A statement is about to be sent.
    Statement {
        /// 1-based.
        index: usize,
        /// How many there are.
        total: usize,
    },
    /// It is done and committed.
    Finished {
        /// Its directory name.
        name: &'a str,
        /// Which way.
        direction: Direction,
        /// How many statements were sent.
        statements: usize,
        /// How long it took.
        elapsed: Duration,
    },
    /// Another runner was faster.
    Skipped {
        /// Its directory name.
        name: &'a str,
        /// Which way.
        direction: Direction,
    },
    /// A precondition did not hold: it was skipped, recorded as applied, or run all the same.
    Unmet {
        /// Its directory name.
        name: &'a str,
        /// What became of it.
        on_fail: OnFail,
        /// What was asked, and answered.
        reason: &'a str,
    },
    /// Another runner is at work.
    Waiting {
        /// Who, as far as the database tells.
        holder: Option<&'a str>,
        /// How long it is waited for.
        patience: Duration,
    },
    /// A migration that had stopped half way can go on.
    Recovered {
        /// Its directory name.
        name: &'a str,
        /// How many statements are in the database.
        done: usize,
        /// Of how many.
        total: usize,
        /// One was in doubt, and the catalogue told.
        probed: bool,
    },
    /// A migration was rolled back for want of a lock, or because the connection was lost, and is tried
    /// again.
    Retrying {
        /// Its directory name.
        name: &'a str,
        /// What stood in the way.
        reason: &'a str,
        /// When.
        after: Duration,
    },
    /// A data file is being written.
    #[cfg(feature = "seed")]
    Seeding {
        /// Its name.
        name: &'a str,
        /// How many rows are written.
        rows: usize,
        /// How much of the file they are, from 0 to 1.
        share: f64,
        /// Since when.
        elapsed: Duration,
    },
    /// A data file was run.
    #[cfg(feature = "seed")]
    SeededRows {
        /// Its name.
        name: &'a str,
        /// What it changed.
        plan: &'a crate::seed::DataPlan,
        /// How long it took.
        elapsed: Duration,
    },
    /// Something about a backfill.
    Backfill {
        /// The directory name.
        name: &'a str,
        /// How far it has come.
        progress: &'a Progress,
        /// What.
        what: Happening<'a>,
    },
    /// A seed was run.
    Seeded {
        /// Its name.
        name: &'a str,
        /// How many statements were sent.
        statements: usize,
        /// How long it took.
        elapsed: Duration,
    },
}

/// Receives events. Printing is its business, never the engine's.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: Event<'_>);
}

/// An observer that looks away.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Observer for Silent {
    fn event(&mut self, _: Event<'_>) {}
}

impl<F: FnMut(Event<'_>)> Observer for F {
    fn event(&mut self, event: Event<'_>) {
        self(event);
    }
}
