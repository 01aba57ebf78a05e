//! What the database says was applied, and how.
//!
//! `__diesel_schema_migrations` stays exactly Diesel's and is the truth about what is applied.
//! `__dbmig_history` is evidence: one row an attempt. `__dbmig_state` holds what is neither: format,
//! seeds, repeatables, backfills, the stamp. Reading never writes.

mod backfill;
mod claim;
mod ddl;
mod dump;
mod evidence;
mod log;
mod others;
mod place;
mod progress;
mod read;
mod record;
mod repeatable;
mod repoint;
mod resolve;
mod stamp;
mod status;
mod tables;
mod version;
mod write;

use std::collections::BTreeMap;

use dbmig_build::{Digest, Version};

pub use backfill::{BackfillRecord, BackfillState};
pub(crate) use backfill::{forget_backfill, forget_backfill_sql, read_backfill, write_backfill};
pub(crate) use claim::{
    claim, claim_and_look, forget, hold_version, is_recorded, newest_attempt, next_attempt,
};
pub(crate) use ddl::{create_statements, ensure_tables};
pub use dump::versions_script;
pub(crate) use evidence::{Evidence, copy_evidence, replace_evidence};
pub use log::{Entry, log};
pub use others::has_other_tables;
pub(crate) use progress::{advance, end_attempt, finish_attempt, restart};
pub use read::{RecordedDown, read, read_patiently, recorded_down};
pub use repeatable::{RepeatableState, Repeated, key_of};
pub(crate) use repeatable::{claim_repeatable, is_repeated, void_repeatable, void_repeatables_sql};
pub use repoint::{Repoint, Repointing, repoint};
pub use resolve::resolve;
pub use stamp::{find_stamp, protect, unprotect};
pub(crate) use status::{Comparison, compare};
pub use status::{State, StatusRow, status};
pub use tables::{DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE, Tables};
pub(crate) use version::read_version;
pub(crate) use write::{
    Attempt, Moments, Run, TOOL, cells, insert_record, insert_record_if, insert_sql, stamp_of,
    void_data, void_sql,
};

/// The format of our two tables. Later ones add columns only.
pub const FORMAT: u32 = 1;

/// The history of a database, as read at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// Every version that Diesel's table holds.
    pub applied: BTreeMap<Version, Applied>,
    /// The newest record of every version that has one.
    pub records: BTreeMap<Version, Record>,
    /// What ran of the repeatable migrations, by file name.
    pub repeatables: BTreeMap<String, Repeated>,
    /// What is known of backfills, by the version of their migration.
    pub backfills: BTreeMap<Version, BackfillRecord>,
    /// Diesel's table exists.
    pub has_diesel_table: bool,
    /// Our tables exist.
    pub has_own_tables: bool,
    /// What the stamp beside them says: the database is protected.
    pub stamp: Option<String>,
    /// Where they are, or would be created.
    pub tables: Tables,
}

/// A version that is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// When, by the server's clock.
    pub run_on: String,
    /// The record of the attempt that applied it; `None` when another tool did.
    pub record: Option<Record>,
}

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An apply.
    Apply,
    /// A revert.
    Revert,
    /// A version that another tool had applied was taken over.
    Adopt,
    /// A repeatable ran. It has no version: its attempts are for people, and are not read with the others.
    Repeat,
    /// A precondition did not hold: nothing was run, and the version stays pending.
    Skip,
    /// A person accepted an edit: the record of the apply follows the file, and this one keeps what it held
    /// before. For people as well.
    Accept,
}

impl Action {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Revert => "revert",
            Self::Adopt => "adopt",
            Self::Repeat => "repeat",
            Self::Skip => "skip",
            Self::Accept => "accept",
        }
    }
}

/// How an attempt was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In one transaction with its history.
    Transaction,
    /// Statement by statement, with progress journalled.
    Statement,
}

impl Mode {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transaction => "tx",
            Self::Statement => "stmt",
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It has not, as far as anybody knows.
    Started,
    /// Well.
    Finished,
    /// With an error.
    Failed,
}

impl Ended {
    /// As stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }
}

/// One row of `__dbmig_history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// In the order of attempts over the whole set.
    pub id: i64,
    /// Of this version, from 1.
    pub attempt: i64,
    /// What it is about.
    pub action: Action,
    /// The directory name at the time.
    pub name: String,
    /// The time stamp of Diesel's row that it belongs to: another row is another story.
    pub stamp: Option<String>,
    /// Digest of the `up.sql` that was applied.
    pub up_digest: Option<Digest>,
    /// Token digest of it.
    pub up_tokens: Option<String>,
    /// Digest of the `down.sql` at the time.
    pub down_digest: Option<Digest>,
    /// How it was run.
    pub mode: Mode,
    /// How it ended.
    pub ended: Ended,
    /// How many statements there were.
    pub statements_total: i64,
    /// How many are known to be in the database.
    pub statements_done: i64,
    /// Digest over those.
    pub done_digest: Option<Digest>,
    /// The statement that was about to be sent, 1-based; beyond `statements_done` it is doubtful.
    pub intent: i64,
    /// The run it belonged to.
    pub batch: i64,
    /// When it ended, by the server's clock.
    pub finished_at: Option<String>,
    /// Why it was decided, by a person or by a precondition.
    pub reason: Option<String>,
    /// What it ended with.
    pub error: Option<String>,
}

impl Record {
    /// Some of its statements are in the database and some are not.
    pub fn is_half_done(&self) -> bool {
        // The very first statement was refused by the database: nothing of it is there.
        let nothing = self.ended == Ended::Failed && self.statements_done == 0 && self.intent == 0;
        self.mode == Mode::Statement && self.ended != Ended::Finished && !nothing
    }
}

impl History {
    /// Migrations that stopped half way, with their records.
    pub fn half_done(&self) -> impl Iterator<Item = (&Version, &Record)> {
        self.records.iter().filter(|(_, record)| record.is_half_done())
    }

    /// The applied versions, the most recently applied last.
    ///
    /// Records know the order of attempts; where a version has none, Diesel's time stamp (of seconds)
    /// decides, and then that it came after our last run, which would have recorded it.
    pub fn in_order_of_application(&self) -> Vec<&Version> {
        let mut list: Vec<_> = self.applied.iter().collect();
        let id = |applied: &Applied| applied.record.as_ref().map_or(i64::MAX, |record| record.id);
        if list.iter().all(|(_, applied)| applied.record.is_some()) {
            list.sort_by_key(|(_, applied)| id(applied));
        } else {
            list.sort_by(|(v, a), (w, b)| (&a.run_on, id(a), *v).cmp(&(&b.run_on, id(b), *w)));
        }
        list.into_iter().map(|(version, _)| version).collect()
    }

    /// The newest applied version, in the order of versions.
    pub fn newest(&self) -> Option<&Version> {
        self.applied.keys().next_back()
    }

    /// The number of the last run.
    pub fn last_batch(&self) -> i64 {
        self.records.values().map(|record| record.batch).max().unwrap_or(0)
    }
}
