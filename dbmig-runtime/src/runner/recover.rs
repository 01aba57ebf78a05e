//! Decides what can be decided about migrations that stopped half way, before anything is planned.
//!
//! Whoever has the lock knows that no other runner is at work and that no statement outlived its client.
//! A doubtful statement is looked up in the catalogue where that is exact; what can not be decided stays
//! for a person.

use dbmig_build::{MigrationSet, Version};

use super::batch::Batch;
use super::probe::{self, Verdict};
use super::{Engine, enter};
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::history::{self, Action, Ended, History, Mode, Record};
use crate::options::RunOptions;
use crate::session::{DbResult, Session};
use dbmig_build::Dialect;

/// Looks at what stopped half way; returns the history as it is then, `None` when there was nothing to
/// look at. Waits for another runner that is at it.
///
/// SQLite has no lock that would tell an attempt that stopped from one that another runner is at, so a
/// person decides there.
///
/// # Errors
///
/// What the database reports, and another runner that does not end in time.
pub fn recover(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Option<History>, Error> {
    let dialect = session.dialect();
    if dialect == Dialect::Sqlite || history.half_done().next().is_none() {
        return Ok(None);
    }
    let engine = enter(session, history, options, observer)?;
    let result = match dialect {
        Dialect::Postgres => {
            engine.lock.wait(session, options.runner_wait, observer).and_then(|()| {
                let result = decide_all(session, &engine, set, observer);
                let _ = engine.lock.release(session);
                result
            })
        }
        // Held since `enter`.
        Dialect::Mysql | Dialect::Sqlite => decide_all(session, &engine, set, observer),
    };
    let left = engine.leave(session);
    let history = result?;
    left.map(|()| Some(history))
}

fn decide_all(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    observer: &mut dyn Observer,
) -> Result<History, Error> {
    let read = |session: &mut dyn Session| {
        history::read(session).map_err(Error::database("read the history"))
    };
    let history = read(session)?;
    let mut changed = false;
    for (version, record) in history.half_done() {
        let decided = decide(session, engine, set, (version, record), observer);
        changed |= decided.map_err(Error::database("look at what stopped half way"))?;
    }
    if changed { read(session) } else { Ok(history) }
}

/// `true` when the attempt can go on.
fn decide(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    (version, record): (&Version, &Record),
    observer: &mut dyn Observer,
) -> DbResult<bool> {
    let Some(migration) = set.get(version) else { return Ok(false) };
    let text = match record.action {
        Action::Apply => Some(&*migration.up),
        Action::Revert => migration.down.as_deref(),
        Action::Adopt | Action::Repeat | Action::Skip | Action::Accept => None,
    };
    let Some(text) = text else { return Ok(false) };
    let doubtful = record.intent > record.statements_done;
    if record.ended == Ended::Failed && !doubtful {
        return Ok(false);
    }
    let batch = Batch::of(text, session.dialect(), &migration.settings);
    let done = usize::try_from(record.statements_done).unwrap_or(usize::MAX);
    // Only of what the file still says, sent one by one, can be told what is in doubt.
    let same = done == 0 || record.done_digest.as_ref() == Some(batch.digest_of_first(done));
    if batch.mode(&migration.settings) != Mode::Statement
        || batch.is_one_unit()
        || done > batch.len()
        || !same
    {
        return Ok(false);
    }
    let known = match batch.statement(done).filter(|_| doubtful) {
        None => done,
        Some(sql) => match probe::probe(session, sql)? {
            Verdict::Done => done + 1,
            Verdict::NotDone => done,
            Verdict::Unknown => return Ok(false),
        },
    };
    let (tables, number) = (engine.tables, record.attempt);
    let progress = (known, batch.digest_of_first(known));
    history::advance(session, tables, version, number, progress, known)?;
    let error = record.error.as_deref();
    history::end_attempt(session, tables, version, number, Ended::Failed, error)?;
    observer.event(Event::Recovered {
        name: &migration.dir_name,
        done: known,
        total: batch.len(),
        probed: doubtful,
    });
    Ok(true)
}
