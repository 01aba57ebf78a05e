//! What is known of the ways back in a plan: the verdicts of the lock, held against what would run, and
//! where.
//!
//! A verdict is about one state: every migration up to its own is applied as it was locked, and nothing
//! else. Anything else is not proved, however likely it is to work.

use std::collections::BTreeSet;
use std::fmt;

use dbmig_build::lock::{Proof, ProofState, Verdict};
use dbmig_build::{Dialect, LockEntry, LockFile, MigrationSet, Standing, Version};

use super::{DownSource, Plan, Step};
use crate::history::{History, Record};

/// A way back in a plan, with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayBack {
    /// What is reverted.
    pub version: Version,
    /// What is known.
    pub known: Known,
    /// Tables for which no row could be made when it was tried: what becomes of theirs nobody knows.
    pub untried: Vec<String>,
}

/// What is known of a way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// It brings everything back.
    Proved,
    /// It brings the schema back, and loses these: `users.email`, or `users` where rows come or go.
    Loses(Vec<String>),
    /// Nothing is proved.
    Unproved(Unproved),
}

/// Why nothing is proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproved {
    /// The lock does not know it: it is a draft, or there is no lock.
    NotLocked,
    /// Nobody has tried.
    NoVerdict,
    /// What was tried were other texts: the lock changed since.
    OtherTexts,
    /// It was tried on another server.
    OtherServer {
        /// Where it was tried: `postgres-15`.
        proved: String,
        /// Where it would run.
        here: String,
    },
    /// It was tried, and refused: why.
    Refused(String),
    /// It was tried without rows: why.
    NoRows(String),
    /// The files of this one are not what was locked.
    Edited(Version),
    /// This one was applied with another `up.sql` than the locked one.
    AppliedDiffers(Version),
    /// The recorded down runs, and is not the locked one.
    RecordedDiffers,
    /// This one is applied, and was not when it was tried.
    Beside(Version),
    /// This one is not applied, and was when it was tried.
    Without(Version),
    /// It stopped half way.
    HalfDone,
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLocked => f.write_str("it is not locked"),
            Self::NoVerdict => f.write_str("nobody has tried it"),
            Self::OtherTexts => f.write_str("the migrations have changed since it was tried"),
            Self::OtherServer { proved, here } => {
                write!(f, "it was tried on {proved}, and this is {here}")
            }
            Self::Refused(reason) => write!(f, "it was tried, and refused: {reason}"),
            Self::NoRows(reason) => write!(f, "it was tried without rows: {reason}"),
            Self::Edited(version) => write!(f, "the files of `{version}` are not what was locked"),
            Self::AppliedDiffers(version) => {
                write!(f, "`{version}` was applied with another `up.sql`")
            }
            Self::RecordedDiffers => f.write_str("the recorded down is not the locked one"),
            Self::Beside(version) => write!(f, "`{version}` is applied beside it"),
            Self::Without(version) => write!(f, "`{version}` is not applied"),
            Self::HalfDone => f.write_str("it stopped half way"),
        }
    }
}

/// What is known of every way back in a plan, in its order.
///
/// `server` is the server and its major version as `catalogue::server` names it.
pub fn ways_back(
    plan: &Plan,
    set: &MigrationSet,
    history: &History,
    lock: Option<&LockFile>,
    (dialect, server): (Dialect, &str),
) -> Vec<WayBack> {
    let states = lock.map(LockFile::proof_states).unwrap_or_default();
    let mut applied: BTreeSet<&Version> = history.applied.keys().collect();
    let mut ways = Vec::new();
    for step in &plan.steps {
        match step {
            Step::Apply(version) => drop(applied.insert(version)),
            Step::Revert(version, source) => {
                let states = &states;
                let place = Place { set, history, states, dialect, server, applied: &applied };
                let (known, untried) = match place.known(version, *source) {
                    Ok((known, proof)) => {
                        (known, proof.no_rows.iter().map(|(table, _)| table.clone()).collect())
                    }
                    Err(why) => (Known::Unproved(why), vec![]),
                };
                ways.push(WayBack { version: version.clone(), known, untried });
                applied.remove(version);
            }
        }
    }
    ways
}

/// Where a way back would run.
struct Place<'a> {
    set: &'a MigrationSet,
    history: &'a History,
    states: &'a [(&'a LockEntry, ProofState<'a>)],
    dialect: Dialect,
    server: &'a str,
    /// Before it runs.
    applied: &'a BTreeSet<&'a Version>,
}

impl Place<'_> {
    fn known(&self, version: &Version, source: DownSource) -> Result<(Known, &Proof), Unproved> {
        let count = self.states.partition_point(|(entry, _)| entry.version <= *version);
        let until = &self.states[..count];
        let Some((entry, state)) = until.last().filter(|(entry, _)| entry.version == *version)
        else {
            return Err(Unproved::NotLocked);
        };
        let proof = match state {
            ProofState::Holds(proof) => proof,
            ProofState::Void(_) => return Err(Unproved::OtherTexts),
            ProofState::Missing => return Err(Unproved::NoVerdict),
            ProofState::Declared(reason) => return Err(Unproved::Refused((*reason).to_owned())),
        };
        let known = self.verdict(proof)?;
        let record = self.history.records.get(version);
        if record.is_some_and(Record::is_half_done) {
            return Err(Unproved::HalfDone);
        }
        self.is_down_of(entry, source)?;
        until.iter().try_for_each(|(entry, _)| self.is_as_locked(entry, version, source))?;
        let beside = self
            .applied
            .iter()
            .find(|version| until.iter().all(|(entry, _)| entry.version != ***version));
        match beside {
            Some(other) => Err(Unproved::Beside((**other).clone())),
            None => Ok((known, proof)),
        }
    }

    /// What a verdict says, if it was found on such a server.
    fn verdict(&self, proof: &Proof) -> Result<Known, Unproved> {
        if (proof.dialect, proof.server.as_str()) != (self.dialect, self.server) {
            let (proved, here) = (proof.server.clone(), self.server.to_owned());
            return Err(Unproved::OtherServer { proved, here });
        }
        if let Some((_, why)) = proof.no_rows.iter().find(|(table, _)| table == "*") {
            return Err(Unproved::NoRows(why.clone()));
        }
        match &proof.verdict {
            Verdict::Lossless | Verdict::LosslessReordered => Ok(Known::Proved),
            Verdict::SchemaOnly(lost) => Ok(Known::Loses(lost.clone())),
            Verdict::None(reason) => Err(Unproved::Refused(reason.clone())),
        }
    }

    /// What would run is the locked down. That of a file is, where the file is ([`Self::is_as_locked`]).
    fn is_down_of(&self, entry: &LockEntry, source: DownSource) -> Result<(), Unproved> {
        let record = self.history.applied.get(&entry.version).and_then(|one| one.record.as_ref());
        let recorded = record.and_then(|record| record.down_digest.as_ref());
        match source {
            DownSource::Recorded if recorded != entry.digests.down.as_ref() => {
                Err(Unproved::RecordedDiffers)
            }
            _ => Ok(()),
        }
    }

    /// A migration up to the one that is reverted is applied, and as it was locked.
    fn is_as_locked(
        &self,
        entry: &LockEntry,
        reverted: &Version,
        source: DownSource,
    ) -> Result<(), Unproved> {
        let version = &entry.version;
        let Some(applied) =
            self.history.applied.get(version).filter(|_| self.applied.contains(version))
        else {
            return Err(Unproved::Without(version.clone()));
        };
        // The recorded down needs no file.
        let needless = source == DownSource::Recorded && version == reverted;
        let standing = self.set.get(version).map(|migration| migration.standing);
        if !needless && standing != Some(Standing::Locked) {
            return Err(Unproved::Edited(version.clone()));
        }
        // Another tool has left no text to compare.
        let Some(record) = &applied.record else { return Ok(()) };
        let same_tokens = record.up_tokens.is_some() && record.up_tokens == entry.tokens.up;
        match &record.up_digest {
            Some(up) if *up != entry.digests.up && !same_tokens => {
                Err(Unproved::AppliedDiffers(version.clone()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
