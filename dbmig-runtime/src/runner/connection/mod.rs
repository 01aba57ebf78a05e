//! The connection of a run: made ready, reset before every step, given back as it came.

mod mysql;
mod postgres;
mod sqlite;

use std::time::Duration;

use dbmig_build::Dialect;

use super::lock::Lock;
use crate::error::{Error, ErrorKind};
use crate::options::RunOptions;
use crate::session::{DbResult, Session};
use crate::sql::quoted;

/// What the connection was like before the run, as SQL that makes it so again.
#[derive(Debug)]
pub(crate) struct Connection {
    saved: Saved,
    options: RunOptions,
}

#[derive(Debug)]
enum Saved {
    Sqlite(sqlite::Saved),
    Postgres(postgres::Saved),
    Mysql(mysql::Saved),
}

/// Makes the connection ready.
pub(crate) fn enter(session: &mut dyn Session, options: &RunOptions) -> Result<Connection, Error> {
    if session.in_transaction().map_err(Error::database("use the connection"))? {
        return Err(Error::new(ErrorKind::OpenTransaction));
    }
    let saved = match session.dialect() {
        Dialect::Sqlite => sqlite::Saved::read(session).map(Saved::Sqlite),
        Dialect::Postgres => postgres::Saved::read(session).map(Saved::Postgres),
        Dialect::Mysql => mysql::Saved::read(session).map(Saved::Mysql),
    };
    let saved = saved.map_err(Error::database("read the connection's settings"))?;
    let connection = Connection { saved, options: options.clone() };
    match connection.settle(session) {
        Ok(()) => Ok(connection),
        Err(error) => {
            let _ = connection.leave(session);
            Err(error)
        }
    }
}

impl Connection {
    /// The settings that every step begins with, whatever the one before it did to the connection.
    pub(crate) fn settle(&self, session: &mut dyn Session) -> Result<(), Error> {
        let sql = match &self.saved {
            Saved::Sqlite(saved) => saved.settle(&self.options),
            Saved::Postgres(saved) => saved.settle(),
            Saved::Mysql(saved) => saved.settle(&self.options),
        };
        let detach = |session: &mut dyn Session| -> DbResult<()> {
            let Saved::Sqlite(saved) = &self.saved else { return Ok(()) };
            saved.strangers(session)?.iter().try_for_each(|name| {
                session.execute(&format!("DETACH {}", quoted(Dialect::Sqlite, name)))
            })
        };
        session
            .execute(&sql)
            .and_then(|()| detach(session))
            .map_err(Error::database("prepare the connection"))
    }

    /// Begins the transaction of a step, with its own limits.
    pub(crate) fn begin(&self, session: &mut dyn Session) -> DbResult<()> {
        let begin = crate::sql::begin(session.dialect());
        match &self.saved {
            Saved::Postgres(saved) => {
                session.execute(&format!("{begin}; {}", saved.limits(&self.options, true)))
            }
            Saved::Sqlite(_) | Saved::Mysql(_) => session.execute(begin),
        }
    }

    /// Begins the transaction of a step with its own limits and the lock of the run; `false` when another
    /// runner has it. On PostgreSQL in one call, and the settings put back in the same one where `anew`.
    pub(super) fn begin_locked(
        &self,
        session: &mut dyn Session,
        lock: &Lock,
        anew: bool,
    ) -> DbResult<bool> {
        let Saved::Postgres(saved) = &self.saved else {
            self.begin(session)?;
            return lock.take_in_transaction(session);
        };
        let begin = format!("BEGIN; {}", saved.limits(&self.options, true));
        match (anew, session.is_nested()) {
            // A transaction of their own: what a step rolls back is not to bring the old ones back.
            (true, false) => {
                let settle = saved.settle();
                lock.take_after(session, &format!("BEGIN; {settle}; COMMIT; {begin}"))
            }
            (true, true) => {
                session.execute(&saved.settle())?;
                lock.take_after(session, &begin)
            }
            (false, _) => lock.take_after(session, &begin),
        }
    }

    /// How long a statement waits for a lock.
    pub(crate) fn patience(&self) -> Duration {
        self.options.lock_timeout.unwrap_or(match &self.saved {
            Saved::Sqlite(_) => sqlite::BUSY_TIMEOUT,
            Saved::Postgres(_) => postgres::LOCK_TIMEOUT,
            Saved::Mysql(_) => mysql::LOCK_TIMEOUT,
        })
    }

    /// Between two steps of one transaction.
    pub(super) fn settle_within(&self, session: &mut dyn Session) -> Result<(), Error> {
        let Saved::Postgres(saved) = &self.saved else { return self.settle(session) };
        let sql = format!("{}; {}", saved.settle(), saved.limits(&self.options, true));
        session.execute(&sql).map_err(Error::database("prepare the connection"))
    }

    /// The limits of statements outside a transaction.
    pub(super) fn limit_statements(&self, session: &mut dyn Session) -> DbResult<()> {
        match &self.saved {
            Saved::Postgres(saved) => session.execute(&saved.limits(&self.options, false)),
            Saved::Sqlite(_) | Saved::Mysql(_) => Ok(()),
        }
    }

    /// Puts the settings back.
    pub(crate) fn leave(&self, session: &mut dyn Session) -> Result<(), Error> {
        let statements = match &self.saved {
            Saved::Sqlite(saved) => saved.restore(),
            Saved::Postgres(saved) => vec![saved.settle()],
            Saved::Mysql(saved) => vec![saved.restore()],
        };
        // All of them, whichever fails.
        let results: Vec<_> = statements.iter().map(|sql| session.execute(sql)).collect();
        let restored: DbResult<()> = results.into_iter().collect();
        restored.map_err(Error::database("restore the connection's settings"))
    }
}

/// Reads with the patience of a run: another connection may hold the database for a moment.
pub(crate) fn patiently<T>(
    session: &mut dyn Session,
    read: impl FnOnce(&mut dyn Session) -> DbResult<T>,
) -> DbResult<T> {
    match session.dialect() {
        Dialect::Sqlite => sqlite::patiently(session, read),
        // Readers wait for nobody there.
        Dialect::Postgres | Dialect::Mysql => read(session),
    }
}

/// A duration in whole milliseconds; zero is no limit, so what is shorter than one is one.
fn milliseconds(duration: Duration) -> u128 {
    if duration.is_zero() { 0 } else { duration.as_millis().max(1) }
}
