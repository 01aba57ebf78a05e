//! SQL seeds: the statements of a file, in one transaction with its record where the database lets them.

use std::time::Instant;

use dbmig_build::Settings;

use super::record::{forget, record};
use super::unit::Unit;
use super::{RECORD, Seeded, begin_locked};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::history::{Mode, Tables};
use crate::runner::Engine;
use crate::runner::batch::Batch;
use crate::runner::transaction_end::is_over;
use crate::session::Session;

/// `None` when another runner was faster.
pub(super) fn run(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    unit: &Unit<'_>,
    again: bool,
    observer: &mut dyn Observer,
) -> Result<Option<Seeded>, Error> {
    let settings = Settings::default();
    let batch = Batch::of(&unit.seed.sql, session.dialect(), &settings);
    let (dir, file) = unit.seed.name.rsplit_once('/').unwrap_or(("", &unit.seed.name));
    batch.refuse_transaction_control(dir, file)?;
    let started = Instant::now();
    let ran = match batch.mode(&settings) {
        Mode::Transaction => in_transaction(session, engine, unit, again, &batch, observer)?,
        // On MySQL some statements commit: recorded at the end, it runs again when it stops half way.
        Mode::Statement => {
            send(session, unit, &batch, observer, false)?;
            record(session, engine.tables, unit.known(), true).map_err(Error::database(RECORD))?
        }
    };
    if !ran {
        return Ok(None);
    }
    let (statements, elapsed) = (batch.len(), started.elapsed());
    observer.event(Event::Seeded { name: &unit.seed.name, statements, elapsed });
    Ok(Some(Seeded {
        name: unit.seed.name.clone(),
        statements,
        elapsed,
        #[cfg(feature = "seed")]
        rows: None,
    }))
}

fn in_transaction(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    unit: &Unit<'_>,
    again: bool,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<bool, Error> {
    begin_locked(session, engine, observer)?;
    match attempt(session, engine.tables, unit, again, batch, observer) {
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
                forget(session, engine.tables, &unit.seed.name)
                    .map_err(Error::database("take the seed's record back"))?;
            }
            Err(error)
        }
    }
}

fn send(
    session: &mut dyn Session,
    unit: &Unit<'_>,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
    rolled_back: bool,
) -> Result<(), Error> {
    let (dir, file) = unit.seed.name.rsplit_once('/').unwrap_or(("", &unit.seed.name));
    batch
        .send_all(session, observer)
        .map_err(|failed| batch.failure_in(None, dir, file, failed, rolled_back))
}

fn attempt(
    session: &mut dyn Session,
    tables: &Tables,
    unit: &Unit<'_>,
    again: bool,
    batch: &Batch<'_>,
    observer: &mut dyn Observer,
) -> Result<bool, Error> {
    if !record(session, tables, unit.known(), again).map_err(Error::database(RECORD))? {
        return Ok(false);
    }
    send(session, unit, batch, observer, true)?;
    // A file that was sent whole may hold a COMMIT that nobody saw.
    let over =
        batch.is_whole() && is_over(session).map_err(Error::database("use the transaction"))?;
    if over {
        return Err(Error::new(ErrorKind::TransactionEnded { path: unit.seed.name.clone() }));
    }
    Ok(true)
}
