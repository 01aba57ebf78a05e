//! Executes a plan: claims, transactions, statements, history.

pub(crate) mod batch;
mod context;
mod foreign_keys;
mod seeds;
mod statement_mode;
mod transaction;

pub(crate) use context::patiently;
pub use seeds::{SeedReport, SeedState, run_seeds, seed_states};

use std::time::Instant;

use dbmig_build::{Migration, MigrationSet, Version};

use crate::error::{Error, ErrorKind};
use crate::event::{Direction, Event, Observer};
use crate::history::{self, Action, History, Record, Run};
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
    observer: &mut dyn Observer,
) -> Result<Report, Error> {
    let mut report = Report { notes: plan.notes.clone(), ..Report::default() };
    if plan.is_empty() {
        return Ok(report);
    }
    match context::enter(session) {
        Ok(context) => {
            let result = run_steps(session, set, history, plan, observer, &mut report);
            // The connection goes back as it came; the first error is the one to tell.
            let left = context.leave(session);
            match (result, left) {
                (Err(mut error), _) => {
                    error.report = report;
                    Err(error)
                }
                (Ok(()), Err(mut error)) => {
                    error.report = report;
                    Err(error)
                }
                (Ok(()), Ok(())) => Ok(report),
            }
        }
        Err(error) => Err(error),
    }
}

fn run_steps(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    plan: &Plan,
    observer: &mut dyn Observer,
    report: &mut Report,
) -> Result<(), Error> {
    history::ensure_tables(session).map_err(Error::database("create the history tables"))?;
    let run = Run { batch: history.last_batch() + 1, runner: context::runner_id() };
    report.adopted = context::adopt(session, set, history, &run)?;
    for step in &plan.steps {
        if session.interrupted() {
            return Err(Error::new(ErrorKind::Interrupted));
        }
        // Who reverted it meanwhile decides what comes next: a redo does not bring it back.
        if matches!(step, Step::Apply(version) if report.by_others.contains(version)) {
            continue;
        }
        run_step(session, set, history, step, &run, observer, report)?;
    }
    Ok(())
}

fn run_step(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    step: &Step,
    run: &Run,
    observer: &mut dyn Observer,
    report: &mut Report,
) -> Result<(), Error> {
    let version = step.version();
    let migration = set.get(version);
    let record = history.records.get(version);
    let of_file = || migration.map(|migration| migration.settings.clone()).unwrap_or_default();
    let recorded;
    let (direction, sql, settings) = match step {
        Step::Apply(_) => {
            let migration = migration.expect("a plan applies migrations of its set");
            (Direction::Up, &*migration.up, of_file())
        }
        Step::Revert(_, DownSource::File) => {
            let down = migration.and_then(|migration| migration.down.as_deref());
            (Direction::Down, down.expect("a plan reverts from a file that is there"), of_file())
        }
        Step::Revert(_, DownSource::Recorded) => {
            recorded = history::recorded_down(session, version)
                .map_err(Error::database("read the recorded down"))?
                .ok_or_else(|| no_down(version, record))?;
            (Direction::Down, &*recorded.sql, recorded.settings.clone())
        }
    };
    let known_name = record.map_or(version.as_str(), |record| &record.name);
    let work = Work {
        version,
        name: migration.map_or(known_name, |migration| &*migration.dir_name),
        direction,
        migration,
        sql,
        settings,
        // Of a redo only the revert could meet what the history knew before it.
        resumes: record.filter(|record| {
            record.is_half_done() && record.action == Action::Apply && direction == Direction::Up
        }),
    };
    context::settle(session)?;
    let started = Instant::now();
    observer.event(Event::Started { name: work.name, direction });
    let end = if work.settings.run_in_transaction {
        transaction::run(session, &work, run, observer)?
    } else {
        statement_mode::run(session, &work, run, observer)?
    };
    let elapsed = started.elapsed();
    match end {
        StepEnd::Done { statements } => {
            observer.event(Event::Finished { name: work.name, direction, statements, elapsed });
            let (version, name) = (version.clone(), work.name.to_owned());
            report.done.push(Done { version, name, direction, statements, elapsed });
        }
        StepEnd::ByAnother => {
            observer.event(Event::Skipped { name: work.name, direction });
            report.by_others.push(version.clone());
        }
    }
    Ok(())
}

/// Reverting with nothing would only forget the version.
fn no_down(version: &Version, record: Option<&Record>) -> Error {
    let name = record.map_or_else(|| version.to_string(), |record| record.name.clone());
    Error::from(PlanError::NoDown { version: version.clone(), name, empty: false })
}
