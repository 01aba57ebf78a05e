//! What stopped half way and can go on by itself: the attempt ended with an error that the database
//! reported, so no statement is in doubt and nobody is still at it, and what ran is what the file still says.

use dbmig_build::{Dialect, MigrationSet, Settings, Version};

use crate::history::{Action, Ended, History, Mode, Record};
use crate::runner::batch::Batch;

/// An apply that can go on with `up.sql` as it is.
pub(super) fn apply(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    version: &Version,
) -> bool {
    let (Some(record), Some(migration)) = (history.records.get(version), set.get(version)) else {
        return false;
    };
    record.action == Action::Apply
        && !history.applied.contains_key(version)
        && goes_on(record, &migration.up, &migration.settings, dialect)
}

/// A revert that can go on with `down.sql` as it is.
pub(super) fn revert(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    version: &Version,
) -> bool {
    let (Some(record), Some(migration)) = (history.records.get(version), set.get(version)) else {
        return false;
    };
    let Some(down) = &migration.down else { return false };
    record.action == Action::Revert
        && history.applied.contains_key(version)
        && goes_on(record, down, &migration.settings, dialect)
}

fn goes_on(record: &Record, text: &str, settings: &Settings, dialect: Dialect) -> bool {
    if record.ended != Ended::Failed || record.intent > record.statements_done {
        return false;
    }
    let done = usize::try_from(record.statements_done).unwrap_or(usize::MAX);
    if done == 0 {
        return true;
    }
    let batch = Batch::of(text, dialect, settings);
    batch.mode(settings) == Mode::Statement
        // Of one unit nobody knows how far it came, unless all of it is there.
        && (!batch.is_one_unit() || done == batch.len())
        && done <= batch.len()
        && record.done_digest.as_ref() == Some(batch.digest_of_first(done))
}
