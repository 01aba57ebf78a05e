//! Data files: checked before anything is written, then a file a transaction with its record.

use std::time::Instant;

use dbmig_build::{Digest, Findings, SEED_SETS};

use super::record::{forget, put, record};
use super::unit::{Unit, units};
use super::{RECORD, Seeded, begin_locked};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::history::{self, History, Tables};
use crate::options::RunOptions;
use crate::runner::{Engine, connection, enter};
use crate::seed::{self, DataFile, DataPlan, Depth, Ground, Mode, Undone, Written};
use crate::session::{DbErrorKind, DbResult, Session, Value};
use crate::sql::{placeholder, text};

const WRITE: &str = "write its rows";
/// Kept of a run that changed nothing.
const NOTHING: &str = "nothing";

pub(super) fn file<'a>(unit: &Unit<'a>) -> DataFile<'a> {
    DataFile { data: unit.seed, side: unit.side }
}

/// Whether the rows of a seed that was run are there as they were left: the digest that was recorded.
pub(super) fn still_there(
    session: &mut dyn Session,
    ground: &Ground,
    unit: &Unit<'_>,
    recorded: &Digest,
) -> DbResult<bool> {
    let Some(opened) = ground.open(file(unit), &mut Findings::default()) else { return Ok(false) };
    Ok(opened.digest(session)?.as_ref() == Some(recorded))
}

/// Stops before anything is written where a cell is wrong. `writes` says that the first of them is written
/// next: what is wrong with it is seen then, if its rows are not held, and nothing is written before it.
pub(super) fn refuse(
    session: &mut dyn Session,
    ground: &Ground,
    todo: &[Unit<'_>],
    protected: bool,
    writes: bool,
) -> Result<(), Error> {
    let files: Vec<_> = todo.iter().filter(|unit| unit.is_data()).map(file).collect();
    let sql: Vec<_> =
        todo.iter().filter(|unit| !unit.is_data()).map(|unit| unit.seed.name.as_str()).collect();
    let first = todo.first().filter(|_| writes).map(|unit| unit.seed.name.as_str());
    let findings = seed::check_on(session, ground, &files, &sql, Depth::Run, first)
        .map_err(Error::database("check the seeds"))?;
    if findings.has_errors() {
        return Err(Error::new(ErrorKind::Seeds(findings)));
    }
    for unit in todo.iter().filter(|unit| protected && unit.is_data()) {
        let opened = ground.open(file(unit), &mut Findings::default());
        if opened.is_some_and(|opened| opened.mode() == Mode::Truncate) {
            return Err(Error::new(ErrorKind::Truncates { name: unit.seed.name.clone() }));
        }
    }
    Ok(())
}

/// `None` when another runner was faster.
pub(super) fn run(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    ground: &Ground,
    unit: &Unit<'_>,
    again: bool,
    observer: &mut dyn Observer,
) -> Result<Option<Seeded>, Error> {
    let started = Instant::now();
    let mut findings = Findings::default();
    let Some(opened) = ground.open(file(unit), &mut findings) else {
        return Err(Error::new(ErrorKind::Seeds(findings)));
    };
    let name = unit.seed.name.as_str();
    begin_locked(session, engine, observer)?;
    let mut attempt = || -> Result<Option<DataPlan>, Error> {
        if !record(session, engine.tables, unit.known(), again).map_err(Error::database(RECORD))? {
            return Ok(None);
        }
        let mut progress = |rows: usize, share: f64| {
            let elapsed = started.elapsed();
            observer.event(Event::Seeding { name, rows, share, elapsed });
        };
        let written = opened.write(session, ground, &mut findings, &mut progress);
        if findings.has_errors() {
            return Err(Error::new(ErrorKind::Seeds(std::mem::take(&mut findings))));
        }
        let written = written.map_err(Error::database(WRITE))?;
        keep(session, engine.tables, name, &written).map_err(Error::database(RECORD))?;
        Ok(Some(written.plan))
    };
    let plan = match attempt() {
        Ok(Some(plan)) => plan,
        Ok(None) => {
            session.execute("ROLLBACK").map_err(Error::database("roll back"))?;
            return Ok(None);
        }
        Err(error) => {
            let rolled_back = session.execute("ROLLBACK");
            if opened.is_streamed() && rolled_back.is_ok() {
                explain(session, ground, unit, &error)?;
            }
            return Err(error.during(name.to_owned(), true));
        }
    };
    session.execute("COMMIT").map_err(|error| {
        let _ = session.execute("ROLLBACK");
        Error::database("commit the seed")(error)
    })?;
    let elapsed = started.elapsed();
    observer.event(Event::SeededRows { name, plan: &plan, elapsed });
    Ok(Some(Seeded { name: name.to_owned(), statements: 0, elapsed, rows: Some(plan) }))
}

/// Records what was written.
fn keep(session: &mut dyn Session, tables: &Tables, name: &str, written: &Written) -> DbResult<()> {
    if let Some(digest) = &written.digest {
        put(session, tables, "seed-rows", name, digest.as_str())?;
    }
    let plan = &written.plan;
    if plan.insert + plan.update + plan.delete == 0 {
        // Run again without a change, it leaves what undoes the run before.
        if pieces(session, tables, name)?.is_empty() {
            put(session, tables, "seed-undo", &format!("{name}#00000"), NOTHING)?;
        }
        return Ok(());
    }
    drop_pieces(session, tables, name)?;
    for (number, piece) in written.pieces.iter().enumerate() {
        put(session, tables, "seed-undo", &format!("{name}#{number:05}"), piece)?;
    }
    Ok(())
}

/// What the database refused while it wrote a file whose rows are not held: now every question is asked that
/// was not asked before, so that the cell can be named. Nothing is left of the file by now.
fn explain(
    session: &mut dyn Session,
    ground: &Ground,
    unit: &Unit<'_>,
    error: &Error,
) -> Result<(), Error> {
    let ErrorKind::Database { doing: WRITE, error } = &error.kind else { return Ok(()) };
    if !matches!(error.kind, DbErrorKind::Unique | DbErrorKind::Other) {
        return Ok(());
    }
    let found = seed::check_on(session, ground, &[file(unit)], &[], Depth::All, None);
    match found.map_err(Error::database("check the seeds"))? {
        findings if findings.has_errors() => Err(Error::new(ErrorKind::Seeds(findings))),
        _ => Ok(()),
    }
}

/// The pieces of one seed have its name, `#`, and five digits.
fn drop_pieces(session: &mut dyn Session, tables: &Tables, name: &str) -> DbResult<()> {
    for piece in pieces(session, tables, name)? {
        let place = placeholder(session.dialect(), 1);
        let sql =
            format!("DELETE FROM {} WHERE kind = 'seed-undo' AND name = {place}", tables.state());
        session.execute_with(&sql, &[Value::Text(&piece.0)])?;
    }
    Ok(())
}

/// The pieces of one seed, in their order: name and text.
fn pieces(
    session: &mut dyn Session,
    tables: &Tables,
    name: &str,
) -> DbResult<Vec<(String, String)>> {
    let dialect = session.dialect();
    let sql = format!(
        "SELECT name, {} FROM {} WHERE kind = 'seed-undo' ORDER BY name",
        text(dialect, "value"),
        tables.state()
    );
    let rows = session.query(&sql, &[])?;
    let own = |found: &str| found.rsplit_once('#').is_some_and(|(seed, _)| seed == name);
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter().flatten();
            Some((cells.next()?, cells.next()?))
        })
        .filter(|(found, _)| own(found))
        .collect())
}

/// What each data file that is to run would change, in order. Writes nothing.
///
/// # Errors
///
/// A cell that is wrong, and what the database reports.
pub fn plan_seeds(
    session: &mut dyn Session,
    seeds: &[dbmig_build::Seed],
    again: bool,
    options: &RunOptions,
) -> Result<Vec<(String, Option<DataPlan>)>, Error> {
    let history = history::read(session).map_err(Error::database("read which seeds were run"))?;
    let states = super::read_states(session, &history, seeds)
        .map_err(Error::database("read which seeds were run"))?;
    let todo = super::todo(seeds, &states, again);
    if !todo.iter().any(Unit::is_data) {
        return Ok(todo.iter().map(|unit| (unit.seed.name.clone(), None)).collect());
    }
    let read = Error::database("read what the seeds would change");
    let ground = Ground::read(session).map_err(read)?;
    refuse(session, &ground, &todo, options.protected || history.stamp.is_some(), false)?;
    let mut plans = Vec::new();
    for unit in &todo {
        let mut plan = None;
        if unit.is_data() {
            if let Some(opened) = ground.open(file(unit), &mut Findings::default()) {
                // Its cells are in order: that was seen just now.
                let found = opened.plan(session, &mut Findings::default());
                plan = Some(found.map_err(Error::database("read what the seeds would change"))?);
            }
        }
        plans.push((unit.seed.name.clone(), plan));
    }
    Ok(plans)
}

/// Undoes the last run of a seed: of the one that is named, or of the one that ran last. `None` when there is
/// none to be undone.
///
/// # Errors
///
/// Nothing was kept of it, or the database refuses: nothing is changed then.
pub fn undo_seed(
    session: &mut dyn Session,
    name: Option<&str>,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Option<(String, Undone)>, Error> {
    let read = |session: &mut dyn Session| history::read(session);
    let history = connection::patiently(session, read)
        .map_err(Error::database("read which seeds were run"))?;
    let Some(name) =
        find(session, &history, name).map_err(Error::database("read which seeds were run"))?
    else {
        return Ok(None);
    };
    let engine = enter(session, &history, options, observer)?;
    let result = undo_in(session, &engine, &name, observer);
    let left = engine.leave(session);
    result.and_then(|undone| left.map(|()| Some((name, undone))))
}

/// The seed that is meant, where it was run.
fn find(
    session: &mut dyn Session,
    history: &History,
    name: Option<&str>,
) -> DbResult<Option<String>> {
    if !history.has_own_tables {
        return Ok(None);
    }
    let sql = format!(
        "SELECT name, {} FROM {} WHERE kind = 'seed'",
        text(session.dialect(), "updated_at"),
        history.tables.state()
    );
    let mut runs: Vec<(Option<String>, usize, String)> = Vec::new();
    for row in session.query(&sql, &[])? {
        let mut cells = row.into_iter();
        let (Some(Some(found)), when) = (cells.next(), cells.next().flatten()) else { continue };
        if name.is_none_or(|name| name == found) {
            // In the same second, in the order in which they run.
            runs.push((
                when,
                SEED_SETS.iter().position(|set| in_set(&found, set)).unwrap_or(0),
                found,
            ));
        }
    }
    Ok(runs.into_iter().max().map(|(.., name)| name))
}

fn in_set(name: &str, set: &str) -> bool {
    name.strip_prefix(set).is_some_and(|rest| rest.starts_with('/'))
}

fn undo_in(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    name: &str,
    observer: &mut dyn Observer,
) -> Result<Undone, Error> {
    let about = |error: Error| error.during(name.to_owned(), true);
    begin_locked(session, engine, observer)?;
    let mut attempt = || -> Result<Undone, Error> {
        let kept = pieces(session, engine.tables, name)
            .map_err(Error::database("read what was kept of it"))?;
        if kept.is_empty() {
            return Err(Error::new(ErrorKind::NoUndo { name: name.to_owned() }));
        }
        let mut texts: Vec<_> = kept.into_iter().map(|(_, text)| text).collect();
        texts.retain(|text| text != NOTHING);
        let catalogue = crate::catalogue::Catalogue::read(session, &crate::catalogue::Scope::all())
            .map_err(Error::database("read the schema"))?;
        let undone =
            seed::undo_pieces(session, &catalogue, &texts).map_err(Error::database("undo it"))?;
        forget(session, engine.tables, name)
            .and_then(|()| drop_pieces(session, engine.tables, name))
            .map_err(Error::database("take the seed's record back"))?;
        session.execute("COMMIT").map_err(Error::database("commit the undo"))?;
        Ok(undone)
    };
    attempt().map_err(|error| {
        let _ = session.execute("ROLLBACK");
        about(error)
    })
}

/// Files of these that stand alone although they should not.
pub fn lonely_side_files(seeds: &[dbmig_build::Seed]) -> Findings {
    let units = units(seeds);
    let mut findings = Findings::default();
    for side in seeds.iter().filter(|seed| seed.name.ends_with(".toml")) {
        let used = |unit: &Unit<'_>| unit.side.is_some_and(|own| own.name == side.name);
        if !units.iter().any(used) {
            findings.push(seed::lonely(&side.name));
        }
    }
    findings
}
