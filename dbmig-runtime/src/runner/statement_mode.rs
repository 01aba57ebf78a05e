//! A migration outside a transaction: statement by statement, intent and progress journalled.
//!
//! What is known to be done and what is about to be sent are written in one row, in one write, so a
//! crash leaves at most one statement of which nobody knows. A file with transactions of its own, or one
//! that is sent whole, is one unit: when it stops, all of it is in doubt.

use std::time::Instant;

use dbmig_build::Dialect;

use super::batch::Batch;
use super::transaction::record;
use super::{StepEnd, Work};
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Observer};
use crate::history::{self, Ended, Record, Run};
use crate::plan::PlanError;
use crate::session::{DbErrorKind, DbResult, Session, immediate};

pub(super) fn run(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    PlanError::refuse_settings(work.name, &work.settings)?;
    let batch = Batch::of(work.sql, session.dialect(), &work.settings);
    let (number, done) = match begin(session, work, run, &batch)? {
        Claim::Ours { number, done } => (number, done),
        Claim::ByAnother => return Ok(StepEnd::ByAnother),
        Claim::HalfDone(record) => {
            return Err(Error::from(PlanError::half_done(work.version, &record)));
        }
    };
    let sent = match batch.is_one_unit() {
        true => send_as_one(session, work, number, &batch, observer),
        false => send_each(session, work, number, done, &batch, observer),
    };
    if let Err(error) = sent {
        let message = error.to_string();
        let _ = history::end_attempt(session, work.version, number, Ended::Failed, Some(&message));
        return Err(error);
    }
    finish(session, work, number, &batch).map_err(Error::database("record the migration"))?;
    Ok(StepEnd::Done { statements: batch.len() })
}

fn send_each(
    session: &mut dyn Session,
    work: &Work<'_>,
    number: i64,
    done: usize,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    for index in done..batch.len() {
        if session.interrupted() {
            return Err(Error::new(ErrorKind::Interrupted));
        }
        let progress = batch.digest_of_first(index);
        history::advance(session, work.version, number, index, progress, index + 1)
            .map_err(Error::database("record what is about to be sent"))?;
        let before = changes(session);
        if let Err(error) = batch.send(session, index, observer) {
            // `OR FAIL` keeps the rows before the one that failed.
            let partial = changes(session) != before;
            // A trigger or a conflict clause can leave a transaction open.
            let _ = session.execute("ROLLBACK");
            let cut_off = matches!(error.kind, DbErrorKind::Interrupted | DbErrorKind::Closed);
            if !partial && !cut_off {
                // The database said no: the statement is not there, and nothing is in doubt.
                let _ = history::advance(session, work.version, number, index, progress, index);
            }
            return Err(batch.failure(work, index, error, false));
        }
    }
    Ok(())
}

/// How many rows this connection has changed, where the database counts them.
fn changes(session: &mut dyn Session) -> Option<String> {
    if session.dialect() != Dialect::Sqlite {
        return None;
    }
    let rows = session.query("SELECT CAST(total_changes() AS TEXT)", &[]).ok()?;
    rows.into_iter().next()?.into_iter().next()?
}

/// Nothing is journalled in between: it would be part of the file's own transactions.
fn send_as_one(
    session: &mut dyn Session,
    work: &Work<'_>,
    number: i64,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    history::advance(session, work.version, number, 0, batch.digest_of_first(0), 1)
        .map_err(Error::database("record what is about to be sent"))?;
    let sent = batch.send_all(session, observer);
    // A transaction that the file left open is not left to the caller.
    let left_open = session.execute("ROLLBACK").is_ok();
    match sent {
        Err((index, error)) => Err(batch.failure(work, index, error, false)),
        Ok(()) if left_open => Err(Error::new(ErrorKind::TransactionEnded {
            name: work.name.to_owned(),
            direction: work.direction,
        })),
        Ok(()) => Ok(()),
    }
}

enum Claim {
    /// The attempt's number, and how many statements are done.
    Ours { number: i64, done: usize },
    /// Another runner has applied it, or reverted it.
    ByAnother,
    /// It stopped half way, or another runner is at it.
    HalfDone(Box<Record>),
}

/// Claims the attempt: looked at and written under one lock, so that two runners can not both have it.
fn begin(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    batch: &Batch<'_>,
) -> Result<Claim, Error> {
    let started = Instant::now();
    let claim = |session: &mut dyn Session| -> DbResult<Claim> {
        let history = history::read(session)?;
        let applied = history.applied.contains_key(work.version);
        if applied == (work.direction == Direction::Up) {
            return Ok(Claim::ByAnother);
        }
        let half = history.records.get(work.version).filter(|record| record.is_half_done());
        let (number, done) = match half {
            None => (history::next_attempt(session, work.version)?, 0),
            Some(half) if is_what_we_resume(work, half, batch) => {
                (half.attempt, usize::try_from(half.statements_done).unwrap_or(0))
            }
            Some(half) => return Ok(Claim::HalfDone(Box::new(half.clone()))),
        };
        let attempt = record(session, work, number, batch, Ended::Started, started, None);
        match half {
            Some(_) => history::restart(session, &attempt)?,
            None => history::insert_record(session, run, &attempt)?,
        }
        Ok(Claim::Ours { number, done })
    };
    immediate(session, claim).map_err(Error::database("claim the migration"))
}

/// Nothing has happened since the plan was made, and what ran is what the file still says.
fn is_what_we_resume(work: &Work<'_>, half: &Record, batch: &Batch<'_>) -> bool {
    let done = usize::try_from(half.statements_done).unwrap_or(usize::MAX);
    work.resumes == Some(half)
        && half.ended == Ended::Failed
        && half.intent <= half.statements_done
        && done <= batch.len()
        && (done == 0 || half.done_digest.as_ref() == Some(batch.digest_of_first(done)))
}

/// The version row and the end of the attempt, in one transaction.
fn finish(
    session: &mut dyn Session,
    work: &Work<'_>,
    number: i64,
    batch: &Batch<'_>,
) -> DbResult<()> {
    immediate(session, |session| {
        match work.direction {
            Direction::Up => history::claim(session, work.version)?,
            Direction::Down => history::forget(session, work.version)?,
        };
        let all = batch.digest_of_first(batch.len());
        history::advance(session, work.version, number, batch.len(), all, batch.len())?;
        history::end_attempt(session, work.version, number, Ended::Finished, None)?;
        if work.direction == Direction::Down {
            history::void_seeds(session)?;
        }
        Ok(())
    })
}
