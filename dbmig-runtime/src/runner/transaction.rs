//! A migration in one transaction with its history: done, or nothing happened.

use std::time::Instant;

use dbmig_build::{Dialect, sql};

use super::batch::Batch;
use super::foreign_keys::{self, Violations};
use super::{StepEnd, Work};
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Observer};
use crate::history::{self, Action, Attempt, Ended, Mode, Run};
use crate::plan::PlanError;
use crate::session::{DbErrorKind, DbResult, Session, immediate};

pub(super) fn run(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let batch = Batch::of(work.sql, session.dialect(), &work.settings);
    batch.refuse_transaction_control(work.name, work.direction.file())?;
    if let Some(half) = work.resumes.filter(|half| half.statements_done > 0) {
        // It began outside a transaction: what it did there would be done again.
        return Err(Error::from(PlanError::half_done(work.version, half)));
    }
    let keys_off = session.dialect() == Dialect::Sqlite
        && (work.settings.foreign_keys_off || batch.wants_foreign_keys_off());
    if keys_off {
        // Inside a transaction the pragma does nothing.
        session
            .execute("PRAGMA foreign_keys = OFF")
            .map_err(Error::database("switch foreign keys off"))?;
    }
    let result = in_transaction(session, work, run, &batch, keys_off, observer);
    if keys_off {
        let on = session.execute("PRAGMA foreign_keys = ON");
        // The migration's own error is the one to tell.
        let end = result?;
        on.map_err(Error::database("switch foreign keys on"))?;
        return Ok(end);
    }
    result
}

fn in_transaction(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    batch: &Batch<'_>,
    keys_off: bool,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let started = Instant::now();
    session.execute("BEGIN IMMEDIATE").map_err(Error::database("begin a transaction"))?;
    match attempt(session, work, run, batch, keys_off, started, observer) {
        Ok(Some(())) => {
            session.execute("COMMIT").map_err(|error| {
                let _ = session.execute("ROLLBACK");
                Error::database("commit the migration")(error)
            })?;
            Ok(StepEnd::Done { statements: batch.len() })
        }
        Ok(None) => {
            session.execute("ROLLBACK").map_err(Error::database("roll back"))?;
            Ok(StepEnd::ByAnother)
        }
        Err(error) => {
            // Fails when the file ended the transaction itself: then there is nothing to roll back.
            let over = session.execute("ROLLBACK").is_err();
            let ended = matches!(error.kind, ErrorKind::TransactionEnded { .. });
            // Only of a file that was sent whole nobody knows whether it holds a COMMIT.
            if batch.is_whole() && (over || ended || claim_survived(session, work)) {
                return Err(take_back(session, work, run, batch, started, &error));
            }
            note_failure(session, work, run, batch, started, &error);
            Err(error)
        }
    }
}

/// `None` when another runner was faster.
fn attempt(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    batch: &Batch<'_>,
    keys_off: bool,
    started: Instant,
    observer: &mut dyn Observer,
) -> Result<Option<()>, Error> {
    let claimed = match work.direction {
        Direction::Up => history::claim(session, work.version),
        Direction::Down => history::forget(session, work.version),
    };
    if !claimed.map_err(Error::database("record the version"))? {
        return Ok(None);
    }
    let (newest, half_done) = history::newest_attempt(session, work.version)
        .map_err(Error::database("read the last attempt"))?;
    if half_done && work.resumes.is_none() {
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
    let before = match keys_off {
        true => foreign_keys::violations(session).map_err(Error::database("check foreign keys"))?,
        false => Violations::new(),
    };
    batch
        .send_all(session, observer)
        .map_err(|(index, error)| batch.failure(work, index, error, true))?;
    if !still_ours(session, work).map_err(Error::database("read the version back"))? {
        return Err(ended(work));
    }
    if keys_off {
        foreign_keys::refuse_new(session, work, &before)?;
    }
    let write = |session: &mut dyn Session| -> DbResult<()> {
        let attempt = record(session, work, newest + 1, batch, Ended::Finished, started, None);
        history::insert_record(session, run, &attempt)?;
        if work.direction == Direction::Down {
            history::void_seeds(session)?;
        }
        Ok(())
    };
    write(session).map_err(Error::database("record the attempt"))?;
    Ok(Some(()))
}

fn ended(work: &Work<'_>) -> Error {
    Error::new(ErrorKind::TransactionEnded {
        name: work.name.to_owned(),
        direction: work.direction,
    })
}

/// The transaction that was begun is still open, and holds the claim.
///
/// A file that is sent whole may hold a COMMIT that nobody saw; SQLite refuses a BEGIN inside a
/// transaction, so one that succeeds is the proof of the contrary.
fn still_ours(session: &mut dyn Session, work: &Work<'_>) -> DbResult<bool> {
    if session.dialect() == Dialect::Sqlite && transaction_is_over(session)? {
        return Ok(false);
    }
    Ok(history::is_recorded(session, work.version)? == (work.direction == Direction::Up))
}

/// Whether a BEGIN succeeds. What else can stop one is an error.
pub(super) fn transaction_is_over(session: &mut dyn Session) -> DbResult<bool> {
    match session.execute("BEGIN") {
        Ok(()) => session.execute("ROLLBACK").map(|()| true),
        Err(error) if error.kind == DbErrorKind::Other => Ok(false),
        Err(error) => Err(error),
    }
}

/// After the rollback the claim is still there, and no other runner's record explains it: a COMMIT in
/// the file has committed it.
fn claim_survived(session: &mut dyn Session, work: &Work<'_>) -> bool {
    let Ok(history) = history::read(session) else { return false };
    let newest = history.records.get(work.version);
    let reverted = newest
        .is_some_and(|newest| newest.action == Action::Revert && newest.ended == Ended::Finished);
    match work.direction {
        Direction::Up => {
            history.applied.get(work.version).is_some_and(|applied| applied.record.is_none())
        }
        Direction::Down => !history.applied.contains_key(work.version) && !reverted,
    }
}

/// Takes the claim back and records that nobody knows how far the file came.
fn take_back(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    batch: &Batch<'_>,
    started: Instant,
    error: &Error,
) -> Error {
    let message = error.to_string();
    let result = immediate(session, |session| {
        match work.direction {
            Direction::Up => history::forget(session, work.version)?,
            Direction::Down => history::claim(session, work.version)?,
        };
        let number = history::next_attempt(session, work.version)?;
        let mut attempt =
            record(session, work, number, batch, Ended::Failed, started, Some(&message));
        // Half done is what statement mode leaves behind; intent beyond done makes it doubtful.
        attempt.mode = Mode::Statement;
        history::insert_record(session, run, &attempt)?;
        let none = batch.digest_of_first(0);
        history::advance(session, work.version, number, 0, none, 1)
    });
    match result {
        Ok(()) => ended(work),
        Err(error) => Error::database("take back what the file has committed")(error),
    }
}

pub(super) fn record<'a>(
    session: &dyn Session,
    work: &'a Work<'a>,
    number: i64,
    batch: &Batch<'_>,
    ended: Ended,
    started: Instant,
    error: Option<&'a str>,
) -> Attempt<'a> {
    let (action, down_sql) = match work.direction {
        Direction::Up => (Action::Apply, work.migration.and_then(|m| m.down.as_deref())),
        Direction::Down => (Action::Revert, None),
    };
    Attempt {
        version: work.version,
        number,
        action,
        name: work.name,
        digests: work.migration.map(|migration| &migration.digests),
        settings: Some(&work.settings),
        up_tokens: match work.direction {
            Direction::Up => sql::token_digest(work.sql, session.dialect()),
            Direction::Down => None,
        },
        down_sql,
        mode: if work.settings.run_in_transaction { Mode::Transaction } else { Mode::Statement },
        ended,
        total: batch.len(),
        done: if ended == Ended::Finished { batch.len() } else { 0 },
        done_digest: None,
        seconds: started.elapsed().as_secs_f64(),
        error,
    }
}

/// Best effort: that the note of a failure is lost changes nothing.
fn note_failure(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    batch: &Batch<'_>,
    started: Instant,
    error: &Error,
) {
    let message = error.to_string();
    let _ = history::next_attempt(session, work.version).and_then(|number| {
        let attempt = record(session, work, number, batch, Ended::Failed, started, Some(&message));
        history::insert_record(session, run, &attempt)
    });
}
