//! What a run did.

use std::time::Duration;

use dbmig_build::{OnFail, Version};

use crate::backfill::Outcome;
use crate::event::Direction;
use crate::plan::Note;

/// One step that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The version.
    pub version: Version,
    /// The directory name.
    pub name: String,
    /// Which way.
    pub direction: Direction,
    /// How many statements were sent.
    pub statements: usize,
    /// How long it took.
    pub elapsed: Duration,
}

/// A migration whose precondition did not hold, and that did not stop the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// The version.
    pub version: Version,
    /// The directory name.
    pub name: String,
    /// What became of it: skipped, and still pending; recorded as applied; or run all the same.
    pub on_fail: OnFail,
    /// What was asked, and answered.
    pub reason: String,
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Committed, in order.
    pub done: Vec<Done>,
    /// Repeatables that ran, in order; the version is what stands for one in `__dbmig_history`.
    pub repeated: Vec<Done>,
    /// What became of backfills, in order.
    pub backfills: Vec<Outcome>,
    /// Preconditions that did not hold, in order.
    pub unmet: Vec<Unmet>,
    /// Left to another runner that was faster.
    pub by_others: Vec<Version>,
    /// Versions that another tool had applied and that were taken over.
    pub adopted: usize,
    /// Deviations that did not stop the run.
    pub notes: Vec<Note>,
}

impl Report {
    /// How many migrations were applied.
    pub fn applied(&self) -> usize {
        self.done.iter().filter(|done| done.direction == Direction::Up).count()
    }

    /// How many migrations were reverted.
    pub fn reverted(&self) -> usize {
        self.done.len() - self.applied()
    }
}
