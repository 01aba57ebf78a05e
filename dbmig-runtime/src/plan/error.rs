//! `PlanError`: every way in which set and history can disagree, one sentence each.

use std::fmt;

use dbmig_build::{Dialect, Settings, Version};

use crate::history::{Action, Record};

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The set is written for other databases.
    WrongDialect {
        /// What the connection speaks.
        connected: Dialect,
        /// What the set is written for.
        set: Vec<Dialect>,
    },
    /// Applied migrations were edited since, and something is pending.
    Modified {
        /// Which, oldest first.
        versions: Vec<Version>,
        /// All of them are drafts.
        drafts: bool,
    },
    /// Applied versions have no directory.
    Missing(Vec<Version>),
    /// A migration stopped half way.
    HalfDone {
        /// The version.
        version: Version,
        /// Its name.
        name: String,
        /// By its down, not by its up.
        reverting: bool,
        /// How many statements are in the database.
        done: i64,
        /// Of how many.
        total: i64,
        /// The statement of which nobody knows.
        doubtful: Option<i64>,
    },
    /// Drafts are not accepted here.
    Drafts(Vec<Version>),
    /// The target is not in the set.
    UnknownTarget(Version),
    /// The target is newer than what may be applied here.
    Beyond {
        /// The target.
        version: Version,
        /// The newest that may be applied.
        newest: Version,
    },
    /// What is to be recorded as applied is.
    AlreadyApplied(Version),
    /// Nobody said how far a baseline goes, and the database has a part of the set already.
    BaselineUnclear {
        /// How many versions it has.
        applied: usize,
    },
    /// What is to be accepted is what was applied.
    Unchanged {
        /// Its name.
        name: String,
    },
    /// The target of a revert is not applied.
    TargetNotApplied(Version),
    /// A range ends before it begins.
    ReversedRange {
        /// Where it begins.
        after: Version,
        /// Where it ends.
        through: Version,
    },
    /// A pending `up.sql` holds nothing at all.
    EmptyUp {
        /// Its name.
        name: String,
    },
    /// A migration waits for a backfill.
    Requires {
        /// Its name.
        name: String,
        /// The version of the backfill.
        version: Version,
        /// Its directory name, where it is known.
        backfill: String,
        /// What is missing.
        lacking: Lacking,
    },
    /// Two settings of a migration exclude each other.
    Settings {
        /// Its name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// There is neither a `down.sql` nor a recorded one.
    NoDown {
        /// The version.
        version: Version,
        /// Its name.
        name: String,
        /// The file is there and holds no statement.
        empty: bool,
    },
    /// The migration declares that it can not be reverted.
    Irreversible {
        /// The version.
        version: Version,
        /// Its name.
        name: String,
        /// The declared reason.
        reason: String,
    },
}

/// What a required backfill lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// The set has no such backfill.
    Unknown,
    /// Its migration is not applied.
    NotApplied,
    /// It has not come to its end: where it stands, in a word.
    NotDone(&'static str),
    /// It has, and its query still finds rows.
    RowsLeft,
}

impl PlanError {
    /// The check before the commit is what makes switching them off safe: without a transaction there is
    /// none.
    pub(crate) fn refuse_settings(name: &str, settings: &Settings) -> Result<(), Self> {
        if settings.foreign_keys_off && !settings.run_in_transaction {
            return Err(Self::Settings {
                name: name.to_owned(),
                reason: "`foreign_keys = \"off\"` needs `run_in_transaction = true`",
            });
        }
        Ok(())
    }

    pub(crate) fn half_done(version: &Version, record: &Record) -> Self {
        Self::HalfDone {
            version: version.clone(),
            name: record.name.clone(),
            reverting: record.action == Action::Revert,
            done: record.statements_done,
            total: record.statements_total,
            doubtful: (record.intent > record.statements_done).then_some(record.intent),
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongDialect { connected, set } => {
                let names: Vec<_> = set.iter().map(|dialect| dialect.as_str()).collect();
                write!(
                    f,
                    "the migrations are written for {}, the database speaks {connected}",
                    names.join(", ")
                )
            }
            Self::Modified { versions, drafts } => {
                let what = if *drafts { "drafts that are applied" } else { "applied migrations" };
                write!(f, "{what} were edited since: {}", join(versions))
            }
            Self::Missing(versions) => {
                write!(
                    f,
                    "the database has versions that the migrations do not have: {}",
                    join(versions)
                )
            }
            Self::HalfDone { name, reverting, done, total, doubtful, .. } => {
                let (how, of) = match reverting {
                    true => ("half reverted", "of its down "),
                    false => ("half applied", ""),
                };
                write!(
                    f,
                    "migration `{name}` is {how}: {done} of {total} statements {of}are known to be done"
                )?;
                match doubtful {
                    Some(number) => write!(f, ", statement {number} is doubtful"),
                    None => Ok(()),
                }
            }
            Self::Drafts(versions) => write!(f, "drafts are not accepted here: {}", join(versions)),
            Self::UnknownTarget(version) => write!(f, "there is no migration `{version}`"),
            Self::Beyond { version, newest } => {
                write!(
                    f,
                    "migration `{version}` is newer than `{newest}`, the newest that may be applied here"
                )
            }
            Self::TargetNotApplied(version) => write!(f, "migration `{version}` is not applied"),
            Self::AlreadyApplied(version) => write!(f, "migration `{version}` is applied already"),
            Self::BaselineUnclear { applied } => {
                write!(f, "the database has a part of the migrations already ({applied} applied)")
            }
            Self::Unchanged { name } => {
                write!(f, "migration `{name}` is what was applied: there is nothing to accept")
            }
            Self::ReversedRange { after, through } => {
                write!(f, "the range ends before it begins: `{through}` sorts before `{after}`")
            }
            Self::Requires { name, backfill, lacking, .. } => {
                write!(f, "migration `{name}` requires the backfill of `{backfill}`, ")?;
                match lacking {
                    Lacking::Unknown => f.write_str("and there is none"),
                    Lacking::NotApplied => f.write_str("which is not applied"),
                    Lacking::NotDone(state) => write!(f, "which is {state}"),
                    Lacking::RowsLeft => f.write_str("which has left rows"),
                }
            }
            Self::Settings { name, reason } => {
                write!(f, "migration `{name}` can not be run: {reason}")
            }
            Self::EmptyUp { name } => {
                write!(f, "the `up.sql` of migration `{name}` holds no statement")
            }
            Self::NoDown { name, empty: true, .. } => {
                write!(f, "the `down.sql` of migration `{name}` holds no statement")
            }
            Self::NoDown { name, .. } => {
                write!(f, "migration `{name}` has no `down.sql` to revert it")
            }
            Self::Irreversible { name, reason, .. } => {
                write!(f, "migration `{name}` is irreversible: {reason}")
            }
        }
    }
}

impl std::error::Error for PlanError {}

fn join(versions: &[Version]) -> String {
    versions.iter().map(Version::as_str).collect::<Vec<_>>().join(", ")
}
