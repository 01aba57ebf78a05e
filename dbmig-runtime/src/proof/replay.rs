//! A set, or a part of it, applied to an empty database: what it produces.

use dbmig_build::{MigrationSet, Version};

use super::trip::{read, revert, run};
use crate::error::Error;
use crate::plan::{self, OnMissing, Repeatables, Rules, Step, Target};
use crate::session::Session;

/// Applies the migrations that `wanted` names, in order, and then the repeatables.
///
/// # Errors
///
/// The first thing that fails.
pub fn replay(
    session: &mut dyn Session,
    set: &MigrationSet,
    wanted: &dyn Fn(&Version) -> bool,
) -> Result<(), Error> {
    let rules =
        Rules { missing: OnMissing::Note, repeatables: Repeatables::All, ..Rules::default() };
    let history = read(session)?;
    let mut plan = plan::plan_apply(set, &history, session.dialect(), &Target::All, &rules)?;
    plan.steps.retain(|step: &Step| wanted(step.version()));
    plan.backfills.retain(wanted);
    if plan.repeatables.is_empty() {
        plan.repeatables = set.repeatables().iter().map(|r| r.name.clone()).collect();
    }
    run(session, set, &history, &plan).map(drop)
}

/// Reverts one migration by its `down.sql`; what came after it stays, and no repeatable runs.
///
/// # Errors
///
/// What fails.
pub fn revert_only(
    session: &mut dyn Session,
    set: &MigrationSet,
    version: &Version,
) -> Result<(), Error> {
    revert(session, set, &Target::Only(version.clone()))
}
