//! What to apply: the set difference between directory and database, never a high-water mark.

use dbmig_build::{Dialect, MigrationSet, Version};

use super::{Note, OnMissing, Plan, PlanError, Rules, Step, Target};
use crate::history::{self, Action, Ended, History, Mode, State, StatusRow};
use crate::runner::batch::Batch;

/// Plans an apply.
///
/// # Errors
///
/// See [`PlanError`]. With nothing pending there is none, unless `rules.strict` says so.
pub fn plan_apply(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    target: &Target,
    rules: Rules,
) -> Result<Plan, PlanError> {
    check_dialect(set, dialect)?;
    if let Target::To(version) | Target::Through(version) = target {
        if set.get(version).is_none() {
            return Err(PlanError::UnknownTarget(version.clone()));
        }
    }
    let rows = history::status(set, history, dialect);
    let pending = pending(set, &rows, history, dialect, target);
    // What is half applied is neither applied nor pending: it stops every run.
    refuse_half_done(set, history, dialect)?;
    for migration in pending.iter().filter_map(|row| set.get(&row.version)) {
        PlanError::refuse_settings(&migration.dir_name, &migration.settings)?;
    }
    if !pending.is_empty() || rules.strict {
        refuse_modified(&rows)?;
        refuse_missing(&rows, set, rules.missing)?;
    }
    refuse_empty(set, &pending.iter().map(|row| &row.version).collect::<Vec<_>>(), dialect)?;
    if !rules.drafts {
        let drafts: Vec<_> =
            rows.iter().filter(|row| row.draft).map(|row| row.version.clone()).collect();
        if !drafts.is_empty() {
            return Err(PlanError::Drafts(drafts));
        }
    }
    let mut notes = deviations(&rows);
    notes.extend(pending.iter().filter(|row| row.late).map(|row| Note::Late(row.version.clone())));
    let steps = pending.into_iter().map(|row| Step::Apply(row.version.clone())).collect();
    Ok(Plan { steps, notes })
}

/// Pending ones up to the target, in version order. A half-applied one continues where it stopped.
fn pending<'a>(
    set: &MigrationSet,
    rows: &'a [StatusRow],
    history: &History,
    dialect: Dialect,
    target: &Target,
) -> Vec<&'a StatusRow> {
    let resumable = |row: &&StatusRow| {
        row.state.is_pending()
            || row.state == State::HalfDone && is_resumable(set, history, dialect, &row.version)
    };
    let list = rows.iter().filter(resumable);
    match target {
        Target::All => list.collect(),
        Target::Steps(count) => list.take(*count).collect(),
        Target::To(last) | Target::Through(last) => {
            list.filter(|row| row.version <= *last).collect()
        }
    }
}

/// The attempt ended with an error that the database reported, so no statement is in doubt and nobody is
/// still at it, and what ran is what the file still says.
fn is_resumable(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    version: &Version,
) -> bool {
    let (Some(record), Some(migration)) = (history.records.get(version), set.get(version)) else {
        return false;
    };
    if record.action != Action::Apply
        || record.ended != Ended::Failed
        || record.intent > record.statements_done
        || history.applied.contains_key(version)
    {
        return false;
    }
    let done = usize::try_from(record.statements_done).unwrap_or(usize::MAX);
    if done == 0 {
        return true;
    }
    let batch = Batch::of(&migration.up, dialect, &migration.settings);
    batch.mode(&migration.settings) == Mode::Statement
        && !batch.is_one_unit()
        && done <= batch.len()
        && record.done_digest.as_ref() == Some(batch.digest_of_first(done))
}

/// A migration that somebody forgot to write would otherwise be recorded for good.
pub(super) fn refuse_empty(
    set: &MigrationSet,
    versions: &[&Version],
    dialect: Dialect,
) -> Result<(), PlanError> {
    let empty = versions.iter().filter_map(|version| set.get(version)).find(|migration| {
        match migration.is_draft() && set.lock_digest().is_some() {
            // A draft that was not written yet; real projects have comments alone in old ones.
            true => dbmig_build::sql::is_empty(&migration.up, dialect),
            false => migration.up.trim().is_empty(),
        }
    });
    match empty {
        Some(migration) => {
            Err(PlanError::EmptyUp { name: migration.dir_name.clone().into_owned() })
        }
        None => Ok(()),
    }
}

fn refuse_half_done(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
) -> Result<(), PlanError> {
    match history.half_done().find(|(version, _)| !is_resumable(set, history, dialect, version)) {
        Some((version, record)) => Err(PlanError::half_done(version, record)),
        None => Ok(()),
    }
}

fn refuse_modified(rows: &[StatusRow]) -> Result<(), PlanError> {
    let modified: Vec<_> = rows.iter().filter(|row| row.state == State::Modified).collect();
    if modified.is_empty() {
        return Ok(());
    }
    Err(PlanError::Modified {
        versions: modified.iter().map(|row| row.version.clone()).collect(),
        drafts: modified.iter().all(|row| row.draft),
    })
}

fn refuse_missing(
    rows: &[StatusRow],
    set: &MigrationSet,
    on_missing: OnMissing,
) -> Result<(), PlanError> {
    let newest = set.last().map(|migration| &migration.version);
    let missing: Vec<_> = rows
        .iter()
        .filter(|row| row.state == State::Missing)
        .filter(|row| match on_missing {
            OnMissing::Note => false,
            OnMissing::RefuseOlder => newest.is_some_and(|newest| row.version < *newest),
            OnMissing::Refuse => true,
        })
        .map(|row| row.version.clone())
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(PlanError::Missing(missing)) }
}

/// What is not as it should be and does not stop anything.
fn deviations(rows: &[StatusRow]) -> Vec<Note> {
    rows.iter()
        .filter_map(|row| match row.state {
            State::Missing => Some(Note::Missing(row.version.clone())),
            State::Modified => {
                Some(Note::Modified { version: row.version.clone(), draft: row.draft })
            }
            _ => None,
        })
        .collect()
}

pub(super) fn check_dialect(set: &MigrationSet, connected: Dialect) -> Result<(), PlanError> {
    if set.dialects().is_empty() || set.dialects().contains(&connected) {
        return Ok(());
    }
    Err(PlanError::WrongDialect { connected, set: set.dialects().to_vec() })
}
