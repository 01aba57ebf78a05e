//! Which backfills run with an apply, and which migrations wait for one.

use dbmig_build::{Migration, MigrationSet, Version};

use super::{Backfills, Lacking, Plan, PlanError, Rules, Step, Target};
use crate::backfill;
use crate::history::History;

/// Adds the backfills of what is applied, and, where they run, those that stopped before.
pub(super) fn add(
    plan: &mut Plan,
    set: &MigrationSet,
    history: &History,
    target: &Target,
    rules: &Rules,
) {
    let unfinished = match (rules.backfills, target) {
        (Backfills::Run, Target::All) => backfill::due(set, history),
        _ => vec![],
    };
    plan.backfills = unfinished;
    add_steps(plan, set);
    plan.large = rules.backfills;
}

/// Adds the backfills of the steps.
pub(super) fn add_steps(plan: &mut Plan, set: &MigrationSet) {
    let of_steps = plan.steps.iter().filter_map(|step| match step {
        Step::Apply(version) => set.get(version).filter(|migration| migration.backfill.is_some()),
        Step::Revert(..) => None,
    });
    plan.backfills.extend(of_steps.map(|migration| migration.version.clone()));
}

/// Refuses a migration whose backfill neither is done nor runs before it.
pub(super) fn refuse(plan: &Plan, set: &MigrationSet, history: &History) -> Result<(), PlanError> {
    let applies = |version: &Version| plan.steps.contains(&Step::Apply(version.clone()));
    let steps = plan.steps.iter().filter_map(|step| set.get(step.version()));
    for migration in steps.filter(|migration| applies(&migration.version)) {
        let Some(required) = &migration.settings.requires else { continue };
        // Whether it came to its end is asked before the step; it may be too large to run at once.
        let runs = plan.backfills.contains(required) && *required < migration.version;
        if let Some(lacking) = lacking(set, history, required).filter(|_| !runs) {
            return Err(PlanError::requires(set, migration, required, lacking));
        }
    }
    Ok(())
}

fn lacking(set: &MigrationSet, history: &History, required: &Version) -> Option<Lacking> {
    let record = history.backfills.get(required);
    match set.get(required) {
        None if record.is_none() => Some(Lacking::Unknown),
        Some(of) if of.backfill.is_none() => Some(Lacking::Unknown),
        _ if !history.applied.contains_key(required) => Some(Lacking::NotApplied),
        _ => backfill::lacking(record),
    }
}

impl PlanError {
    pub(crate) fn requires(
        set: &MigrationSet,
        migration: &Migration,
        required: &Version,
        lacking: Lacking,
    ) -> Self {
        let of = set.get(required).map_or(required.as_str(), |of| &of.dir_name);
        Self::Requires {
            name: migration.dir_name.to_string(),
            version: required.clone(),
            backfill: of.to_owned(),
            lacking,
        }
    }
}
