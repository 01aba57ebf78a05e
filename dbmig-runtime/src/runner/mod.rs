//! Executes a plan: claims, transactions, statements, history.

pub(crate) mod adopt;
pub(crate) mod attempt;
pub(crate) mod batch;
pub(crate) mod blockers;
mod concurrent;
mod connection;
mod decide;
mod foreign_keys;
mod guard;
mod lock;
mod packets;
mod pooler;
mod probe;
mod recover;
mod repeatables;
mod seeds;
mod statement_mode;
pub(crate) mod transaction;
mod transaction_end;
mod work;

pub(crate) use connection::{Connection, enter as enter_connection, patiently};
pub use decide::{decide, decide_if};
pub(crate) use lock::{Lock, jittered};
pub(crate) use pooler::refuse as refuse_pooler;
pub use recover::recover;
#[cfg(feature = "seed")]
pub(crate) use seeds::run_function;
pub use seeds::{SeedReport, SeedState, Seeded, run_seeds, seed_states};
#[cfg(feature = "seed")]
pub use seeds::{lonely_side_files, plan_seeds, undo_seed};

use std::time::Instant;

use dbmig_build::{Dialect, Migration, MigrationSet, OnFail, Version};

use self::batch::Batch;
pub(crate) use self::work::Work;
use crate::backfill;
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Event, Observer};
use crate::history::{self, History, Record, RecordedDown, Run, Tables};
use crate::options::{RunOptions, Scope};
use crate::plan::{Backfills, DownSource, Plan, PlanError, Step};
use crate::report::{Done, Report, Unmet};
use crate::session::{DbErrorKind, Session};

/// How a step ended, when it did not fail.
enum StepEnd {
    /// It ran, although these preconditions did not hold.
    Done {
        statements: usize,
        warnings: Vec<String>,
    },
    ByAnother,
    /// A precondition did not hold: it stays pending, or is recorded as applied.
    Unmet {
        on_fail: OnFail,
        reason: String,
    },
}

/// From so many steps on it pays to ask whether there is a pooler, on a connection of its own.
const MANY: usize = 20;

/// What every step of a run needs.
struct Engine<'a> {
    tables: &'a Tables,
    options: &'a RunOptions,
    connection: Connection,
    lock: Lock,
    run: Run,
}

/// Executes `plan` on `session`.
///
/// With an empty plan nothing is written, not even tables.
///
/// # Errors
///
/// The first thing that fails; what was committed before is in the error's report.
pub fn run(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    plan: &Plan,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Report, Error> {
    if plan.is_empty() {
        return Ok(Report { notes: plan.notes.clone(), ..Report::default() });
    }
    #[cfg(feature = "tracing")]
    {
        let mut traced = crate::trace::Traced::new(observer, session.dialect());
        let result = run_plan(session, (set, history, plan), options, &mut traced);
        traced.end(&result);
        result
    }
    #[cfg(not(feature = "tracing"))]
    run_plan(session, (set, history, plan), options, observer)
}

fn run_plan(
    session: &mut dyn Session,
    (set, history, plan): (&MigrationSet, &History, &Plan),
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Report, Error> {
    let mut report = Report { notes: plan.notes.clone(), ..Report::default() };
    if session.is_nested() {
        refuse_nested(session, (set, history, plan))?;
    }
    let engine = enter(session, history, options, observer)?;
    let result = run_steps(session, &engine, (set, history, plan), observer, &mut report);
    // The connection goes back as it came; the first error is the one to tell.
    let left = engine.leave(session);
    match result.and(left) {
        Ok(()) => Ok(report),
        Err(mut error) => {
            *error.report = report;
            Err(error)
        }
    }
}

/// Makes the connection ready, and takes the lock where it is one of the whole run.
fn enter<'a>(
    session: &mut dyn Session,
    history: &'a History,
    options: &'a RunOptions,
    observer: &mut dyn Observer,
) -> Result<Engine<'a>, Error> {
    let connection = connection::enter(session, options)?;
    let lock = Lock::of(session.dialect(), &history.tables);
    let run = Run { batch: history.last_batch().saturating_add(1), runner: adopt::runner_id() };
    let engine = Engine { tables: &history.tables, options, connection, lock, run };
    let ready = match session.dialect() {
        Dialect::Mysql => engine.lock.wait(session, options.runner_wait, observer),
        Dialect::Sqlite | Dialect::Postgres => Ok(()),
    }
    .and_then(|()| {
        history::ensure_tables(session, history, options.stamp.as_deref())
            .map_err(Error::database("create the history tables"))
    });
    match ready {
        Ok(()) => Ok(engine),
        Err(error) => {
            let _ = engine.leave(session);
            Err(error)
        }
    }
}

impl Engine<'_> {
    fn leave(&self, session: &mut dyn Session) -> Result<(), Error> {
        let released = match session.dialect() {
            Dialect::Mysql => self.lock.release(session),
            Dialect::Sqlite | Dialect::Postgres => Ok(()),
        };
        let left = self.connection.leave(session);
        match released.map_err(Error::database("release the lock of the run")).and(left) {
            // The lock and the settings have gone with the connection.
            Err(error) if error.db().is_some_and(|error| error.kind == DbErrorKind::Closed) => {
                Ok(())
            }
            result => result,
        }
    }

    /// After the connection was lost: a new one, ready, with the lock of the run. `false` where there is
    /// none to be had.
    fn reconnect(
        &self,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<bool, Error> {
        if !session.reconnect().map_err(Error::database("connect again"))? {
            return Ok(false);
        }
        self.connection.settle(session)?;
        if session.dialect() == Dialect::Mysql {
            self.lock.wait(session, self.options.runner_wait, observer)?;
        }
        Ok(true)
    }
}

fn run_steps(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (set, history, plan): (&MigrationSet, &History, &Plan),
    observer: &mut dyn Observer,
    report: &mut Report,
) -> Result<(), Error> {
    report.adopted = adopt::adopt(session, engine, set, history, observer)?;
    if plan.steps.len() >= MANY && pooler::is_none(session) {
        session.keep_statements();
    }
    if engine.options.scope == Scope::All {
        refuse_backfills(session, engine, (set, plan))?;
        return transaction::run_all(session, engine, (set, history, plan), observer, report);
    }
    // As the run found it, or as the record of a migration left it.
    let mut settled = true;
    let backfills = |version: &Version| plan.backfills.contains(version);
    let is_step = |version: &Version| plan.steps.iter().any(|step| step.version() == version);
    for version in plan.backfills.iter().filter(|version| !is_step(version)) {
        backfill(session, engine, (set, plan, version), observer, report)?;
        settled = false;
    }
    for step in &plan.steps {
        if session.interrupted() {
            return Err(Error::new(ErrorKind::Interrupted));
        }
        // Who reverted it meanwhile decides what comes next: a redo does not bring it back.
        if matches!(step, Step::Apply(version) if report.by_others.contains(version)) {
            continue;
        }
        let recorded = recorded_down(session, history, step)?;
        let work = Work::of(step, set, history, recorded.as_ref());
        let batch = Batch::of(work.sql, session.dialect(), &work.settings);
        let transaction = batch.mode(&work.settings) == history::Mode::Transaction;
        let about = |error: Error| error.during(work.path(), transaction);
        let anew = !std::mem::take(&mut settled);
        // PostgreSQL's transaction begins with it.
        let begins_anew = anew && transaction && session.dialect() == Dialect::Postgres;
        if anew && !begins_anew {
            engine.connection.settle(session).map_err(about)?;
        }
        let waits = |migration: &&Migration| {
            work.direction == Direction::Up && migration.settings.requires.is_some()
        };
        if let Some(migration) = set.get(work.version).filter(waits) {
            // Its query is asked on a connection that is as the run found it.
            engine.connection.settle(session).map_err(about)?;
            backfill::gate(session, set, engine.tables, migration)?;
        }
        let started = Instant::now();
        observer.event(Event::Started { name: work.name, direction: work.direction });
        packets::refuse(session, &work, &batch)?;
        let end = match transaction {
            true => transaction::run(session, engine, (&work, &batch), begins_anew, observer),
            false => statement_mode::run(session, engine, &work, &batch, observer),
        };
        let end = end.map_err(about)?;
        // Outside a transaction the record is written on a connection that was put back.
        settled = !transaction && matches!(end, StepEnd::Done { .. });
        report_end(&work, &end, started, observer, report);
        let ran = !matches!(end, StepEnd::Unmet { .. });
        if ran && matches!(step, Step::Apply(_)) && backfills(work.version) {
            backfill(session, engine, (set, plan, work.version), observer, report)?;
            settled = false;
        }
    }
    if !settled && !plan.backfills.is_empty() {
        engine.connection.settle(session)?;
    }
    repeatables::run(session, engine, (set, plan), observer, report)
}

/// One transaction for all has no room for windows.
fn refuse_backfills(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (set, plan): (&MigrationSet, &Plan),
) -> Result<(), Error> {
    if let Some(version) = plan.backfills.first() {
        let name = set.get(version).map_or(version.as_str(), |migration| &migration.dir_name);
        let reason = "its rows are changed in transactions of their own";
        return Err(Error::new(ErrorKind::NotInOneTransaction { name: name.to_owned(), reason }));
    }
    let applied = plan.steps.iter().filter(|step| matches!(step, Step::Apply(_)));
    applied
        .filter_map(|step| set.get(step.version()))
        .try_for_each(|migration| backfill::gate(session, set, engine.tables, migration))
}

/// Runs a backfill of the plan.
fn backfill(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    (set, plan, version): (&MigrationSet, &Plan, &Version),
    observer: &mut dyn Observer,
    report: &mut Report,
) -> Result<(), Error> {
    let Some(migration) = set.get(version) else { return Ok(()) };
    engine.connection.settle(session)?;
    let site = backfill::Site {
        tables: engine.tables,
        connection: &engine.connection,
        options: engine.options,
    };
    let only_small = plan.large == Backfills::Defer;
    let way = backfill::Way { only_small, ..backfill::Way::default() };
    let outcome = backfill::drive(session, &site, migration, way, observer)?;
    let interrupted = outcome.end == backfill::End::Interrupted;
    report.backfills.push(outcome);
    if interrupted { Err(Error::new(ErrorKind::Interrupted)) } else { Ok(()) }
}

/// Refuses what can not be inside a transaction of the caller, before anything runs.
fn refuse_nested(
    session: &mut dyn Session,
    (set, history, plan): (&MigrationSet, &History, &Plan),
) -> Result<(), Error> {
    let dialect = session.dialect();
    for step in &plan.steps {
        let recorded = recorded_down(session, history, step)?;
        let work = Work::of(step, set, history, recorded.as_ref());
        let batch = Batch::of(work.sql, dialect, &work.settings);
        transaction::refuse_beside(dialect, &work, &batch)?;
    }
    for (key, repeatable) in repeatables::of(set, plan) {
        let work = Work::repeat(&key, repeatable, false);
        let batch = Batch::of(work.sql, dialect, &work.settings);
        transaction::refuse_beside(dialect, &work, &batch)?;
    }
    Ok(())
}

/// The recorded down, where the step reverts with it.
fn recorded_down(
    session: &mut dyn Session,
    history: &History,
    step: &Step,
) -> Result<Option<RecordedDown>, Error> {
    let Step::Revert(version, DownSource::Recorded) = step else { return Ok(None) };
    let recorded = history::recorded_down(session, history, version)
        .map_err(Error::database("read the recorded down"))?;
    match recorded {
        Some(recorded) => Ok(Some(recorded)),
        None => Err(no_down(version, history.records.get(version))),
    }
}

fn report_end(
    work: &Work<'_>,
    end: &StepEnd,
    started: Instant,
    observer: &mut dyn Observer,
    report: &mut Report,
) {
    let (name, direction) = (work.name, work.direction);
    let elapsed = started.elapsed();
    let mut unmet = |on_fail, reason: &str| {
        observer.event(Event::Unmet { name, on_fail, reason });
        let (version, name) = (work.version.clone(), name.to_owned());
        report.unmet.push(Unmet { version, name, on_fail, reason: reason.to_owned() });
    };
    match *end {
        StepEnd::Unmet { on_fail, ref reason } => unmet(on_fail, reason),
        StepEnd::Done { statements, ref warnings } => {
            warnings.iter().for_each(|reason| unmet(OnFail::Warn, reason));
            observer.event(Event::Finished { name, direction, statements, elapsed });
            let (version, name) = (work.version.clone(), name.to_owned());
            let done = Done { version, name, direction, statements, elapsed };
            match work.repeatable {
                None => report.done.push(done),
                Some(_) => report.repeated.push(done),
            }
        }
        StepEnd::ByAnother => {
            observer.event(Event::Skipped { name, direction });
            if work.repeatable.is_none() {
                report.by_others.push(work.version.clone());
            }
        }
    }
}

/// Reverting with nothing would only forget the version.
fn no_down(version: &Version, record: Option<&Record>) -> Error {
    let name = record.map_or_else(|| version.to_string(), |record| record.name.clone());
    Error::from(PlanError::NoDown { version: version.clone(), name, empty: false })
}
