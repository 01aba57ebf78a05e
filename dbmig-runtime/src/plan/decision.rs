//! What a person decides about versions, without running anything.

use dbmig_build::{Dialect, Migration, MigrationSet, Version};

use super::PlanError;
use crate::history::{self, Comparison, History};

/// What a person says about a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Its statements are in the database: record it as applied.
    Applied(Version),
    /// They are not: record it as not applied.
    NotApplied(Version),
    /// Its file is right as it is: what is recorded of it follows.
    Accept(Version),
}

impl Decision {
    /// The version it is about.
    pub fn version(&self) -> &Version {
        match self {
            Self::Applied(version) | Self::NotApplied(version) | Self::Accept(version) => version,
        }
    }
}

/// Whether a decision can be made about a database.
///
/// # Errors
///
/// The version is not where the decision takes it from, or it stopped half way.
pub fn check_decision(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    decision: &Decision,
) -> Result<(), PlanError> {
    let version = decision.version();
    if let Some((version, record)) = history.half_done().find(|(half, _)| *half == version) {
        return Err(PlanError::half_done(version, record));
    }
    let applied = history.applied.get(version);
    let (known, migration) = (version.clone(), set.get(version));
    match (decision, applied, migration) {
        (Decision::Applied(_), Some(_), _) => Err(PlanError::AlreadyApplied(known)),
        (Decision::Applied(_) | Decision::Accept(_), _, None) => {
            Err(PlanError::UnknownTarget(known))
        }
        (Decision::Applied(_), None, Some(_)) => Ok(()),
        (Decision::NotApplied(_) | Decision::Accept(_), None, _) => {
            Err(PlanError::TargetNotApplied(known))
        }
        (Decision::NotApplied(_), Some(_), _) => Ok(()),
        (Decision::Accept(_), Some(applied), Some(migration)) => {
            let name = migration.dir_name.clone().into_owned();
            match history::compare(migration, applied, dialect) {
                Comparison::Same if applied.record.is_some() => Err(PlanError::Unchanged { name }),
                _ => Ok(()),
            }
        }
    }
}

/// What a baseline records: every migration of the set up to and with `at` that the database does not
/// have. Those it has stay as they are.
///
/// # Errors
///
/// `at` is not in the set, or not given where some are applied and some are not; or something stopped
/// half way.
pub fn plan_baseline(
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
    at: Option<&Version>,
) -> Result<Vec<Decision>, PlanError> {
    super::apply::check_dialect(set, dialect)?;
    if let Some(unknown) = at.filter(|at| set.get(at).is_none()) {
        return Err(PlanError::UnknownTarget(unknown.clone()));
    }
    if let Some((version, record)) = history.half_done().next() {
        return Err(PlanError::half_done(version, record));
    }
    let new = |migration: &&Migration| !history.applied.contains_key(&migration.version);
    if at.is_none() && !history.applied.is_empty() && set.iter().any(|one| new(&one)) {
        // What is pending beside applied ones may well be meant to run.
        return Err(PlanError::BaselineUnclear { applied: history.applied.len() });
    }
    let below = |migration: &&Migration| at.is_none_or(|at| migration.version <= *at);
    let decide = |migration: &Migration| Decision::Applied(migration.version.clone());
    Ok(set.iter().filter(below).filter(new).map(decide).collect())
}
