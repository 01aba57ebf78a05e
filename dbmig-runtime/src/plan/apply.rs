//! What to apply: the set difference between directory and database, never a high-water mark.

use dbmig_build::{Dialect, MigrationSet, Version};

use super::{
    Note, OnMissing, Plan, PlanError, Rules, Step, Target, backfills, repeatables, resume,
};
use crate::history::{self, History, State, StatusRow};

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
    rules: &Rules,
) -> Result<Plan, PlanError> {
    check_dialect(set, dialect)?;
    refuse_unknown(set, target)?;
    let rows = history::status(set, history, dialect);
    let mut pending = pending(set, &rows, history, dialect, target);
    let beyond = cut(&mut pending, rules, target)?;
    // What is half applied is neither applied nor pending: it stops every run.
    refuse_half_done(set, history, dialect)?;
    for migration in pending.iter().filter_map(|row| set.get(&row.version)) {
        PlanError::refuse_settings(&migration.dir_name, &migration.settings)?;
    }
    let steps = pending.iter().map(|row| Step::Apply(row.version.clone())).collect();
    let mut plan = Plan { steps, ..Plan::default() };
    backfills::add(&mut plan, set, history, target, rules);
    repeatables::add(&mut plan, set, history, &rules.repeatables);
    if !plan.is_empty() || rules.strict {
        refuse_modified(&rows)?;
        refuse_missing(&rows, set, rules.missing)?;
    }
    refuse_empty(set, &pending.iter().map(|row| &row.version).collect::<Vec<_>>(), dialect)?;
    backfills::refuse(&plan, set, history)?;
    if !rules.drafts {
        let drafts: Vec<_> =
            rows.iter().filter(|row| row.draft).map(|row| row.version.clone()).collect();
        if !drafts.is_empty() {
            return Err(PlanError::Drafts(drafts));
        }
    }
    let mut notes = deviations(&rows);
    notes.extend(pending.iter().filter(|row| row.late).map(|row| Note::Late(row.version.clone())));
    notes.append(&mut plan.notes);
    notes.extend(beyond);
    Ok(Plan { notes, ..plan })
}

fn refuse_unknown(set: &MigrationSet, target: &Target) -> Result<(), PlanError> {
    match target {
        Target::To(version)
        | Target::Before(version)
        | Target::Through(version)
        | Target::Only(version)
            if set.get(version).is_none() =>
        {
            Err(PlanError::UnknownTarget(version.clone()))
        }
        _ => Ok(()),
    }
}

/// Leaves out what is newer than the environment takes; what was asked for by name is refused.
fn cut(
    pending: &mut Vec<&StatusRow>,
    rules: &Rules,
    target: &Target,
) -> Result<Option<Note>, PlanError> {
    let Some(newest) = &rules.newest else { return Ok(None) };
    if let Target::To(version) | Target::Through(version) | Target::Only(version) = target {
        if version > newest {
            let (version, newest) = (version.clone(), newest.clone());
            return Err(PlanError::Beyond { version, newest });
        }
    }
    let before = pending.len();
    pending.retain(|row| row.version <= *newest);
    match before - pending.len() {
        0 => Ok(None),
        count => Ok(Some(Note::Beyond(newest.clone(), count))),
    }
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
            || row.state == State::HalfDone && resume::apply(set, history, dialect, &row.version)
    };
    let list = rows.iter().filter(resumable);
    match target {
        Target::All | Target::Batch => list.collect(),
        Target::Steps(count) => list.take(*count).collect(),
        Target::To(last) | Target::Through(last) => {
            list.filter(|row| row.version <= *last).collect()
        }
        Target::Before(first) => list.filter(|row| row.version < *first).collect(),
        Target::Only(version) => list.filter(|row| row.version == *version).collect(),
    }
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
    match history.half_done().find(|(version, _)| !resume::apply(set, history, dialect, version)) {
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
