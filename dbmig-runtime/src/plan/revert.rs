//! What to revert: the most recently applied first.

use dbmig_build::{Dialect, Digest, Migration, MigrationSet, Version};

use super::apply::{check_dialect, refuse_empty};
use super::{
    DownSource, Note, Plan, PlanError, Repeatables, Step, Target, backfills, repeatables, resume,
};
use crate::history::{Action, Applied, History};

/// Plans a revert. Versions without a directory are reverted with the down that was recorded.
///
/// # Errors
///
/// See [`PlanError`].
pub fn plan_revert(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    target: &Target,
) -> Result<Plan, PlanError> {
    check_dialect(set, dialect)?;
    let versions = selected(history, target)?;
    refuse_half_done(set, history, dialect, &versions)?;
    let mut plan = steps(set, history, dialect, &versions, Purpose::Revert)?;
    plan.notes.extend(staying(history, &versions));
    Ok(plan)
}

/// What was applied after the oldest of them, and is not reverted with it.
fn staying(history: &History, reverted: &[&Version]) -> Option<Note> {
    let order = history.in_order_of_application();
    let oldest = order.iter().position(|version| reverted.contains(version))?;
    let later = order[oldest..].iter().filter(|version| !reverted.contains(version));
    let later: Vec<_> = later.map(|version| (*version).clone()).collect();
    (!later.is_empty()).then_some(Note::StaysApplied(later))
}

/// Plans the revert of every applied version that has no directory.
///
/// # Errors
///
/// See [`PlanError`].
pub fn plan_revert_missing(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
) -> Result<Plan, PlanError> {
    refuse_half_done(set, history, dialect, &[])?;
    let mut versions = history.in_order_of_application();
    versions.retain(|version| set.get(version).is_none());
    versions.reverse();
    steps(set, history, dialect, &versions, Purpose::Revert)
}

/// Plans a redo: revert with the down that was applied, then apply what is there now.
///
/// # Errors
///
/// See [`PlanError`].
pub fn plan_redo(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    target: &Target,
) -> Result<Plan, PlanError> {
    check_dialect(set, dialect)?;
    let mut again = selected(history, target)?;
    refuse_half_done(set, history, dialect, &again)?;
    // What can not be applied again is not reverted.
    let missing: Vec<_> =
        again.iter().filter(|v| set.get(v).is_none()).map(|v| (*v).clone()).collect();
    if !missing.is_empty() {
        return Err(PlanError::Missing(missing));
    }
    refuse_empty(set, &again, dialect)?;
    let mut plan = steps(set, history, dialect, &again, Purpose::Redo)?;
    again.sort();
    plan.notes.extend(staying(history, &again));
    plan.steps.extend(again.into_iter().map(|version| Step::Apply(version.clone())));
    backfills::add_steps(&mut plan, set);
    // The revert may have taken with it what they had created.
    repeatables::add(&mut plan, set, history, &Repeatables::New);
    Ok(plan)
}

/// What stopped half way lies between two states: no down fits, but the rest of the one that stopped.
fn refuse_half_done(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    reverted: &[&Version],
) -> Result<(), PlanError> {
    let goes_on = |version: &Version| {
        reverted.contains(&version) && resume::revert(set, history, dialect, version)
    };
    match history.half_done().find(|(version, _)| !goes_on(version)) {
        Some((version, record)) => Err(PlanError::half_done(version, record)),
        None => Ok(()),
    }
}

fn selected<'a>(history: &'a History, target: &Target) -> Result<Vec<&'a Version>, PlanError> {
    let mut order = history.in_order_of_application();
    order.reverse();
    let count = match target {
        Target::All => order.len(),
        Target::Steps(count) => *count,
        Target::To(version) | Target::Before(version) => place(&order, version)?,
        Target::Through(version) => place(&order, version)? + 1,
        Target::Only(version) => {
            let place = place(&order, version)?;
            return Ok(vec![order[place]]);
        }
        Target::Batch => {
            let applied = |v: &Version| {
                let record = history.applied[v].record.as_ref();
                record.filter(|record| record.action == Action::Apply)
            };
            let batch = |v: &Version| applied(v).map(|record| record.batch);
            // What another tool applied came in no run of ours: it is reverted one by one.
            let Some(last) = order.first().and_then(|version| batch(version)) else {
                order.truncate(1);
                return Ok(order);
            };
            order.retain(|version| batch(version) == Some(last));
            return Ok(order);
        }
    };
    order.truncate(count);
    Ok(order)
}

fn place(order: &[&Version], version: &Version) -> Result<usize, PlanError> {
    order
        .iter()
        .position(|applied| *applied == version)
        .ok_or_else(|| PlanError::TargetNotApplied(version.clone()))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Revert,
    Redo,
}

fn steps(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    versions: &[&Version],
    purpose: Purpose,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    for migration in versions.iter().filter_map(|version| set.get(version)) {
        PlanError::refuse_settings(&migration.dir_name, &migration.settings)?;
    }
    for &version in versions {
        let applied = &history.applied[version];
        let source = source(set, applied, version, history, dialect, purpose)?;
        match (source, set.get(version)) {
            (DownSource::Recorded, _) => plan.notes.push(Note::DownRecorded(version.clone())),
            (DownSource::File, Some(migration)) if down_differs(migration, applied) => {
                plan.notes.push(Note::DownDiffers(version.clone()));
            }
            _ => {}
        }
        plan.steps.push(Step::Revert(version.clone(), source));
    }
    Ok(plan)
}

fn source(
    set: &MigrationSet,
    applied: &Applied,
    version: &Version,
    history: &History,
    dialect: Dialect,
    purpose: Purpose,
) -> Result<DownSource, PlanError> {
    let migration = set.get(version);
    // Nothing was recorded, or a down with nothing in it.
    let empty = Digest::of_file("down", b"");
    let recorded_down = applied.record.as_ref().and_then(|record| record.down_digest.as_ref());
    let recorded = recorded_down.is_some_and(|digest| *digest != empty);
    let no_down = |empty| {
        let name = migration.map(|migration| migration.dir_name.clone().into_owned());
        let known =
            || history.records.get(version).map_or_else(|| version.to_string(), |r| r.name.clone());
        PlanError::NoDown { version: version.clone(), name: name.unwrap_or_else(known), empty }
    };
    let Some(migration) = migration else {
        return if recorded {
            Ok(DownSource::Recorded)
        } else {
            Err(no_down(recorded_down.is_some()))
        };
    };
    if resume::revert(set, history, dialect, version) {
        return Ok(DownSource::File);
    }
    // The down that fits an edited up is the one that was applied with it. When only the down was
    // edited, it was mended: the file's fits.
    let up_edited = applied
        .record
        .as_ref()
        .and_then(|record| record.up_digest.as_ref())
        .is_some_and(|digest| *digest != migration.digests.up);
    if purpose == Purpose::Redo && up_edited && recorded {
        return Ok(DownSource::Recorded);
    }
    if let Some(reason) = &migration.settings.irreversible {
        return Err(PlanError::Irreversible {
            version: version.clone(),
            name: migration.dir_name.clone().into_owned(),
            reason: reason.clone(),
        });
    }
    // A draft whose down was not written yet would only be forgotten; real projects have comments alone
    // in old ones, and Diesel takes them for a way back.
    let unwritten = migration.is_draft() && set.lock_digest().is_some();
    match &migration.down {
        Some(text) if unwritten && dbmig_build::sql::is_empty(text, dialect) => Err(no_down(true)),
        Some(text) if !text.is_empty() => Ok(DownSource::File),
        Some(_) => Err(no_down(true)),
        None => Err(no_down(false)),
    }
}

fn down_differs(migration: &Migration, applied: &Applied) -> bool {
    applied
        .record
        .as_ref()
        .and_then(|record| record.down_digest.as_ref())
        .is_some_and(|digest| Some(digest) != migration.digests.down.as_ref())
}
