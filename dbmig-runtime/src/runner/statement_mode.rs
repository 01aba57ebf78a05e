//! A migration outside a transaction: statement by statement, intent and progress journalled.
//!
//! What is known to be done and what is about to be sent are written in one row, in one write, so a
//! crash leaves at most one statement of which nobody knows.

use std::time::Instant;

use super::batch::Batch;
use super::transaction::record;
use super::{StepEnd, Work};
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Observer};
use crate::history::{self, Ended, Run};
use crate::session::{DbErrorKind, DbResult, Session};

pub(super) fn run(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let batch = Batch::of(work.sql, session.dialect(), work.settings.split_off);
    let started = Instant::now();
    let Some((number, done)) = begin(session, work, run, &batch, started)? else {
        return Ok(StepEnd::ByAnother);
    };
    for index in done..batch.len() {
        let progress = batch.digest_of_first(index);
        history::advance(session, work.version, number, index, &progress, index + 1)
            .map_err(Error::database("record what is about to be sent"))?;
        if let Err(error) = batch.send(session, index, observer) {
            let known = error.kind != DbErrorKind::Interrupted && error.kind != DbErrorKind::Closed;
            if known {
                // The database said no: the statement is not there, and nothing is in doubt.
                let _ = history::advance(session, work.version, number, index, &progress, index);
            }
            let failure = batch.failure(work, index, error, false);
            let message = failure.to_string();
            let _ =
                history::end_attempt(session, work.version, number, Ended::Failed, Some(&message));
            return Err(failure);
        }
    }
    finish(session, work, number, &batch).map_err(Error::database("record the migration"))?;
    Ok(StepEnd::Done { statements: batch.len() })
}

/// The attempt's number and how many statements are done; `None` when another runner has it.
fn begin(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    batch: &Batch<'_>,
    started: Instant,
) -> Result<Option<(i64, usize)>, Error> {
    if let Some(previous) = work.resumes {
        let done = usize::try_from(previous.statements_done).unwrap_or(0);
        let same = previous.done_digest.as_ref() == Some(&batch.digest_of_first(done))
            && done <= batch.len();
        if !same && done > 0 {
            return Err(Error::new(ErrorKind::Plan(crate::plan::PlanError::HalfDone {
                version: work.version.clone(),
                name: work.name.to_owned(),
                done: previous.statements_done,
                total: previous.statements_total,
                doubtful: None,
            })));
        }
        let attempt = record(session, work, previous.attempt, batch, Ended::Started, started, None);
        history::restart(session, &attempt).map_err(Error::database("record that it goes on"))?;
        return Ok(Some((previous.attempt, done)));
    }
    let claim = |session: &mut dyn Session| -> DbResult<Option<i64>> {
        session.execute("BEGIN IMMEDIATE")?;
        let applied = history::is_recorded(session, work.version)?;
        if applied == (work.direction == Direction::Up) {
            session.execute("ROLLBACK")?;
            return Ok(None);
        }
        let number = history::next_attempt(session, work.version)?;
        let attempt = record(session, work, number, batch, Ended::Started, started, None);
        history::insert_record(session, run, &attempt)?;
        session.execute("COMMIT")?;
        Ok(Some(number))
    };
    let number = claim(session).map_err(|error| {
        let _ = session.execute("ROLLBACK");
        Error::database("claim the migration")(error)
    })?;
    Ok(number.map(|number| (number, 0)))
}

/// The version row and the end of the attempt, in one transaction.
fn finish(
    session: &mut dyn Session,
    work: &Work<'_>,
    number: i64,
    batch: &Batch<'_>,
) -> DbResult<()> {
    let write = |session: &mut dyn Session| -> DbResult<()> {
        match work.direction {
            Direction::Up => history::claim(session, work.version)?,
            Direction::Down => history::forget(session, work.version)?,
        };
        let all = batch.digest_of_first(batch.len());
        history::advance(session, work.version, number, batch.len(), &all, batch.len())?;
        history::end_attempt(session, work.version, number, Ended::Finished, None)?;
        if work.direction == Direction::Down {
            history::void_seeds(session)?;
        }
        Ok(())
    };
    session.execute("BEGIN IMMEDIATE")?;
    match write(session) {
        Ok(()) => session.execute("COMMIT"),
        Err(error) => {
            let _ = session.execute("ROLLBACK");
            Err(error)
        }
    }
}
