//! Seeds: files that run once for a content, recorded in the transaction that they run in.

#[cfg(feature = "seed")]
mod function;
mod record;
#[cfg(feature = "seed")]
mod rows;
mod statements;
mod unit;

use std::time::Duration;

use dbmig_build::{Digest, Seed};

#[cfg(feature = "seed")]
pub(crate) use self::function::run_function;
#[cfg(feature = "seed")]
pub use self::rows::{lonely_side_files, plan_seeds, undo_seed};
use self::unit::{Unit, units};
use super::lock::Waiting;
use super::{Engine, connection, enter};
use crate::error::Error;
use crate::event::Observer;
use crate::history::{self, History};
use crate::options::RunOptions;
use crate::session::{DbResult, Session};
use crate::sql::text;

const RECORD: &str = "record the seed";

/// What the database knows of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedState {
    /// Never run, or a migration was reverted since.
    New,
    /// Run with other content.
    Changed,
    /// Run with this content, and its rows are not there any more as it left them.
    Differs,
    /// Run with this content.
    Done,
}

/// One seed that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// Its name.
    pub name: String,
    /// How many statements were sent.
    pub statements: usize,
    /// How long it took.
    pub elapsed: Duration,
    /// What a data file changed.
    #[cfg(feature = "seed")]
    pub rows: Option<crate::seed::DataPlan>,
}

/// What a run of seeds did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedReport {
    /// Committed, in order.
    pub run: Vec<Seeded>,
    /// How many had been run before with the same content.
    pub unchanged: usize,
}

/// Reads what the database knows of these seeds: their names and states, side files left out. Writes nothing.
///
/// # Errors
///
/// What the database reports.
pub fn seed_states(
    session: &mut dyn Session,
    seeds: &[Seed],
) -> DbResult<Vec<(String, SeedState)>> {
    connection::patiently(session, |session| {
        let history = history::read(session)?;
        read_states(session, &history, seeds)
    })
}

fn read_states(
    session: &mut dyn Session,
    history: &History,
    seeds: &[Seed],
) -> DbResult<Vec<(String, SeedState)>> {
    let recorded = if history.has_own_tables {
        let dialect = session.dialect();
        let sql = format!(
            "SELECT kind, name, {} FROM {} WHERE kind IN ('seed', 'seed-rows')",
            text(dialect, "value"),
            history.tables.state()
        );
        session.query(&sql, &[])?
    } else {
        vec![]
    };
    let digest = |kind: &str, name: &str| {
        let row = recorded.iter().find(|row| match row.as_slice() {
            [Some(found), Some(of), _] => found == kind && of == name,
            _ => false,
        });
        row.and_then(|row| row.get(2)?.as_deref()).and_then(Digest::parse)
    };
    #[cfg(feature = "seed")]
    let mut ground = None;
    let mut states = Vec::new();
    for unit in units(seeds) {
        let name = &unit.seed.name;
        let state = match digest("seed", name) {
            None => SeedState::New,
            Some(digest) if digest != unit.digest => SeedState::Changed,
            Some(_) => SeedState::Done,
        };
        #[cfg(feature = "seed")]
        let state = match digest("seed-rows", name).filter(|_| state == SeedState::Done) {
            None => state,
            Some(rows) => {
                let ground = match &ground {
                    Some(ground) => ground,
                    None => ground.insert(crate::seed::Ground::read(session)?),
                };
                match rows::still_there(session, ground, &unit, &rows)? {
                    true => SeedState::Done,
                    false => SeedState::Differs,
                }
            }
        };
        states.push((name.clone(), state));
    }
    Ok(states)
}

/// The units that run.
fn todo<'a>(seeds: &'a [Seed], states: &[(String, SeedState)], again: bool) -> Vec<Unit<'a>> {
    units(seeds)
        .into_iter()
        .zip(states)
        .filter(|(_, (_, state))| again || *state != SeedState::Done)
        .map(|(unit, _)| unit)
        .collect()
}

/// Runs the seeds whose content the database does not know, and those whose rows are not there any more;
/// `again` runs all of them. Every cell of the data files among them is checked before anything is written.
///
/// # Errors
///
/// The first statement that fails; its seed is rolled back, those before it stay.
pub fn run_seeds(
    session: &mut dyn Session,
    seeds: &[Seed],
    again: bool,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<SeedReport, Error> {
    let read = |session: &mut dyn Session| {
        let history = history::read(session)?;
        let states = read_states(session, &history, seeds)?;
        Ok((history, states))
    };
    let (history, states) = connection::patiently(session, read)
        .map_err(Error::database("read which seeds were run"))?;
    let mut report = SeedReport::default();
    let todo = todo(seeds, &states, again);
    report.unchanged = states.len() - todo.len();
    if todo.is_empty() {
        return Ok(report);
    }
    #[cfg(feature = "seed")]
    let ground = match todo.iter().any(Unit::is_data) {
        false => None,
        true => {
            let ground =
                crate::seed::Ground::read(session).map_err(Error::database("read the schema"))?;
            let protected = options.protected || history.stamp.is_some();
            rows::refuse(session, &ground, &todo, protected, true)?;
            Some(ground)
        }
    };
    #[cfg(not(feature = "seed"))]
    if let Some(unit) = todo.iter().find(|unit| unit.is_data()) {
        return Err(Error::new(crate::error::ErrorKind::SeedFeature {
            name: unit.seed.name.clone(),
        }));
    }
    let state_of = |unit: &Unit<'_>| {
        states.iter().find(|(name, _)| *name == unit.seed.name).map(|(_, state)| *state)
    };
    let engine = enter(session, &history, options, observer)?;
    let result = todo.into_iter().try_for_each(|unit| {
        engine.connection.settle(session)?;
        // What is recorded and not there any more is recorded anew.
        let again = again || state_of(&unit) == Some(SeedState::Differs);
        #[cfg(feature = "seed")]
        let done = match &ground {
            Some(ground) if unit.is_data() => {
                rows::run(session, &engine, ground, &unit, again, observer)?
            }
            _ => statements::run(session, &engine, &unit, again, observer)?,
        };
        #[cfg(not(feature = "seed"))]
        let done = statements::run(session, &engine, &unit, again, observer)?;
        match done {
            Some(seeded) => report.run.push(seeded),
            None => report.unchanged += 1,
        }
        Ok(())
    });
    let left = engine.leave(session);
    result.and(left).map(|()| report)
}

/// Begins a transaction that no other runner is in.
fn begin_locked(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    let mut waiting = Waiting::new(engine.options.runner_wait);
    loop {
        engine.connection.begin(session).map_err(Error::database("begin a transaction"))?;
        let taken = engine.lock.take_in_transaction(session);
        if matches!(taken, Ok(true)) {
            return Ok(());
        }
        session.execute("ROLLBACK").map_err(Error::database("roll back"))?;
        taken.map_err(Error::database("take the lock of the run"))?;
        waiting.pause(&engine.lock, session, observer)?;
    }
}
