//! Scratch databases: empty, with a name of their own, dropped afterwards.
//!
//! One that a crash has left behind is known by its name and by nobody being connected to it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dbmig_build::Dialect;
use dbmig_runtime::Session;
use dbmig_runtime::proof::Shadow;
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult, Value};

use super::{Access, Location, Target};
use crate::error::{CliError, CliResult};

/// What the names begin with.
const PREFIX: &str = "dbmig_scratch_";
/// One that is younger may be about to be connected to.
const GRACE: Duration = Duration::from_secs(60);
/// How long the server has to let go of the last connection.
const PATIENCE: Duration = Duration::from_secs(10);

/// Scratch databases, one after the other: in memory for SQLite, on the server of `place` otherwise.
pub struct Scratch {
    place: Location,
    /// SQL for each new one.
    init: String,
    current: Option<Location>,
    made: u32,
}

impl Scratch {
    /// On the server of this database, which itself is not touched.
    pub fn beside(place: Location, init: String) -> Self {
        Self { place, init, current: None, made: 0 }
    }

    /// What they speak.
    pub fn dialect(&self) -> Dialect {
        self.place.dialect()
    }

    /// Drops what crashed runs have left on the server; their number.
    ///
    /// # Errors
    ///
    /// What the server, or the way to it, reports.
    pub fn clean(&self) -> CliResult<usize> {
        let Some(sql) = abandoned(self.place.dialect()) else { return Ok(0) };
        let mut session = self.place.maintenance()?;
        let pattern = format!("{}%", PREFIX.replace('_', "\\_"));
        let rows = session.query(sql, &[Value::Text(&pattern)]).map_err(|error| {
            CliError::database("could not look for scratch databases").cause(error.to_string())
        })?;
        let names: Vec<String> =
            rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        let now = seconds();
        let old = names.into_iter().filter(|name| {
            began(name).is_some_and(|began| now.saturating_sub(began) > GRACE.as_secs())
        });
        let mut dropped = 0;
        for name in old {
            // Another run may be at it, or may not let us.
            let sql = format!("DROP DATABASE {}", self.place.quoted(&name));
            dropped += usize::from(session.execute(&sql).is_ok());
        }
        Ok(dropped)
    }

    fn name(&self) -> String {
        format!("{PREFIX}{}_{}_{}", seconds(), std::process::id(), self.made)
    }

    fn drop_current(&mut self) -> DbResult<()> {
        let Some(location) = self.current.take() else { return Ok(()) };
        let name = location.name().unwrap_or_default();
        let begun = Instant::now();
        let broken = |error: CliError| DbError::new(DbErrorKind::Other, error.message);
        let mut session = self.place.maintenance().map_err(broken)?;
        loop {
            let error =
                match session.execute(&format!("DROP DATABASE {}", self.place.quoted(&name))) {
                    Ok(()) => return Ok(()),
                    Err(error) => error,
                };
            // object_in_use: the connection that was just closed.
            if error.code.as_deref() != Some("55006") || begun.elapsed() > PATIENCE {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Shadow for Scratch {
    fn fresh(&mut self) -> DbResult<Box<dyn Session>> {
        let broken = |error: CliError| {
            let causes = error.causes.join("; ");
            let text = if causes.is_empty() {
                error.message
            } else {
                format!("{}: {causes}", error.message)
            };
            DbError::new(DbErrorKind::Other, text)
        };
        self.drop_current()?;
        let mut session = match self.place.target() {
            Target::Sqlite(_) => {
                self.place.in_memory_instead().and_then(|place| place.open(Access::Write))
            }
            _ => {
                self.made += 1;
                let location = self.place.with_database(&self.name());
                location.create().and_then(|_| {
                    let opened = location.open(Access::Write);
                    self.current = Some(location);
                    opened
                })
            }
        }
        .map_err(broken)?;
        if !self.init.trim().is_empty() {
            session.execute(&self.init)?;
        }
        Ok(session)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever stays is found by its name next time.
        let _ = self.drop_current();
    }
}

/// Databases of a name, that nobody is connected to.
const fn abandoned(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => Some(
            "SELECT datname::text FROM pg_catalog.pg_database d WHERE datname::text LIKE $1 AND NOT EXISTS \
             (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)",
        ),
        Dialect::Mysql => Some(
            "SELECT CAST(SCHEMA_NAME AS CHAR CHARACTER SET utf8mb4) FROM information_schema.SCHEMATA \
             WHERE SCHEMA_NAME LIKE ? AND SCHEMA_NAME NOT IN \
             (SELECT db FROM information_schema.PROCESSLIST WHERE db IS NOT NULL)",
        ),
    }
}

/// When a scratch database was made, by its name: seconds since 1970.
fn began(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.split('_').next()?.parse().ok()
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_when() {
        for (name, when) in [
            ("dbmig_scratch_1700000000_12_1", Some(1_700_000_000)),
            ("dbmig_scratch_", None),
            ("dbmig_scratch_x_1", None),
            ("shop", None),
        ] {
            assert_eq!(began(name), when, "{name}");
        }
    }
}
