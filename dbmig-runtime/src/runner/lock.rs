//! One runner at a time. The lock is held by the connection or the transaction, never by a row: it ends
//! with whoever holds it, and a statement that outlives its client holds it until it ends.
//!
//! - PostgreSQL, in a transaction: an advisory lock of the transaction, so that it holds behind a
//!   transaction pooler as well; outside one: of the session. Asked for, never waited on in the server:
//!   a waiter would stand in the way of CREATE INDEX CONCURRENTLY.
//! - MySQL and MariaDB: `GET_LOCK` on the connection, for the whole run.
//! - SQLite: the write lock of the database is all there is, and `BEGIN IMMEDIATE` takes it.

use std::time::{Duration, Instant};

use dbmig_build::{Dialect, Digest, Version};

use crate::error::{Error, ErrorKind};
use crate::event::{Event, Observer};
use crate::history::Tables;
use crate::session::{DbResult, Row, Session};

/// The names of the lock of one history.
#[derive(Debug, Clone)]
pub(crate) struct Lock {
    dialect: Dialect,
    /// PostgreSQL's key.
    key: i64,
    /// MySQL's name.
    name: String,
}

impl Lock {
    /// Of the runs of one backfill: other migrations do not wait for it.
    pub(crate) fn of_backfill(dialect: Dialect, tables: &Tables, version: &Version) -> Self {
        Self::named(dialect, &format!("{}\0backfill\0{version}", tables.place()))
    }

    pub(super) fn of(dialect: Dialect, tables: &Tables) -> Self {
        Self::named(dialect, tables.place())
    }

    fn named(dialect: Dialect, place: &str) -> Self {
        // Lower case: one server compares names with case and the other without.
        let place = place.to_lowercase();
        let digest = Digest::of_file("lock", place.as_bytes());
        let hex = digest.as_str().rsplit(':').next().unwrap_or_default();
        let key = i64::from_be_bytes(bytes(&hex[..16]));
        Self { dialect, key, name: format!("dbmig:{}", &hex[..32]) }
    }

    /// PostgreSQL shows a key as two numbers.
    fn halves(&self) -> (u32, u32) {
        let [a, b, c, d, e, f, g, h] = self.key.to_be_bytes();
        (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]))
    }

    /// Runs the script that begins a transaction and takes the lock for it; `false` when another runner
    /// has it.
    pub(super) fn take_after(&self, session: &mut dyn Session, begin: &str) -> DbResult<bool> {
        match self.dialect {
            Dialect::Postgres => {
                session.query_after(begin, &question(&self.in_transaction())).map(is_yes)
            }
            // Taken with the transaction, or for the run.
            Dialect::Sqlite | Dialect::Mysql => session.execute(begin).map(|()| true),
        }
    }

    fn in_transaction(&self) -> String {
        format!("pg_catalog.pg_try_advisory_xact_lock({})", self.key)
    }

    /// Takes it for the transaction that is open; `false` when another runner has it.
    pub(super) fn take_in_transaction(&self, session: &mut dyn Session) -> DbResult<bool> {
        match self.dialect {
            Dialect::Postgres => ask(session, &self.in_transaction()),
            // Taken with the transaction, or for the run.
            Dialect::Sqlite | Dialect::Mysql => Ok(true),
        }
    }

    /// Takes it for the connection; `false` when another runner has it.
    fn take(&self, session: &mut dyn Session) -> DbResult<bool> {
        match self.dialect {
            Dialect::Postgres => {
                ask(session, &format!("pg_catalog.pg_try_advisory_lock({})", self.key))
            }
            // A second of patience in the server is what makes both servers answer at all.
            Dialect::Mysql => ask(session, &format!("GET_LOCK('{}', 1)", self.name)),
            Dialect::Sqlite => Ok(true),
        }
    }

    /// Whether the connection still has it: a migration can let go of every lock.
    pub(crate) fn is_ours(&self, session: &mut dyn Session) -> DbResult<bool> {
        match self.dialect {
            Dialect::Postgres => ask(
                session,
                &format!(
                    "EXISTS (SELECT 1 FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted \
                     AND pid = pg_catalog.pg_backend_pid() AND objsubid = 1 AND classid::bigint = {} \
                     AND objid::bigint = {} AND database = (SELECT oid FROM pg_catalog.pg_database \
                     WHERE datname = pg_catalog.current_database()))",
                    self.halves().0,
                    self.halves().1,
                ),
            ),
            Dialect::Mysql => {
                ask(session, &format!("IS_USED_LOCK('{}') = CONNECTION_ID()", self.name))
            }
            Dialect::Sqlite => Ok(true),
        }
    }

    /// Lets go of what [`take`](Self::take) took.
    pub(crate) fn release(&self, session: &mut dyn Session) -> DbResult<()> {
        match self.dialect {
            Dialect::Postgres => {
                ask(session, &format!("pg_catalog.pg_advisory_unlock({})", self.key)).map(drop)
            }
            Dialect::Mysql => ask(session, &format!("RELEASE_LOCK('{}')", self.name)).map(drop),
            Dialect::Sqlite => Ok(()),
        }
    }

    /// Takes it for the connection, and waits for another runner.
    pub(crate) fn wait(
        &self,
        session: &mut dyn Session,
        patience: Duration,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        let mut waiting = Waiting::new(patience);
        loop {
            if self.take(session).map_err(Error::database("take the lock of the run"))? {
                return Ok(());
            }
            waiting.pause(self, session, observer)?;
        }
    }

    /// Who has it, in words; `None` where the database does not tell.
    fn holder(&self, session: &mut dyn Session) -> Option<String> {
        let sql = match self.dialect {
            Dialect::Sqlite => return None,
            Dialect::Postgres => vec![format!(
                "SELECT 'process ' || a.pid || COALESCE(' of ' || NULLIF(a.usename, ''), '') \
                 || COALESCE(' at ' || a.client_addr, '') \
                 || COALESCE(' (' || NULLIF(a.application_name, '') || ')', '') \
                 || COALESCE(', for ' || date_trunc('second', clock_timestamp() - a.xact_start), '') \
                 FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) \
                 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
                 AND l.classid::bigint = {} AND l.objid::bigint = {} \
                 AND a.datname = pg_catalog.current_database()",
                self.halves().0,
                self.halves().1,
            )],
            // MySQL's list in information_schema fails while anybody's statement holds a character of four
            // bytes; MariaDB has no other.
            Dialect::Mysql => ["performance_schema", "information_schema"]
                .map(|schema| {
                    format!(
                        "SELECT CONCAT('connection ', id, ' of ', user, ' at ', host, \
                         CASE WHEN time > 0 THEN CONCAT(', for ', time, ' s') ELSE '' END) \
                         FROM {schema}.processlist WHERE id = IS_USED_LOCK('{}')",
                        self.name
                    )
                })
                .to_vec(),
        };
        let rows = sql.iter().find_map(|sql| session.query(sql, &[]).ok())?;
        rows.into_iter().next()?.into_iter().next()?
    }
}

/// The bytes of sixteen hexadecimal digits.
fn bytes(hex: &str) -> [u8; 8] {
    u64::from_str_radix(hex, 16).unwrap_or_default().to_be_bytes()
}

/// Whether an expression is true, not false and not NULL.
fn ask(session: &mut dyn Session, expression: &str) -> DbResult<bool> {
    session.query(&question(expression), &[]).map(is_yes)
}

fn question(expression: &str) -> String {
    format!("SELECT CASE WHEN {expression} THEN 'yes' END")
}

fn is_yes(rows: Vec<Row>) -> bool {
    rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).is_some()
}

/// Waiting for another runner: longer and longer pauses, until patience ends.
pub(super) struct Waiting {
    since: Instant,
    patience: Duration,
    pause: Duration,
    told: bool,
}

impl Waiting {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(1);

    pub(super) fn new(patience: Duration) -> Self {
        Self { since: Instant::now(), patience, pause: Self::FIRST, told: false }
    }

    /// Waits a little.
    pub(super) fn pause(
        &mut self,
        lock: &Lock,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<(), Error> {
        if session.interrupted() {
            return Err(Error::new(ErrorKind::Interrupted));
        }
        let waited = self.since.elapsed();
        if waited >= self.patience {
            let holder = lock.holder(session);
            return Err(Error::new(ErrorKind::AnotherRunner { waited, holder }));
        }
        if !self.told {
            self.told = true;
            let holder = lock.holder(session);
            observer.event(Event::Waiting { holder: holder.as_deref(), patience: self.patience });
        }
        std::thread::sleep(jittered(self.pause).min(self.patience - waited));
        self.pause = (self.pause * 3 / 2).min(Self::LONGEST);
        Ok(())
    }
}

/// Half to one and a half times as long, so that many who wait do not ask at once.
pub(crate) fn jittered(pause: Duration) -> Duration {
    use std::hash::{BuildHasher as _, Hasher as _};
    // Randomly seeded by the standard library.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    pause / 2 + pause.mul_f64((random % 1000) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_history_has_its_own_lock() {
        let lock = |schema: &str| {
            let tables = Tables::in_schema(Dialect::Mysql, schema);
            Lock::of(Dialect::Mysql, &tables)
        };
        let (a, b) = (lock("shop"), lock("stock"));
        assert_ne!((a.key, &a.name), (b.key, &b.name));
        assert_eq!(a.name, lock("SHOP").name);
        assert_eq!(a.name.len(), 38, "MySQL takes 64 characters");
    }

    #[test]
    fn pauses_differ() {
        let second = Duration::from_secs(1);
        let pauses: Vec<_> = (0..20).map(|_| jittered(second)).collect();
        assert!(pauses.iter().all(|p| *p >= second / 2 && *p < second * 3 / 2), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
