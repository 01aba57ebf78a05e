//! Records what a person has decided: all of it in one transaction, under the lock of a run.

use dbmig_build::{MigrationSet, Version};

use super::{Engine, adopt, enter};
use crate::error::Error;
use crate::event::Observer;
use crate::history::{self, Action, Attempt, Evidence, History};
use crate::options::RunOptions;
use crate::plan::{self, Decision};
use crate::session::{DbError, DbErrorKind, DbResult, Session, write_transaction};

/// Records decisions, with the reason for them; nothing of a migration is run.
///
/// # Errors
///
/// A decision that can not be made any more, another runner that does not end in time, and what the
/// database reports. Then nothing is recorded.
pub fn decide(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    (decisions, reason): (&[Decision], &str),
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    let decided = (decisions, reason);
    decide_if(session, set, history, decided, options, observer, &mut |_| Ok(true)).map(drop)
}

/// Records decisions where a look at the database, in the same transaction, says that they hold; whether it did.
///
/// # Errors
///
/// As [`decide`].
pub fn decide_if(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    (decisions, reason): (&[Decision], &str),
    options: &RunOptions,
    observer: &mut dyn Observer,
    holds: &mut dyn FnMut(&mut dyn Session) -> DbResult<bool>,
) -> Result<bool, Error> {
    if decisions.is_empty() {
        return Ok(true);
    }
    let engine = enter(session, history, options, observer)?;
    let result = engine
        .connection
        .settle(session)
        .and_then(|()| all(session, &engine, set, (decisions, reason), observer, holds));
    let left = engine.leave(session);
    result.and_then(|held| left.map(|()| held))
}

fn all(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    (decisions, reason): (&[Decision], &str),
    observer: &mut dyn Observer,
    holds: &mut dyn FnMut(&mut dyn Session) -> DbResult<bool>,
) -> Result<bool, Error> {
    let mut waiting = super::lock::Waiting::new(engine.options.runner_wait);
    loop {
        let mut refused = None;
        let mut held = true;
        let write = |session: &mut dyn Session| -> DbResult<bool> {
            if !engine.lock.take_in_transaction(session)? {
                return Ok(false);
            }
            // Read again under the lock: another runner may have gone on meanwhile.
            let history = history::read(session)?;
            for decision in decisions {
                if let Err(error) = plan::check_decision(set, &history, session.dialect(), decision)
                {
                    let message = error.to_string();
                    refused = Some(error);
                    return Err(DbError::new(DbErrorKind::Other, message));
                }
            }
            held = holds(session)?;
            if !held {
                return Err(DbError::new(DbErrorKind::Other, "it does not hold any more"));
            }
            for decision in decisions {
                one(session, engine, set, &history, (decision, reason))?;
            }
            Ok(true)
        };
        let written = write_transaction(session, write);
        if let Some(error) = refused {
            return Err(Error::from(error));
        }
        if !held {
            return Ok(false);
        }
        if written.map_err(Error::database("record the decision"))? {
            return Ok(true);
        }
        waiting.pause(&engine.lock, session, observer)?;
    }
}

fn one(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    history: &History,
    (decision, reason): (&Decision, &str),
) -> DbResult<()> {
    let (tables, version) = (engine.tables, decision.version());
    let action = match decision {
        Decision::Applied(_) => {
            history::claim(session, tables, version)?;
            Action::Adopt
        }
        Decision::Accept(_) => return accept(session, engine, set, history, (version, reason)),
        Decision::NotApplied(_) => {
            history::forget(session, tables, version)?;
            history::forget_backfill(session, tables, version)?;
            history::void_data(session, tables)?;
            Action::Revert
        }
    };
    let migration = set.get(version).filter(|_| action == Action::Adopt);
    let evidence = migration
        .map_or_else(Evidence::default, |migration| adopt::evidence(migration, session.dialect()));
    let number = history::next_attempt(session, tables, version)?;
    let name = name_of(set, history, version);
    let attempt = Attempt::decided((version, number), action, name, evidence, Some(reason));
    history::insert_record(session, tables, &engine.run, &attempt)
}

/// The record of the apply follows the file; another one keeps what it held before. Its place in the order
/// of applications stays.
fn accept(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    history: &History,
    (version, reason): (&Version, &str),
) -> DbResult<()> {
    let (tables, run) = (engine.tables, &engine.run);
    let Some(migration) = set.get(version) else { return Ok(()) };
    let evidence = adopt::evidence(migration, session.dialect());
    let number = history::next_attempt(session, tables, version)?;
    let name = &migration.dir_name;
    let known = history.applied.get(version).and_then(|applied| applied.record.as_ref());
    let Some(known) = known else {
        // Another tool applied it, and nothing was recorded.
        let key = (version, number);
        let adopted = Attempt::decided(key, Action::Adopt, name, evidence, Some(reason));
        return history::insert_record(session, tables, run, &adopted);
    };
    let (key, nothing) = ((version, number), Evidence::default());
    let accepted = Attempt::decided(key, Action::Accept, name, nothing, Some(reason));
    history::insert_record(session, tables, run, &accepted)?;
    history::copy_evidence(session, tables, version, number)?;
    history::replace_evidence(session, tables, version, known.attempt, &evidence)
}

fn name_of<'a>(set: &'a MigrationSet, history: &'a History, version: &'a Version) -> &'a str {
    let known = history.records.get(version).map_or(version.as_str(), |record| &record.name);
    set.get(version).map_or(known, |migration| &migration.dir_name)
}
