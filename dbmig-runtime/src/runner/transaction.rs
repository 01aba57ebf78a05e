//! A migration in one transaction with its history: done, or nothing happened.

use std::time::Instant;

use dbmig_build::{Dialect, sql};

use super::batch::Batch;
use super::{StepEnd, Work};
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Observer};
use crate::history::{self, Action, Attempt, Ended, Mode, Run};
use crate::session::{DbResult, Session};

pub(super) fn run(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let keys_off = work.settings.foreign_keys_off && session.dialect() == Dialect::Sqlite;
    if keys_off {
        // Inside a transaction the pragma does nothing.
        session
            .execute("PRAGMA foreign_keys = OFF")
            .map_err(Error::database("switch foreign keys off"))?;
    }
    let result = in_transaction(session, work, run, keys_off, observer);
    if keys_off {
        session
            .execute("PRAGMA foreign_keys = ON")
            .map_err(Error::database("switch foreign keys on"))?;
    }
    result
}

fn in_transaction(
    session: &mut dyn Session,
    work: &Work<'_>,
    run: &Run,
    keys_off: bool,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let batch = Batch::of(work.sql, session.dialect(), work.settings.split_off);
    let started = Instant::now();
    session.execute("BEGIN IMMEDIATE").map_err(Error::database("begin a transaction"))?;
    match attempt(session, work, run, &batch, keys_off, started, observer) {
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
            let _ = session.execute("ROLLBACK");
            note_failure(session, work, run, &batch, started, &error);
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
    batch
        .send_all(session, observer)
        .map_err(|(index, error)| batch.failure(work, index, error, true))?;
    if !still_ours(session, work).map_err(Error::database("read the version back"))? {
        return Err(Error::new(ErrorKind::TransactionEnded {
            name: work.name.to_owned(),
            direction: work.direction,
        }));
    }
    if keys_off {
        check_foreign_keys(session, work)?;
    }
    let write = |session: &mut dyn Session| -> DbResult<()> {
        let number = history::next_attempt(session, work.version)?;
        let attempt = record(session, work, number, batch, Ended::Finished, started, None);
        history::insert_record(session, run, &attempt)?;
        if work.direction == Direction::Down {
            history::void_seeds(session)?;
        }
        Ok(())
    };
    write(session).map_err(Error::database("record the attempt"))?;
    Ok(Some(()))
}

/// The transaction that was begun is still open, and holds the claim.
///
/// A file with a COMMIT of its own ends it; SQLite refuses a BEGIN inside a transaction, so one that
/// succeeds is the proof of the contrary.
fn still_ours(session: &mut dyn Session, work: &Work<'_>) -> DbResult<bool> {
    if session.dialect() == Dialect::Sqlite && session.execute("BEGIN").is_ok() {
        session.execute("ROLLBACK")?;
        return Ok(false);
    }
    Ok(history::is_recorded(session, work.version)? == (work.direction == Direction::Up))
}

fn check_foreign_keys(session: &mut dyn Session, work: &Work<'_>) -> Result<(), Error> {
    let sql =
        "SELECT \"table\", CAST(rowid AS TEXT), parent FROM pragma_foreign_key_check LIMIT 10";
    let rows = session.query(sql, &[]).map_err(Error::database("check foreign keys"))?;
    if rows.is_empty() {
        return Ok(());
    }
    let text = |column: Option<&Option<String>>| column.cloned().flatten().unwrap_or_default();
    let violations = rows
        .iter()
        .map(|row| format!("{} row {} → {}", text(row.first()), text(row.get(1)), text(row.get(2))))
        .collect();
    Err(Error::new(ErrorKind::ForeignKeys {
        name: work.name.to_owned(),
        direction: work.direction,
        violations,
    }))
}

pub(super) fn record<'a>(
    session: &dyn Session,
    work: &Work<'a>,
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
