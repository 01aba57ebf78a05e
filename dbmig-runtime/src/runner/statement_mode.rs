//! A migration outside a transaction: statement by statement, intent and progress journalled.
//!
//! What is known to be done and what is about to be sent are written in one row, in one write, so a
//! crash leaves at most one statement of which nobody knows. A file with transactions of its own, or one
//! that is sent whole, is one unit: when it stops, all of it is in doubt.

use std::time::{Duration, Instant};

use dbmig_build::sql::StatementKind;
use dbmig_build::{Dialect, OnFail, When};

use super::attempt::record;
use super::batch::Batch;
use super::lock::jittered;
use super::pooler;
use super::probe::CreatedIndex;
use super::transaction::unmet;
use super::transaction_end::note_failure;
use super::work::Work;
use super::{Engine, StepEnd, blockers, concurrent, guard};
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Event, Observer};
use crate::history::{self, Ended, Record};
use crate::plan::PlanError;
use crate::session::{DbErrorKind, DbResult, Session, write_transaction};

pub(super) fn run(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    work: &Work<'_>,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    if session.dialect() == Dialect::Sqlite {
        PlanError::refuse_settings(work.name, &work.settings)?;
    }
    if session.dialect() != Dialect::Postgres {
        // SQLite has no lock that outlives a statement, MySQL's is held for the whole run.
        return locked(session, engine, work, batch, observer);
    }
    pooler::refuse(session, work.name)?;
    engine.lock.wait(session, engine.options.runner_wait, observer)?;
    let result = engine
        .connection
        .limit_statements(session)
        .map_err(Error::database("prepare the connection"))
        .and_then(|()| locked(session, engine, work, batch, observer));
    // Gone with the connection, or let go of by the file.
    let _ = engine.lock.release(session);
    result
}

/// Under the lock: a statement that outlived its client would hold it.
fn locked(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    work: &Work<'_>,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<StepEnd, Error> {
    let warnings = match ask_first(session, engine, work, batch)? {
        First::Run(warnings) => warnings,
        First::Ended(end) => return Ok(end),
    };
    let (number, done) = match begin(session, engine, work, batch)? {
        Claim::Ours { number, done } => (number, done),
        Claim::ByAnother => return Ok(StepEnd::ByAnother),
        Claim::HalfDone(record) => {
            return Err(Error::from(PlanError::half_done(work.version, &record)));
        }
    };
    let attempt = Attempt { engine, work, batch, number };
    let all = batch.len();
    let sent = match batch.is_one_unit() && (done < all || all == 0) {
        true => attempt.send_as_one(session, observer),
        false => attempt.send_each(session, done, observer),
    };
    if let Err(error) = sent {
        let lost = error.db().is_some_and(|error| error.kind == DbErrorKind::Closed);
        if lost && !matches!(engine.reconnect(session, observer), Ok(true)) {
            return Err(error);
        }
        let message = error.to_string();
        let (tables, version) = (engine.tables, work.version);
        let failed = Ended::Failed;
        let _ = history::end_attempt(session, tables, version, number, failed, Some(&message));
        return Err(error);
    }
    // The record is ours to write, whatever the file has made of the session.
    engine.connection.settle(session)?;
    if guard::asks_after(batch) {
        attempt.hold_after(session)?;
    }
    attempt.finish(session).map_err(Error::database("record the migration"))?;
    Ok(StepEnd::Done { statements: all, warnings })
}

/// What the questions before the first statement make of the attempt.
enum First {
    /// It begins, although these do not hold.
    Run(Vec<String>),
    /// It ended before it began.
    Ended(StepEnd),
}

/// Asks before anything is claimed: what stops here leaves no attempt of which somebody has to decide. Of
/// one that goes on where it stopped nothing is asked again, since its own statements have changed the answer.
fn ask_first(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    work: &Work<'_>,
    batch: &Batch<'_>,
) -> Result<First, Error> {
    if !guard::asks_before(work, batch) {
        return Ok(First::Run(vec![]));
    }
    let tables = engine.tables;
    let (applied, newest) = history::read_version(session, tables, work.version)
        .map_err(Error::database("read the state of the migration"))?;
    if applied == (work.direction == Direction::Up) {
        return Ok(First::Ended(StepEnd::ByAnother));
    }
    let begun = |half: &Record| half.is_half_done() && half.statements_done.max(half.intent) > 0;
    if newest.as_ref().is_some_and(begun) {
        return Ok(First::Run(vec![]));
    }
    let started = Instant::now();
    let verdict = guard::before(session, work, batch).inspect_err(|error| {
        note_failure(session, engine, (work, batch), started, error);
    })?;
    let (on_fail, reason) = match verdict {
        guard::Verdict::Run(warnings) => return Ok(First::Run(warnings)),
        guard::Verdict::Skip(reason) => (OnFail::Skip, reason),
        guard::Verdict::MarkApplied(reason) => (OnFail::MarkApplied, reason),
    };
    let decide = |session: &mut dyn Session| -> DbResult<StepEnd> {
        if on_fail == OnFail::MarkApplied && !history::claim(session, tables, work.version)? {
            return Ok(StepEnd::ByAnother);
        }
        let (number, _) = history::newest_attempt(session, tables, work.version)?;
        unmet(session, engine, (work, batch), number, (on_fail, reason))
    };
    let end = write_transaction(session, decide);
    end.map(First::Ended).map_err(Error::database("record the attempt"))
}

/// An attempt that is ours.
struct Attempt<'a> {
    engine: &'a Engine<'a>,
    work: &'a Work<'a>,
    batch: &'a Batch<'a>,
    number: i64,
}

impl Attempt<'_> {
    /// Journals how far it is, and what is about to be sent.
    fn advance(&self, session: &mut dyn Session, done: usize, intent: usize) -> DbResult<()> {
        let progress = (done, self.batch.digest_of_first(done));
        let (tables, version) = (self.engine.tables, self.work.version);
        history::advance(session, tables, version, self.number, progress, intent)
    }

    /// Every statement is there by now, and stays: journalled as such, so that the next run asks again and
    /// sends nothing.
    fn hold_after(&self, session: &mut dyn Session) -> Result<(), Error> {
        let all = self.batch.len();
        self.advance(session, all, all).map_err(Error::database("record what was sent"))?;
        let (work, batch) = (self.work, self.batch);
        guard::hold(session, work, batch, When::After, guard::Left::Everything).inspect_err(
            |error| {
                let (tables, version) = (self.engine.tables, work.version);
                let message = error.to_string();
                let failed = Ended::Failed;
                let _ = history::end_attempt(
                    session,
                    tables,
                    version,
                    self.number,
                    failed,
                    Some(&message),
                );
            },
        )
    }

    fn send_each(
        &self,
        session: &mut dyn Session,
        done: usize,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        for index in done..self.batch.len() {
            self.before(session, index, index == done, observer)?;
            let before = changes(session);
            if let Err(error) = self.send(session, index, observer) {
                // `OR FAIL` keeps the rows before the one that failed.
                let partial = changes(session) != before;
                // A trigger or a conflict clause can leave a transaction open.
                let _ = session.execute("ROLLBACK");
                if !partial && is_refusal(error.kind) {
                    // The database said no: the statement is not there, and nothing is in doubt.
                    let _ = self.advance(session, index, index);
                }
                let error = self.batch.failure(self.work, index, error, false);
                return Err(blockers::add(session, self.engine, error));
            }
            if session.interrupted() {
                // A statement that was cut short can report success.
                return Err(Error::new(ErrorKind::Interrupted));
            }
        }
        Ok(())
    }

    /// The lock is still ours, and the journal says what comes.
    fn before(
        &self,
        session: &mut dyn Session,
        index: usize,
        first: bool,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        if session.interrupted() {
            if first {
                // The claim has announced it already.
                let _ = self.advance(session, index, index);
            }
            return Err(Error::new(ErrorKind::Interrupted));
        }
        if first {
            return Ok(());
        }
        if self.may_have_let_go(session, index - 1) {
            let lock = &self.engine.lock;
            let ours = lock.is_ours(session).map_err(Error::database("look at the lock"))?;
            if !ours {
                // A statement of the file let go of all locks.
                lock.wait(session, self.engine.options.runner_wait, observer)?;
            }
        }
        self.advance(session, index, index + 1)
            .map_err(Error::database("record what is about to be sent"))
    }

    /// Whether statement `index` can have let go of the lock: only functions do that.
    fn may_have_let_go(&self, session: &dyn Session, index: usize) -> bool {
        let sql = self.batch.statement(index).unwrap_or_default();
        match session.dialect() {
            Dialect::Sqlite => false,
            // A default or a trigger may call anything.
            Dialect::Postgres => true,
            Dialect::Mysql => {
                self.batch.kind(index) != Some(StatementKind::Ddl)
                    || sql.to_ascii_lowercase().contains("select")
            }
        }
    }

    /// Sends a statement; one that did not get its lock is sent again.
    fn send(
        &self,
        session: &mut dyn Session,
        index: usize,
        observer: &mut dyn Observer,
    ) -> DbResult<()> {
        let mut left = self.engine.options.retries;
        let mut pause = Duration::from_secs(1);
        let concurrent = self.batch.is_concurrent(index);
        let sql = self.batch.statement(index).unwrap_or_default();
        let built = if concurrent { CreatedIndex::of(sql) } else { None };
        // It may have been tried by an earlier attempt.
        let mut tried = self.number > 1 || self.work.resumes.is_some();
        loop {
            let mut send = |session: &mut dyn Session| self.batch.send(session, index, observer);
            let sent = match &built {
                Some(built) => concurrent::build(session, built, tried, send),
                None => send(session),
            };
            let Err(error) = sent else { return Ok(()) };
            tried = true;
            // What else works concurrently leaves something behind that nobody removes.
            let again = error.kind == DbErrorKind::Busy
                && session.dialect() != Dialect::Sqlite
                && (!concurrent || built.is_some())
                && !session.interrupted()
                && left > 0;
            if !again {
                return Err(error);
            }
            left -= 1;
            let after = jittered(pause);
            let patience = self.engine.connection.patience();
            let found = blockers::of_statement(session, sql, patience);
            let reason = blockers::with(error.to_string(), &found);
            observer.event(Event::Retrying { name: self.work.name, reason: &reason, after });
            std::thread::sleep(after);
            pause = (pause * 2).min(Duration::from_secs(30));
        }
    }

    /// Nothing is journalled in between: it would be part of the file's own transactions.
    fn send_as_one(
        &self,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let sent = self.batch.send_all(session, observer);
        // A transaction that the file left open is not left to the caller.
        let left_open = leave_transaction(session);
        match sent {
            Err((index, error)) => Err(self.batch.failure(self.work, index, error, false)),
            Ok(()) if left_open => {
                Err(Error::new(ErrorKind::TransactionEnded { path: self.work.path() }))
            }
            Ok(()) => Ok(()),
        }
    }

    /// The version row and the end of the attempt, in one transaction.
    fn finish(&self, session: &mut dyn Session) -> DbResult<()> {
        let (tables, version) = (self.engine.tables, self.work.version);
        write_transaction(session, |session| {
            match self.work.direction {
                Direction::Up => history::claim(session, tables, version)?,
                Direction::Down => history::forget(session, tables, version)?,
            };
            self.work.forget_backfill(session, tables)?;
            let all = self.batch.len();
            let done = (all, self.batch.digest_of_first(all));
            history::finish_attempt(session, tables, version, self.number, done)?;
            if self.work.direction == Direction::Down {
                history::void_data(session, tables)?;
            }
            Ok(())
        })
    }
}

/// The database answered, and the answer was no.
fn is_refusal(kind: DbErrorKind) -> bool {
    !matches!(kind, DbErrorKind::Interrupted | DbErrorKind::Timeout | DbErrorKind::Closed)
}

/// How many rows this connection has changed, where the database counts them.
fn changes(session: &mut dyn Session) -> Option<String> {
    if session.dialect() != Dialect::Sqlite {
        return None;
    }
    let rows = session.query("SELECT CAST(total_changes() AS TEXT)", &[]).ok()?;
    rows.into_iter().next()?.into_iter().next()?
}

/// Ends a transaction that a file has left open; `true` when there was one.
fn leave_transaction(session: &mut dyn Session) -> bool {
    match session.dialect() {
        Dialect::Sqlite => session.execute("ROLLBACK").is_ok(),
        // A ROLLBACK without a transaction is no error there, and SAVEPOINT works only in one.
        Dialect::Postgres => {
            let open = session.execute("SAVEPOINT dbmig").is_ok();
            session.execute("ROLLBACK").is_ok() && open
        }
        Dialect::Mysql => {
            let _ = session.execute("ROLLBACK");
            false
        }
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
    engine: &Engine<'_>,
    work: &Work<'_>,
    batch: &Batch<'_>,
) -> Result<Claim, Error> {
    let tables = engine.tables;
    let started = Instant::now();
    let claim = |session: &mut dyn Session| -> DbResult<Claim> {
        let (applied, newest) = history::read_version(session, tables, work.version)?;
        if applied == (work.direction == Direction::Up) {
            return Ok(Claim::ByAnother);
        }
        let half = newest.as_ref().filter(|record| record.is_half_done());
        let (number, done) = match half {
            None => (history::next_attempt(session, tables, work.version)?, 0),
            Some(half) if is_what_we_resume(work, half, batch) => {
                (half.attempt, usize::try_from(half.statements_done).unwrap_or(0))
            }
            Some(half) => return Ok(Claim::HalfDone(Box::new(half.clone()))),
        };
        let mut attempt = record(session, work, number, batch, Ended::Started, started, None);
        // What is sent first is announced with it.
        attempt.intent = batch.len().min(done + 1);
        match half {
            Some(half) => {
                attempt.done = done;
                attempt.done_digest = half.done_digest.as_ref();
                history::restart(session, tables, &engine.run, &attempt)?;
            }
            None => history::insert_record(session, tables, &engine.run, &attempt)?,
        }
        Ok(Claim::Ours { number, done })
    };
    write_transaction(session, claim).map_err(Error::database("claim the migration"))
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
