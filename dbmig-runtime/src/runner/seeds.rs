//! Seeds: data files that run once for a content, recorded in the transaction that they run in.

use std::time::{Duration, Instant};

use dbmig_build::{Digest, Seed, Settings};

use super::batch::Batch;
use super::lock::Waiting;
use super::transaction_end::is_over;
use super::{Engine, connection, enter};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::history::{self, History, Mode, Tables};
use crate::options::RunOptions;
use crate::session::{DbResult, Session, Value};
use crate::sql::{placeholder, text};

/// What the database knows of a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedState {
    /// Never run, or a migration was reverted since.
    New,
    /// Run with other content.
    Changed,
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
}

/// What a run of seeds did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedReport {
    /// Committed, in order.
    pub run: Vec<Seeded>,
    /// How many had been run before with the same content.
    pub unchanged: usize,
}

/// Reads what the database knows of these seeds. Writes nothing.
///
/// # Errors
///
/// What the database reports.
pub fn seed_states(session: &mut dyn Session, seeds: &[Seed]) -> DbResult<Vec<SeedState>> {
    connection::patiently(session, |session| {
        let history = history::read(session)?;
        read_states(session, &history, seeds)
    })
}

fn read_states(
    session: &mut dyn Session,
    history: &History,
    seeds: &[Seed],
) -> DbResult<Vec<SeedState>> {
    let recorded = if history.has_own_tables {
        let dialect = session.dialect();
        let sql = format!(
            "SELECT name, {} FROM {} WHERE kind = 'seed'",
            text(dialect, "value"),
            history.tables.state()
        );
        session.query(&sql, &[])?
    } else {
        vec![]
    };
    let state_of = |seed: &Seed| {
        let row = recorded
            .iter()
            .find(|row| row.first().is_some_and(|n| n.as_deref() == Some(&seed.name)));
        match row
            .and_then(|row| row.get(1))
            .and_then(|value| value.as_deref())
            .and_then(Digest::parse)
        {
            None => SeedState::New,
            Some(digest) if digest == seed.digest => SeedState::Done,
            Some(_) => SeedState::Changed,
        }
    };
    Ok(seeds.iter().map(state_of).collect())
}

/// Runs the seeds whose content the database does not know; `again` runs all of them.
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
    let todo: Vec<_> = seeds
        .iter()
        .zip(states)
        .filter(|(_, state)| again || *state != SeedState::Done)
        .map(|(seed, _)| seed)
        .collect();
    report.unchanged = seeds.len() - todo.len();
    if todo.is_empty() {
        return Ok(report);
    }
    let engine = enter(session, &history, options, observer)?;
    let result = todo.into_iter().try_for_each(|seed| {
        engine.connection.settle(session)?;
        match run_seed(session, &engine, seed, again, observer)? {
            Some(seeded) => report.run.push(seeded),
            None => report.unchanged += 1,
        }
        Ok(())
    });
    let left = engine.leave(session);
    result.and(left).map(|()| report)
}

/// `None` when another runner was faster.
fn run_seed(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    seed: &Seed,
    again: bool,
    observer: &mut dyn Observer,
) -> Result<Option<Seeded>, Error> {
    let settings = Settings::default();
    let batch = Batch::of(&seed.sql, session.dialect(), &settings);
    let (dir, file) = seed.name.rsplit_once('/').unwrap_or(("", &seed.name));
    batch.refuse_transaction_control(dir, file)?;
    let started = Instant::now();
    let ran = match batch.mode(&settings) {
        Mode::Transaction => in_transaction(session, engine, seed, again, &batch, observer)?,
        // On MySQL some statements commit: recorded at the end, it runs again when it stops half way.
        Mode::Statement => {
            send(session, seed, &batch, observer, false)?;
            record(session, engine.tables, seed, true).map_err(Error::database(RECORD))?
        }
    };
    if !ran {
        return Ok(None);
    }
    let (statements, elapsed) = (batch.len(), started.elapsed());
    observer.event(Event::Seeded { name: &seed.name, statements, elapsed });
    Ok(Some(Seeded { name: seed.name.clone(), statements, elapsed }))
}

const RECORD: &str = "record the seed";

fn in_transaction(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    seed: &Seed,
    again: bool,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<bool, Error> {
    begin_locked(session, engine, observer)?;
    match attempt(session, engine.tables, seed, again, batch, observer) {
        Ok(true) => {
            session.execute("COMMIT").map_err(|error| {
                let _ = session.execute("ROLLBACK");
                Error::database("commit the seed")(error)
            })?;
            Ok(true)
        }
        Ok(false) => {
            session.execute("ROLLBACK").map_err(Error::database("roll back"))?;
            Ok(false)
        }
        Err(error) => {
            let _ = session.execute("ROLLBACK");
            if batch.is_whole() {
                // It may hold a COMMIT that nobody saw, and with it the record.
                forget(session, engine.tables, seed)
                    .map_err(Error::database("take the seed's record back"))?;
            }
            Err(error)
        }
    }
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

fn send(
    session: &mut dyn Session,
    seed: &Seed,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
    rolled_back: bool,
) -> Result<(), Error> {
    let (dir, file) = seed.name.rsplit_once('/').unwrap_or(("", &seed.name));
    batch
        .send_all(session, observer)
        .map_err(|failed| batch.failure_in(None, dir, file, failed, rolled_back))
}

fn forget(session: &mut dyn Session, tables: &Tables, seed: &Seed) -> DbResult<()> {
    let place = placeholder(session.dialect(), 1);
    let sql = format!("DELETE FROM {} WHERE kind = 'seed' AND name = {place}", tables.state());
    session.execute_with(&sql, &[Value::Text(&seed.name)]).map(drop)
}

fn attempt(
    session: &mut dyn Session,
    tables: &Tables,
    seed: &Seed,
    again: bool,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<bool, Error> {
    if !record(session, tables, seed, again).map_err(Error::database(RECORD))? {
        return Ok(false);
    }
    send(session, seed, batch, observer, true)?;
    // A file that was sent whole may hold a COMMIT that nobody saw.
    let over =
        batch.is_whole() && is_over(session).map_err(Error::database("use the transaction"))?;
    if over {
        return Err(Error::new(ErrorKind::TransactionEnded { path: seed.name.clone() }));
    }
    Ok(true)
}

/// Records the seed first, in its own transaction; `false` when this content is recorded already.
fn record(session: &mut dyn Session, tables: &Tables, seed: &Seed, again: bool) -> DbResult<bool> {
    let (dialect, state) = (session.dialect(), tables.state());
    let place = |index| placeholder(dialect, index);
    let name = Value::Text(&seed.name);
    let digest = Value::Text(seed.digest.as_str());
    let select = format!(
        "SELECT {} FROM {state} WHERE kind = 'seed' AND name = {}",
        text(dialect, "value"),
        place(1)
    );
    let known = session.query(&select, &[name])?;
    let same = known.first().and_then(|row| row.first()).and_then(|value| value.as_deref())
        == Some(seed.digest.as_str());
    if same && !again {
        return Ok(false);
    }
    forget(session, tables, seed)?;
    let insert = format!(
        "INSERT INTO {state} (kind, name, value) VALUES ('seed', {}, {})",
        place(1),
        place(2)
    );
    session.execute_with(&insert, &[name, digest])?;
    Ok(true)
}
