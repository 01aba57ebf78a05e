//! A migration in one transaction with its history: done, or nothing happened.

use std::time::{Duration, Instant};

use dbmig_build::{Dialect, MigrationSet, OnFail, When};

use super::attempt::{finished, record};
use super::batch::Batch;
use super::foreign_keys::{self, Violations};
use super::lock::{Waiting, jittered};
use super::transaction_end::{
    commit, ended, has_left_something, is_over, left_behind, note_failure, take_back_if_committed,
};
use super::work::Work;
use super::{Engine, StepEnd, blockers, guard, recorded_down, repeatables, report_end};
use crate::error::{Error, ErrorKind, KEYS_ON};
use crate::event::{Direction, Event, Observer};
use crate::history::{self, Action, Attempt, Ended, Evidence, History, Mode};
use crate::plan::{Plan, PlanError};
use crate::report::Report;
use crate::session::{DbError, DbErrorKind, DbResult, Session};

/// A migration that ran longer is not started anew by itself.
const RETRIED_WITHIN: Duration = Duration::from_secs(30);
/// How long the pauses between tries become.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Runs one step in a transaction of its own; `anew` where the one before it has left its settings.
pub(super) fn run(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    anew: bool,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    refuse(work, batch)?;
    let keys_off = switches_keys_off(session.dialect(), work, batch);
    if keys_off {
        // Inside a transaction the pragma does nothing.
        session
            .execute("PRAGMA foreign_keys = OFF")
            .map_err(Error::database("switch foreign keys off"))?;
    }
    let steps = [(work, batch)];
    let begin = Begin { keys_off, anew };
    let result = tries(session, engine, &steps, begin, observer);
    if keys_off {
        let on = session.execute("PRAGMA foreign_keys = ON");
        // The migration's own error is the one to tell.
        let end = result?;
        on.map_err(Error::database(KEYS_ON))?;
        return Ok(end.into_iter().next().unwrap_or(StepEnd::ByAnother));
    }
    Ok(result?.into_iter().next().unwrap_or(StepEnd::ByAnother))
}

/// Runs all steps in one transaction.
pub(super) fn run_all(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (set, history, plan): (&MigrationSet, &History, &Plan),
    observer: &mut dyn Observer,
    report: &mut Report,
) -> Result<(), Error> {
    let dialect = session.dialect();
    let recorded = plan
        .steps
        .iter()
        .map(|step| recorded_down(session, history, step))
        .collect::<Result<Vec<_>, _>>()?;
    let repeatables = repeatables::of(set, plan);
    let works: Vec<_> = plan
        .steps
        .iter()
        .zip(&recorded)
        .map(|(step, recorded)| Work::of(step, set, history, recorded.as_ref()))
        .chain(repeatables.iter().map(|(key, repeatable)| {
            Work::repeat(key, repeatable, plan.again.contains(&repeatable.name))
        }))
        .collect();
    let batches: Vec<_> =
        works.iter().map(|work| Batch::of(work.sql, dialect, &work.settings)).collect();
    let steps: Vec<_> = works.iter().zip(&batches).collect();
    for (work, batch) in &steps {
        refuse(work, batch)?;
        refuse_beside(dialect, work, batch)?;
    }
    let started = Instant::now();
    let begin = Begin { keys_off: false, anew: false };
    let ends = tries(session, engine, &steps, begin, observer)?;
    for ((work, _), end) in steps.iter().zip(&ends) {
        report_end(work, end, started, observer, report);
    }
    Ok(())
}

/// Refuses what can not be in one transaction with something else.
pub(super) fn refuse_beside(
    dialect: Dialect,
    work: &Work<'_>,
    batch: &Batch<'_>,
) -> Result<(), Error> {
    let reason = match batch.mode(&work.settings) {
        Mode::Statement if dialect == Dialect::Mysql => "its statements commit by themselves",
        Mode::Statement => "it runs outside a transaction",
        Mode::Transaction if switches_keys_off(dialect, work, batch) => {
            "it runs with foreign keys off, which a transaction can not change"
        }
        Mode::Transaction => return Ok(()),
    };
    let name = work.name.to_owned();
    Err(Error::new(ErrorKind::NotInOneTransaction { name, reason }))
}

fn refuse(work: &Work<'_>, batch: &Batch<'_>) -> Result<(), Error> {
    let (dir, file) = work.place();
    batch.refuse_transaction_control(dir, file)?;
    match work.resumes.filter(|half| half.statements_done > 0) {
        // It began outside a transaction: what it did there would be done again.
        Some(half) => Err(Error::from(PlanError::half_done(work.version, half))),
        None => Ok(()),
    }
}

pub(crate) fn switches_keys_off(dialect: Dialect, work: &Work<'_>, batch: &Batch<'_>) -> bool {
    dialect == Dialect::Sqlite && (work.settings.foreign_keys_off || batch.wants_foreign_keys_off())
}

/// The steps of one transaction.
type Steps<'s> = [(&'s Work<'s>, &'s Batch<'s>)];

/// What a transaction begins with.
#[derive(Clone, Copy)]
struct Begin {
    /// SQLite's foreign keys are off, and checked at the end.
    keys_off: bool,
    /// The settings of the connection are put back first.
    anew: bool,
}

/// How a try ended, when it is not an error for good.
enum Try {
    Done(Vec<StepEnd>),
    /// Another runner has the lock.
    Locked,
    /// Rolled back, and worth another try.
    Again(Box<Error>),
}

fn tries(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    steps: &Steps<'_>,
    begin: Begin,
    observer: &mut dyn Observer,
) -> Result<Vec<StepEnd>, Error> {
    let mut waiting = Waiting::new(engine.options.runner_wait);
    let mut pause = Duration::from_secs(1);
    let mut left = engine.options.retries;
    let mut reconnected = false;
    loop {
        let error = match one_try(session, engine, steps, begin, observer)? {
            Try::Done(ends) => return Ok(ends),
            Try::Locked => {
                waiting.pause(&engine.lock, session, observer)?;
                continue;
            }
            Try::Again(error) => *error,
        };
        let kind = error.db().map(|error| error.kind);
        if session.interrupted() || left == 0 {
            return Err(error);
        }
        if kind == Some(DbErrorKind::Closed) {
            // A statement that brings the server down is not sent for ever.
            if reconnected || !engine.reconnect(session, observer)? {
                return Err(error);
            }
            reconnected = true;
        }
        left -= 1;
        let after = jittered(pause);
        let name = steps.first().map_or("", |(work, _)| work.name);
        let reason = blockers::reason(&error);
        observer.event(Event::Retrying { name, reason: &reason, after });
        std::thread::sleep(after);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn one_try(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    steps: &Steps<'_>,
    begin: Begin,
    observer: &mut dyn Observer,
) -> Result<Try, Error> {
    let started = Instant::now();
    let locked = engine
        .connection
        .begin_locked(session, &engine.lock, begin.anew)
        .map_err(|error| rolled_back(session, "take the lock of the run", error));
    match locked {
        Ok(true) => {}
        Ok(false) => {
            session.execute("ROLLBACK").map_err(Error::database("roll back"))?;
            return Ok(Try::Locked);
        }
        // Nothing has been sent yet.
        Err(error) if error.db().is_some_and(|error| error.kind == DbErrorKind::Closed) => {
            return Ok(Try::Again(Box::new(error)));
        }
        Err(error) => return Err(error),
    }
    let mut ends = Vec::with_capacity(steps.len());
    for (index, (work, batch)) in steps.iter().enumerate() {
        let result = match index {
            0 => Ok(()),
            _ => engine.connection.settle_within(session),
        }
        .and_then(|()| attempt(session, engine, work, batch, begin.keys_off, started, observer));
        match result {
            Ok(end) => ends.push(end),
            Err(error) => return failed(session, engine, (work, batch), started, error),
        }
    }
    if ends.iter().all(|end| matches!(end, StepEnd::ByAnother)) {
        session.execute("ROLLBACK").map_err(Error::database("roll back"))?;
        return Ok(Try::Done(ends));
    }
    match commit(session, engine, steps, &ends, observer) {
        Ok(()) => Ok(Try::Done(ends)),
        Err(error) if is_worth_a_try(&error, started) => Ok(Try::Again(Box::new(error))),
        Err(error) => Err(error),
    }
}

fn rolled_back(session: &mut dyn Session, doing: &'static str, error: DbError) -> Error {
    let _ = session.execute("ROLLBACK");
    Error::database(doing)(error)
}

/// Rolls back, and decides whether that was the last word.
fn failed(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    started: Instant,
    error: Error,
) -> Result<Try, Error> {
    // Fails when the file ended the transaction itself: then there is nothing to roll back.
    let over = session.execute("ROLLBACK").is_err();
    if has_left_something(session) {
        return Err(left_behind(session, engine, (work, batch), started, error));
    }
    // Only of a file that was sent whole nobody knows whether it holds a COMMIT.
    if batch.is_whole() {
        if let Some(error) =
            take_back_if_committed(session, engine, (work, batch), over, started, &error)
        {
            return Err(error);
        }
    } else {
        let claiming = matches!(error.kind, ErrorKind::Database { doing: CLAIM, .. });
        let busy = error.db().is_some_and(|error| error.kind == DbErrorKind::Busy);
        if claiming && busy && session.dialect() != Dialect::Sqlite {
            // Another tool's runner holds the row.
            return Ok(Try::Locked);
        }
        if is_worth_a_try(&error, started) {
            let error = blockers::add(session, engine, error);
            return Ok(Try::Again(Box::new(error)));
        }
    }
    let error = blockers::add(session, engine, error);
    note_failure(session, engine, (work, batch), started, &error);
    Err(error)
}

fn is_worth_a_try(error: &Error, started: Instant) -> bool {
    let first = match &error.kind {
        ErrorKind::Statement(error) => error.index == 1,
        _ => false,
    };
    error.db().is_some_and(|error| matches!(error.kind, DbErrorKind::Busy | DbErrorKind::Closed))
        && !matches!(error.kind, ErrorKind::CommitUnknown { .. })
        && (first || started.elapsed() < RETRIED_WITHIN)
}

const CLAIM: &str = "record the version";

fn attempt(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    work: &Work<'_>,
    batch: &Batch<'_>,
    keys_off: bool,
    started: Instant,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let tables = engine.tables;
    let claimed = work.claim_and_look(session, tables).map_err(Error::database(CLAIM))?;
    let Some((newest, half_done)) = claimed else { return Ok(StepEnd::ByAnother) };
    if half_done && work.resumes.is_none() && work.repeatable.is_none() {
        // Another release runs it outside a transaction, or stopped there.
        return Err(Error::new(ErrorKind::Plan(PlanError::HalfDone {
            version: work.version.clone(),
            name: work.name.to_owned(),
            reverting: work.direction == Direction::Down,
            done: 0,
            total: i64::try_from(batch.len()).unwrap_or(i64::MAX),
            doubtful: None,
        })));
    }
    let warnings = match guard::before(session, work, batch)? {
        guard::Verdict::Run(warnings) => warnings,
        guard::Verdict::Skip(reason) => {
            work.unclaim(session, tables).map_err(Error::database(CLAIM))?;
            return unmet(session, engine, (work, batch), newest, (OnFail::Skip, reason))
                .map_err(Error::database("record the attempt"));
        }
        guard::Verdict::MarkApplied(reason) => {
            return unmet(session, engine, (work, batch), newest, (OnFail::MarkApplied, reason))
                .map_err(Error::database("record the attempt"));
        }
    };
    let before = match keys_off {
        true => foreign_keys::violations(session).map_err(Error::database("check foreign keys"))?,
        false => Violations::new(),
    };
    batch
        .send_all(session, observer)
        .map_err(|(index, error)| batch.failure(work, index, error, true))?;
    // Nothing is committed whose last statement was cut short by a wish to stop.
    if session.interrupted() {
        return Err(Error::new(ErrorKind::Interrupted));
    }
    if batch.is_whole() && is_over(session).map_err(Error::database("use the transaction"))? {
        return Err(ended(work));
    }
    if keys_off {
        foreign_keys::refuse_new(session, work, &before)?;
    }
    if batch.changes_session() && session.dialect() == Dialect::Postgres {
        // The record is ours to write, not that of a role that the file has taken.
        engine.connection.settle_within(session)?;
    }
    guard::hold(session, work, batch, When::After, guard::Left::Nothing)?;
    let attempt =
        record(session, work, newest.saturating_add(1), batch, Ended::Finished, started, None);
    let ours = match work.repeatable {
        Some(_) => history::insert_record(session, tables, &engine.run, &attempt).map(|()| true),
        None => {
            let recorded = work.direction == Direction::Up;
            history::insert_record_if(session, tables, &engine.run, &attempt, recorded)
        }
    };
    if !ours.map_err(Error::database("record the attempt"))? {
        return Err(ended(work));
    }
    if work.direction == Direction::Down {
        history::void_data(session, tables).map_err(Error::database("record the attempt"))?;
    }
    Ok(StepEnd::Done { statements: batch.len(), warnings })
}

/// Records what became of a migration whose precondition does not hold: that it was skipped, once for each
/// reason, or that it counts as applied. The caller owns the transaction, and the version row.
pub(super) fn unmet(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    newest: i64,
    (on_fail, reason): (OnFail, String),
) -> DbResult<StepEnd> {
    let number = newest.saturating_add(1);
    let (action, evidence) = match on_fail {
        OnFail::MarkApplied => {
            (Action::Adopt, finished(session.dialect(), work, number, batch).evidence)
        }
        _ => (Action::Skip, Evidence::default()),
    };
    if on_fail != OnFail::Skip || work.skipped != Some(reason.as_str()) {
        let key = (work.version, number);
        let attempt = Attempt::decided(key, action, work.name, evidence, Some(&reason));
        history::insert_record(session, engine.tables, &engine.run, &attempt)?;
    }
    Ok(StepEnd::Unmet { on_fail, reason })
}
