//! Executes a plan: claims, transactions, statements, history.

mod adopt;
pub(crate) mod batch;
mod connection;
mod foreign_keys;
mod lock;
mod pooler;
mod probe;
mod recover;
mod seeds;
mod statement_mode;
mod transaction;
mod transaction_end;

pub(crate) use connection::patiently;
pub use recover::recover;
pub use seeds::{SeedReport, SeedState, run_seeds, seed_states};

use std::time::Instant;

use dbmig_build::{Dialect, Migration, MigrationSet, Version};

use self::batch::Batch;
use self::connection::Connection;
use self::lock::Lock;
use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Event, Observer};
use crate::history::{self, Action, History, Record, RecordedDown, Run, Tables};
use crate::options::{RunOptions, Scope};
use crate::plan::{DownSource, Plan, PlanError, Step};
use crate::report::{Done, Report};
use crate::session::Session;

/// What one step runs.
struct Work<'a> {
    version: &'a Version,
    name: &'a str,
    direction: Direction,
    /// `None` for a version without a directory.
    migration: Option<&'a Migration>,
    sql: &'a str,
    settings: dbmig_build::Settings,
    /// An attempt that stopped with an error and is continued.
    resumes: Option<&'a Record>,
}

/// How a step ended, when it did not fail.
enum StepEnd {
    Done { statements: usize },
    ByAnother,
}

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
    let mut report = Report { notes: plan.notes.clone(), ..Report::default() };
    if plan.is_empty() {
        return Ok(report);
    }
    let engine = enter(session, history, options, observer)?;
    let result = run_steps(session, &engine, (set, history, plan), observer, &mut report);
    // The connection goes back as it came; the first error is the one to tell.
    let left = engine.leave(session);
    match result.and(left) {
        Ok(()) => Ok(report),
        Err(mut error) => {
            error.report = report;
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
    let run = Run { batch: history.last_batch() + 1, runner: adopt::runner_id() };
    let engine = Engine { tables: &history.tables, options, connection, lock, run };
    let ready = match session.dialect() {
        Dialect::Mysql => engine.lock.wait(session, options.runner_wait, observer),
        Dialect::Sqlite | Dialect::Postgres => Ok(()),
    }
    .and_then(|()| {
        history::ensure_tables(session, history)
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
        released.map_err(Error::database("release the lock of the run")).and(left)
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
    report.adopted = adopt::adopt(session, engine, set, history)?;
    if engine.options.scope == Scope::All {
        return transaction::run_all(session, engine, (set, history, plan), observer, report);
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
        engine.connection.settle(session)?;
        let started = Instant::now();
        observer.event(Event::Started { name: work.name, direction: work.direction });
        let batch = Batch::of(work.sql, session.dialect(), &work.settings);
        let end = match batch.mode(&work.settings) {
            history::Mode::Transaction => {
                transaction::run(session, engine, &work, &batch, observer)?
            }
            history::Mode::Statement => {
                statement_mode::run(session, engine, &work, &batch, observer)?
            }
        };
        report_end(&work, &end, started, observer, report);
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

impl<'a> Work<'a> {
    fn of(
        step: &'a Step,
        set: &'a MigrationSet,
        history: &'a History,
        recorded: Option<&'a RecordedDown>,
    ) -> Self {
        let version = step.version();
        let migration = set.get(version);
        let record = history.records.get(version);
        let of_file = || migration.map(|migration| migration.settings.clone()).unwrap_or_default();
        let (direction, sql, settings) = match (step, recorded) {
            (Step::Apply(_), _) => {
                let migration = migration.expect("a plan applies migrations of its set");
                (Direction::Up, &*migration.up, of_file())
            }
            (Step::Revert(..), Some(recorded)) => {
                (Direction::Down, &*recorded.sql, recorded.settings.clone())
            }
            (Step::Revert(..), None) => {
                let down = migration.and_then(|migration| migration.down.as_deref());
                (
                    Direction::Down,
                    down.expect("a plan reverts from a file that is there"),
                    of_file(),
                )
            }
        };
        let known_name = record.map_or(version.as_str(), |record| &record.name);
        Work {
            version,
            name: migration.map_or(known_name, |migration| &*migration.dir_name),
            direction,
            migration,
            sql,
            settings,
            // Of a redo only the revert could meet what the history knew before it.
            resumes: record.filter(|record| {
                record.is_half_done()
                    && record.action == Action::Apply
                    && direction == Direction::Up
            }),
        }
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
    match *end {
        StepEnd::Done { statements } => {
            observer.event(Event::Finished { name, direction, statements, elapsed });
            let (version, name) = (work.version.clone(), name.to_owned());
            report.done.push(Done { version, name, direction, statements, elapsed });
        }
        StepEnd::ByAnother => {
            observer.event(Event::Skipped { name, direction });
            report.by_others.push(work.version.clone());
        }
    }
}

/// Reverting with nothing would only forget the version.
fn no_down(version: &Version, record: Option<&Record>) -> Error {
    let name = record.map_or_else(|| version.to_string(), |record| record.name.clone());
    Error::from(PlanError::NoDown { version: version.clone(), name, empty: false })
}
