//! Proof: whether every `down.sql` undoes its `up.sql`, schema and data, tried on a scratch database.
//!
//! For each migration: rows are made for what the ones before it have built, the catalogue and the data are
//! read, the migration is applied, reverted, compared with what was there, and applied again. What runs it
//! is the runner of a real run.

mod base;
mod cascades;
mod cells;
mod circles;
mod data;
mod failure;
mod fitting;
mod later;
mod layout;
mod replay;
mod rows;
mod sequences;
mod sought;
mod trip;
mod values;
mod warning;

use dbmig_build::lock::{Proof, Verdict};
use dbmig_build::{LockFile, Migration, MigrationSet, Version};

pub use failure::{Failure, ProofError};
pub use replay::{replay, revert_only};
use rows::Rows;
use trip::{Shadowed, Trip};
pub use warning::Warning;

use crate::catalogue::Scope;
use crate::session::{DbResult, Session};

/// Where proofs are made: a source of empty databases.
pub trait Shadow {
    /// An empty database. The one before it is not used any more.
    ///
    /// # Errors
    ///
    /// What kept it from being made.
    fn fresh(&mut self) -> DbResult<Box<dyn Session>>;

    /// An empty database beside it, of which [`Shadow::copy`] makes copies; the one before it is not used
    /// any more. `None` where databases are not copied: then [`Shadow::fresh`] is all that is needed.
    ///
    /// # Errors
    ///
    /// What kept it from being made.
    fn base(&mut self) -> DbResult<Option<Box<dyn Session>>> {
        Ok(None)
    }

    /// A database like the base, in place of the one that [`Shadow::fresh`], or this, has made before.
    /// `None` when it could not be copied, which is no error: the base is not used any more.
    ///
    /// # Errors
    ///
    /// What keeps all others from being made as well.
    fn copy(&mut self, base: Box<dyn Session>) -> DbResult<Option<Copied>> {
        drop(base);
        Ok(None)
    }
}

/// What copying makes.
pub struct Copied {
    /// A session on the copy.
    pub copy: Box<dyn Session>,
    /// A new one on what it was made of.
    pub base: Box<dyn Session>,
}

impl std::fmt::Debug for Copied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copied").finish_non_exhaustive()
    }
}

/// What was found out about one migration.
#[derive(Debug)]
pub struct Proved {
    /// Which one.
    pub version: Version,
    /// Its directory.
    pub name: String,
    /// The verdict, with [`Verdict::None`] where there is a failure.
    pub verdict: Verdict,
    /// Why it is refused.
    pub failure: Option<Failure>,
    /// The precondition that kept it from being run, so that nothing is known of it.
    pub unmet: Option<String>,
    /// Tables for which no row could be made, with the reason.
    pub no_rows: Vec<(String, String)>,
    /// It can not be applied when there are rows: how that failed.
    pub hazard: Option<Failure>,
    /// What it does to rows beside that.
    pub warnings: Vec<Warning>,
    /// A row that the way back does not restore.
    pub example: Option<String>,
    /// The server and its major version.
    pub server: String,
}

impl Proved {
    /// As the lock keeps it; `None` for a version that is not locked, and where nothing was run.
    pub fn to_proof(&self, lock: &LockFile, dialect: dbmig_build::Dialect) -> Option<Proof> {
        if self.unmet.is_some() {
            return None;
        }
        Some(Proof {
            verdict: self.verdict.clone(),
            inputs: lock.proof_inputs(&self.version)?,
            dialect,
            server: self.server.clone(),
            no_rows: self.no_rows.clone(),
        })
    }
}

/// Proves the migrations that `wanted` names, in order; tells each as soon as it is known.
///
/// # Errors
///
/// The set can not be applied to an empty database, or there is no scratch database.
pub fn prove(
    set: &MigrationSet,
    shadow: &mut dyn Shadow,
    scope: &Scope,
    wanted: &dyn Fn(&Version) -> bool,
    tell: &mut dyn FnMut(&Proved),
) -> Result<Vec<Proved>, ProofError> {
    let mut shadowed = Shadowed::new(set, shadow, scope);
    let mut all = Vec::new();
    for (at, migration) in set.iter().enumerate() {
        if wanted(&migration.version) {
            let proved = prove_one(&mut shadowed, at, migration)?;
            tell(&proved);
            all.push(proved);
        }
    }
    Ok(all)
}

fn prove_one(
    shadowed: &mut Shadowed<'_>,
    at: usize,
    migration: &Migration,
) -> Result<Proved, ProofError> {
    shadowed.reach(at)?;
    let no_rows = shadowed.fill(Rows::Hostile)?;
    let sought = shadowed.add_sought(migration)?;
    let mut proved = Proved {
        version: migration.version.clone(),
        name: migration.dir_name.to_string(),
        verdict: Verdict::None(String::new()),
        failure: None,
        unmet: None,
        no_rows,
        hazard: None,
        warnings: vec![],
        example: None,
        server: shadowed.server().to_owned(),
    };
    let with_rows = shadowed.has_rows();
    let mut trip = shadowed.trip(at, migration)?;
    if sought && is_failure(&trip, Failure::is_of_up) {
        trip = with_other_rows(shadowed, (at, migration), Rows::Hostile, trip, &mut proved)?;
    }
    if with_rows && is_failure(&trip, Failure::is_of_up) {
        trip = with_other_rows(shadowed, (at, migration), Rows::Gentle, trip, &mut proved)?;
    }
    if with_rows && is_failure(&trip, Failure::may_be_of_rows) {
        trip = without_rows(shadowed, (at, migration), trip, &mut proved)?;
    }
    let (unreadable, warnings) = shadowed.noticed();
    proved.no_rows.extend(unreadable);
    proved.warnings = warnings;
    match trip {
        Trip::Failed(failure) if failure.is_interrupted() => return Err(ProofError::Interrupted),
        // Nothing of it is wrong, and nothing of it is known.
        Trip::Failed(Failure::Unmet(reason)) => {
            proved.verdict = Verdict::None(Failure::Unmet(reason.clone()).in_short());
            proved.unmet = Some(reason);
        }
        Trip::Failed(failure) if failure.is_of_up() => {
            return Err(ProofError::of_apply(failure));
        }
        Trip::Failed(failure) => {
            proved.verdict = Verdict::None(failure.in_short());
            proved.failure = Some(failure);
        }
        Trip::Declared(reason) => proved.verdict = Verdict::None(reason),
        Trip::Done(done) => {
            proved.example = done.example;
            proved.verdict = match (done.lost.is_empty(), done.reordered) {
                (true, false) => Verdict::Lossless,
                (true, true) => Verdict::LosslessReordered,
                (false, _) => Verdict::SchemaOnly(done.lost),
            };
        }
    }
    Ok(proved)
}

fn is_failure(trip: &Trip, is: impl FnOnce(&Failure) -> bool) -> bool {
    matches!(trip, Trip::Failed(failure) if !failure.is_interrupted() && is(failure))
}

/// What can not be applied to rows like these may take others: the way back is proved with those.
fn with_other_rows(
    shadowed: &mut Shadowed<'_>,
    (at, migration): (usize, &Migration),
    kind: Rows,
    failed: Trip,
    proved: &mut Proved,
) -> Result<Trip, ProofError> {
    shadowed.reach_anew(at)?;
    let no_rows = shadowed.fill(kind)?;
    let trip = shadowed.trip(at, migration)?;
    if is_failure(&trip, Failure::is_of_up) {
        return Ok(failed);
    }
    if let Trip::Failed(failure) = failed {
        proved.hazard = Some(failure);
    }
    proved.no_rows = no_rows;
    Ok(trip)
}

/// The same on empty tables: is it the rows?
fn without_rows(
    shadowed: &mut Shadowed<'_>,
    (at, migration): (usize, &Migration),
    failed: Trip,
    proved: &mut Proved,
) -> Result<Trip, ProofError> {
    shadowed.reach_anew(at)?;
    let trip = shadowed.trip(at, migration)?;
    let Trip::Failed(failure) = failed else { return Ok(trip) };
    match trip {
        Trip::Failed(other) if failure.is_of_up() => {
            if !other.is_of_up() {
                proved.hazard = Some(failure);
            }
            Ok(Trip::Failed(other))
        }
        trip @ Trip::Done(_) if failure.is_of_up() => {
            proved.hazard = Some(failure);
            let reason = "up.sql fails when there are rows".to_owned();
            proved.no_rows = vec![("*".to_owned(), reason)];
            Ok(trip)
        }
        Trip::Done(_) => Ok(Trip::Failed(failure.only_with_rows())),
        other => Ok(other),
    }
}
