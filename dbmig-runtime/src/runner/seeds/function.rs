//! Seeds that are functions of the application, each in one transaction of Diesel's with its record.

use std::time::Instant;

use dbmig_build::{Dialect, Digest};
use diesel::connection::TransactionManager;

use super::record::record;
use super::{RECORD, Seeded};
use crate::connection::MigrationConnection;
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::history::{self, Tables};
use crate::options::RunOptions;
use crate::runner::lock::Waiting;
use crate::runner::{Engine, connection, enter};
use crate::seed::{Failure, Function};
use crate::session::{DbError, DbErrorKind, DbResult, Session};

/// `None` where this version of it has run.
pub(crate) fn run_function<C: MigrationConnection>(
    conn: &mut C,
    function: Function<'_, C>,
    options: &RunOptions,
    observer: &mut dyn Observer,
) -> Result<Option<Seeded>, Error> {
    let read = |session: &mut dyn Session| {
        let history = history::read(session)?;
        let known = history.has_own_tables && is_recorded(session, &history.tables, &function)?;
        Ok((history, known))
    };
    let (history, known) =
        connection::patiently(conn, read).map_err(Error::database("read which seeds were run"))?;
    if known {
        return Ok(None);
    }
    let name = function.name.clone();
    let engine = enter(conn, &history, options, observer)?;
    let result = in_transaction(conn, &engine, function, observer);
    let left = engine.leave(conn);
    let done = result.map_err(|error| error.during(name, true))?;
    left.map(|()| done)
}

fn is_recorded<C>(
    session: &mut dyn Session,
    tables: &Tables,
    function: &Function<'_, C>,
) -> DbResult<bool> {
    Ok(super::record::recorded(session, tables, &function.name)?.as_deref()
        == Some(digest(function).as_str()))
}

/// The text of a function is not there to be compared: its version is.
fn digest<C>(function: &Function<'_, C>) -> Digest {
    Digest::of_list("seed-function", [&*function.version])
}

fn in_transaction<C: MigrationConnection>(
    conn: &mut C,
    engine: &Engine<'_>,
    function: Function<'_, C>,
    observer: &mut dyn Observer,
) -> Result<Option<Seeded>, Error> {
    let started = Instant::now();
    begin(conn, engine, observer)?;
    let digest = digest(&function);
    let known = (function.name.as_str(), &digest);
    let recorded = record(conn, engine.tables, known, false).map_err(Error::database(RECORD));
    let name = function.name.clone();
    let result = recorded.and_then(|new| match new {
        true => (function.work)(conn).map(|()| true).map_err(|error| failed(&name, &error)),
        false => Ok(false),
    });
    match result {
        Ok(true) => {
            C::TransactionManager::commit_transaction(conn)
                .map_err(|error| Error::database("commit the seed")(of_diesel(&error)))?;
            let elapsed = started.elapsed();
            observer.event(Event::Seeded { name: &name, statements: 0, elapsed });
            Ok(Some(Seeded { name, statements: 0, elapsed, rows: None }))
        }
        // Another runner was faster.
        Ok(false) => {
            C::TransactionManager::rollback_transaction(conn)
                .map_err(|error| Error::database("roll back")(of_diesel(&error)))?;
            Ok(None)
        }
        Err(error) => {
            // The first error is the one to tell.
            let _ = C::TransactionManager::rollback_transaction(conn);
            Err(error)
        }
    }
}

/// Begins a transaction that Diesel knows of, for the function may use Diesel's own inside, and that no other
/// runner is in.
fn begin<C: MigrationConnection>(
    conn: &mut C,
    engine: &Engine<'_>,
    observer: &mut dyn Observer,
) -> Result<(), Error> {
    let mut waiting = Waiting::new(engine.options.runner_wait);
    loop {
        C::TransactionManager::begin_transaction(conn)
            .map_err(|error| Error::database("begin a transaction")(of_diesel(&error)))?;
        let taken = match conn.dialect() {
            // Diesel's is one that could not wait for another writer later.
            Dialect::Sqlite => {
                let state = engine.tables.state();
                Session::execute(conn, &format!("UPDATE {state} SET name = name WHERE 1 = 0"))
                    .map(|()| true)
            }
            Dialect::Postgres | Dialect::Mysql => engine.lock.take_in_transaction(conn),
        };
        if matches!(taken, Ok(true)) {
            return Ok(());
        }
        C::TransactionManager::rollback_transaction(conn)
            .map_err(|error| Error::database("roll back")(of_diesel(&error)))?;
        taken.map_err(Error::database("take the lock of the run"))?;
        waiting.pause(&engine.lock, conn, observer)?;
    }
}

fn failed(name: &str, error: &Failure) -> Error {
    Error::new(ErrorKind::SeedFunction { name: name.to_owned(), message: error.to_string() })
}

fn of_diesel(error: &diesel::result::Error) -> DbError {
    DbError::new(DbErrorKind::Other, error.to_string())
}
