//! Repeatable migrations: after everything else, each recorded with its text.

use std::time::Instant;

use dbmig_build::{Dialect, MigrationSet, Repeatable, Version, When};

use super::attempt::record;
use super::batch::Batch;
use super::transaction;
use super::work::Work;
use super::{Engine, StepEnd, guard, packets, report_end};
use crate::error::Error;
use crate::event::{Event, Observer};
use crate::history::{self, Ended, Mode};
use crate::plan::Plan;
use crate::report::Report;
use crate::session::{DbResult, Session, write_transaction};

/// The repeatables of a plan, with what stands for each among the attempts.
pub(super) fn of<'a>(set: &'a MigrationSet, plan: &Plan) -> Vec<(Version, &'a Repeatable)> {
    let planned = |repeatable: &&Repeatable| plan.repeatables.contains(&repeatable.name);
    let keyed = |repeatable: &'a Repeatable| (history::key_of(&repeatable.name), repeatable);
    set.repeatables().iter().filter(planned).map(keyed).collect()
}

/// Runs them, each on its own.
pub(super) fn run(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (set, plan): (&MigrationSet, &Plan),
    observer: &mut dyn Observer,
    report: &mut Report,
) -> Result<(), Error> {
    for (key, repeatable) in of(set, plan) {
        let again = plan.again.contains(&repeatable.name);
        let work = Work::repeat(&key, repeatable, again);
        let batch = Batch::of(work.sql, session.dialect(), &work.settings);
        let transaction = batch.mode(&work.settings) == Mode::Transaction;
        let about = |error: Error| error.during(work.path(), transaction);
        // PostgreSQL's transaction begins with it.
        let anew = transaction && session.dialect() == Dialect::Postgres;
        if !anew {
            engine.connection.settle(session).map_err(about)?;
        }
        let started = Instant::now();
        observer.event(Event::Started { name: work.name, direction: work.direction });
        packets::refuse(session, &work, &batch)?;
        let end = match transaction {
            true => transaction::run(session, engine, (&work, &batch), anew, observer),
            false => statements(session, engine, &work, &batch, observer),
        };
        let end = end.map_err(about)?;
        report_end(&work, &end, started, observer, report);
    }
    Ok(())
}

/// Where its statements commit, it is recorded at the end: when it stops half way it runs again from its
/// start, which is what a repeatable is made for.
fn statements(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    work: &Work<'_>,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let again = work.repeatable.is_some_and(|(_, again)| again);
    let done = work
        .is_done(session, engine.tables)
        .map_err(Error::database("read what ran of the repeatables"))?;
    if done && !again {
        return Ok(StepEnd::ByAnother);
    }
    let started = Instant::now();
    let nothing = guard::Left::Nothing;
    let sent = guard::hold(session, work, batch, When::Before, nothing).and_then(|()| {
        batch
            .send_all(session, observer)
            .map_err(|(index, error)| batch.failure(work, index, error, false))?;
        guard::hold(session, work, batch, When::After, guard::Left::Everything)
    });
    let (ended, error) = match &sent {
        Ok(()) => (Ended::Finished, None),
        Err(error) => (Ended::Failed, Some(error.to_string())),
    };
    // The record is ours to write, whatever the file has made of the session.
    let written = engine.connection.settle(session).and_then(|()| {
        let write = |session: &mut dyn Session| -> DbResult<()> {
            if ended == Ended::Finished {
                work.claim(session, engine.tables)?;
            }
            let number = history::next_attempt(session, engine.tables, work.version)?;
            let error = error.as_deref();
            let attempt = record(session, work, number, batch, ended, started, error);
            history::insert_record(session, engine.tables, &engine.run, &attempt)
        };
        write_transaction(session, write).map_err(Error::database("record the repeatable"))
    });
    // The first error is the one to tell.
    let statements = batch.len();
    sent.and(written).map(|()| StepEnd::Done { statements, warnings: vec![] })
}
