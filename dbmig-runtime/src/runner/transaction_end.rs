//! How a transaction ends: committed, read back, or taken back.

use std::time::Instant;

use dbmig_build::Dialect;

use super::attempt::record;
use super::batch::Batch;
use super::lock::Waiting;
use super::work::Work;
use super::{Engine, StepEnd};
use crate::error::{Error, ErrorKind, TAKE_BACK};
use crate::event::{Direction, Observer};
use crate::history::{self, Action, Ended, Mode};
use crate::session::{DbErrorKind, DbResult, Session, write_transaction};

/// Commits. When the connection is lost on the way, the version rows tell what became of it.
pub(super) fn commit(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    steps: &[(&Work<'_>, &Batch<'_>)],
    ends: &[StepEnd],
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    let Err(error) = session.execute("COMMIT") else { return Ok(()) };
    if error.kind != DbErrorKind::Closed {
        let _ = session.execute("ROLLBACK");
        return Err(Error::database("commit the migration")(error));
    }
    let last = steps.iter().zip(ends).rfind(|(_, end)| matches!(end, StepEnd::Done { .. }));
    let Some(((work, _), _)) = last else { return Ok(()) };
    let unknown =
        || Error::new(ErrorKind::CommitUnknown { path: work.path(), error: error.clone() });
    match engine.reconnect(session, observer) {
        Ok(true) => {}
        Ok(false) | Err(_) => return Err(unknown()),
    }
    let done = after_the_others(session, engine, work, observer).map_err(|_| unknown())?;
    match done {
        true => Ok(()),
        // Rolled back for sure: worth another try.
        false => Err(Error::database("commit the migration")(error)),
    }
}

/// Whether it is done, once the server has ended what it still did for the lost connection.
fn after_the_others(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    work: &Work<'_>,
    observer: &mut dyn Observer,
) -> Result<bool, Error> {
    let mut waiting = Waiting::new(engine.options.runner_wait);
    loop {
        engine.connection.begin(session).map_err(Error::database("begin a transaction"))?;
        let taken = engine.lock.take_in_transaction(session);
        let done = taken.and_then(|taken| match taken {
            true => work.is_done(session, engine.tables).map(Some),
            false => Ok(None),
        });
        let _ = session.execute("ROLLBACK");
        if let Some(done) = done.map_err(Error::database("read the version back"))? {
            return Ok(done);
        }
        waiting.pause(&engine.lock, session, observer)?;
    }
}

pub(super) fn ended(work: &Work<'_>) -> Error {
    Error::new(ErrorKind::TransactionEnded { path: work.path() })
}

/// Whether the transaction in which something was written is over.
///
/// A file that is sent whole may hold a COMMIT that nobody saw. SQLite refuses a BEGIN inside a
/// transaction, so one that succeeds is the proof; PostgreSQL numbers a transaction once it writes. MySQL
/// does not tell, so nothing is sent whole inside a transaction there.
pub(super) fn is_over(session: &mut dyn Session) -> DbResult<bool> {
    match session.dialect() {
        Dialect::Sqlite => match session.execute("BEGIN") {
            Ok(()) => session.execute("ROLLBACK").map(|()| true),
            Err(error) if error.kind == DbErrorKind::Other => Ok(false),
            Err(error) => Err(error),
        },
        Dialect::Postgres => {
            let sql = "SELECT CAST(pg_catalog.txid_current_if_assigned() AS TEXT)";
            let rows = session.query(sql, &[])?;
            Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).is_none())
        }
        Dialect::Mysql => Ok(false),
    }
}

/// When a COMMIT in the file has committed the claim: takes it back and records that nobody knows how far
/// the file came.
pub(super) fn take_back_if_committed(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    over: bool,
    started: Instant,
    error: &Error,
) -> Option<Error> {
    let has_ended = matches!(error.kind, ErrorKind::TransactionEnded { .. });
    if !(over || has_ended || claim_survived(session, work)) {
        return None;
    }
    let result = leave_in_doubt(session, engine, (work, batch), started, error);
    Some(match result {
        Ok(()) => ended(work),
        Err(error) => Error::database(TAKE_BACK)(error),
    })
}

/// Records that nobody knows how far the file came.
fn leave_in_doubt(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    started: Instant,
    error: &Error,
) -> DbResult<()> {
    let (message, tables) = (error.to_string(), engine.tables);
    write_transaction(session, |session| {
        work.unclaim(session, tables)?;
        let number = history::next_attempt(session, tables, work.version)?;
        let mut attempt =
            record(session, work, number, batch, Ended::Failed, started, Some(&message));
        // Half done is what statement mode leaves behind; intent beyond done makes it doubtful.
        attempt.mode = Mode::Statement;
        history::insert_record(session, tables, &engine.run, &attempt)?;
        history::advance(session, tables, work.version, number, (0, batch.digest_of_first(0)), 1)
    })
}

/// MySQL: a rollback does nothing to tables that have no transactions, and says so in a warning. Asked for
/// directly behind it.
pub(super) fn has_left_something(session: &mut dyn Session) -> bool {
    const WARNING_NOT_COMPLETE_ROLLBACK: &str = "1196";
    if session.dialect() != Dialect::Mysql {
        return false;
    }
    // Not every family of connections can ask.
    let warnings = session.query("SHOW WARNINGS", &[]).unwrap_or_default();
    let code = |row: &crate::session::Row| row.get(1).cloned().flatten();
    warnings.iter().any(|row| code(row).as_deref() == Some(WARNING_NOT_COMPLETE_ROLLBACK))
}

/// What a rollback has left is for a person to look at.
pub(super) fn left_behind(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    started: Instant,
    mut error: Error,
) -> Error {
    if let Err(failed) = leave_in_doubt(session, engine, (work, batch), started, &error) {
        return Error::database(TAKE_BACK)(failed);
    }
    if let ErrorKind::Statement(statement) = &mut error.kind {
        statement.rolled_back = false;
        statement.doubtful = true;
    }
    error
}

/// After the rollback the claim is still there, and no other runner's record explains it.
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

/// Best effort: that the note of a failure is lost changes nothing.
pub(super) fn note_failure(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (work, batch): (&Work<'_>, &Batch<'_>),
    started: Instant,
    error: &Error,
) {
    let message = error.to_string();
    let tables = engine.tables;
    let _ = history::next_attempt(session, tables, work.version).and_then(|number| {
        let attempt = record(session, work, number, batch, Ended::Failed, started, Some(&message));
        history::insert_record(session, tables, &engine.run, &attempt)
    });
}
