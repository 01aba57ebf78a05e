//! Scratch databases: empty, with a name of their own, dropped afterwards.
//!
//! One that a crash has left behind is known by its name and by nobody being connected to it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dbmig_build::Dialect;
use dbmig_build::sql::{split, tokens};
use dbmig_runtime::Session;
use dbmig_runtime::proof::{Copied, Shadow};
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
    /// What copies are made of.
    base: Option<Location>,
    made: u32,
}

impl Scratch {
    /// On the server of this database, which itself is not touched.
    pub fn beside(place: Location, init: String) -> Self {
        Self { place, init, current: None, base: None, made: 0 }
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
        let ways = abandoned(self.place.dialect());
        if ways.is_empty() {
            return Ok(0);
        }
        let mut session = self.server()?;
        let pattern = format!("{}%", PREFIX.replace('_', "\\_"));
        let mut rows = Ok(vec![]);
        for sql in ways {
            rows = session.query(sql, &[Value::Text(&pattern)]);
            if rows.is_ok() {
                break;
            }
        }
        let rows = rows.map_err(|error| {
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

    /// A connection to the server. It stands in no database that others are copied from, even where the
    /// place is the one that it would stand in.
    fn server(&self) -> CliResult<Box<dyn Session>> {
        self.place.with_database(PREFIX).maintenance()
    }

    /// Another one that nobody has used yet.
    fn next(&mut self) -> Location {
        self.made += 1;
        let name = format!("{PREFIX}{}_{}_{}", seconds(), std::process::id(), self.made);
        self.place.with_database(&name)
    }

    /// A new one on the server.
    fn create(&mut self) -> CliResult<(Location, Box<dyn Session>)> {
        let location = self.next();
        location.create()?;
        match self.open(&location) {
            Ok(session) => Ok((location, session)),
            Err(error) => {
                // The first error is the one to tell.
                let _ = self.drop_all([location]);
                Err(error)
            }
        }
    }

    fn open(&self, location: &Location) -> CliResult<Box<dyn Session>> {
        let mut session = location.open(Access::Write)?;
        if location.dialect() == Dialect::Postgres {
            // Whatever a crash of the server takes of it, nobody will miss.
            session
                .execute("SET synchronous_commit = off")
                .map_err(|error| CliError::database(error.to_string()))?;
        }
        Ok(session)
    }

    fn drop_all(&self, all: impl IntoIterator<Item = Location>) -> DbResult<()> {
        let mut all = all.into_iter().filter_map(|location| location.name()).peekable();
        if all.peek().is_none() {
            return Ok(());
        }
        let mut session = self.server().map_err(broken)?;
        // All of them, whichever fails.
        let results: Vec<_> =
            all.map(|name| drop_database(&mut *session, &self.place.quoted(&name))).collect();
        results.into_iter().collect()
    }
}

fn drop_database(session: &mut dyn Session, name: &str) -> DbResult<()> {
    let begun = Instant::now();
    loop {
        let Err(error) = session.execute(&format!("DROP DATABASE {name}")) else { return Ok(()) };
        // object_in_use: the connection that was just closed.
        if error.code.as_deref() != Some("55006") || begun.elapsed() > PATIENCE {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn broken(error: CliError) -> DbError {
    let causes = error.causes.join("; ");
    let text = match causes.is_empty() {
        true => error.message,
        false => format!("{}: {causes}", error.message),
    };
    DbError::new(DbErrorKind::Other, text)
}

impl Shadow for Scratch {
    fn fresh(&mut self) -> DbResult<Box<dyn Session>> {
        let current = self.current.take();
        self.drop_all(current)?;
        let mut session = match self.place.target() {
            Target::Sqlite(_) => {
                self.place.in_memory_instead().and_then(|place| place.open(Access::Write))
            }
            _ => self.create().map(|(location, session)| {
                self.current = Some(location);
                session
            }),
        }
        .map_err(broken)?;
        if !self.init.trim().is_empty() {
            session.execute(&self.init)?;
        }
        Ok(session)
    }

    fn base(&mut self) -> DbResult<Option<Box<dyn Session>>> {
        // What else of `init` belongs to the session, and is not copied, nobody knows.
        if self.place.dialect() != Dialect::Postgres || settings(&self.init).is_none() {
            return Ok(None);
        }
        let before = self.base.take();
        self.drop_all(before)?;
        let (location, mut session) = self.create().map_err(broken)?;
        self.base = Some(location);
        if !self.init.trim().is_empty() {
            session.execute(&self.init)?;
        }
        Ok(Some(session))
    }

    fn copy(&mut self, session: Box<dyn Session>) -> DbResult<Option<Copied>> {
        // Nobody may be connected to it meanwhile.
        drop(session);
        let (Some(base), Some(settings)) = (self.base.take(), settings(&self.init)) else {
            return Ok(None);
        };
        let (young, copy) = (self.next(), self.next());
        let quoted = |location: &Location| self.place.quoted(&location.name().unwrap_or_default());
        let mut server = self.server().map_err(broken)?;
        // By its name it is young again: others that clean up leave it alone.
        let rename = format!("ALTER DATABASE {} RENAME TO {}", quoted(&base), quoted(&young));
        let create = format!("CREATE DATABASE {} TEMPLATE {}", quoted(&copy), quoted(&young));
        let renamed = server.execute(&rename).is_ok();
        if !renamed || server.execute(&create).is_err() {
            // Somebody is connected to it, or may not copy it: it can still be made from scratch.
            let _ = self.drop_all([if renamed { young } else { base }]);
            return Ok(None);
        }
        self.base = Some(young.clone());
        if let Some(before) = self.current.replace(copy.clone()) {
            drop_database(&mut *server, &quoted(&before))?;
        }
        let open = |location| -> DbResult<Box<dyn Session>> {
            let mut session = self.open(location).map_err(broken)?;
            if !settings.is_empty() {
                session.execute(&settings)?;
            }
            Ok(session)
        };
        Ok(Some(Copied { base: open(&young)?, copy: open(&copy)? }))
    }
}

/// What of `init` is about the session and not about the database: statements that set something. `None`
/// when there are others that may do so as well.
fn settings(init: &str) -> Option<String> {
    const OF_THE_DATABASE: [&str; 4] = ["create", "comment", "grant", "insert"];
    let mut settings = String::new();
    for statement in split(init, Dialect::Postgres).statements {
        let mut words = tokens(statement.sql, Dialect::Postgres).filter(|token| !token.is_trivia());
        let mut word = || words.next().map(|token| token.text.to_ascii_lowercase());
        let (first, second) = (word()?, word()?);
        if matches!(&*first, "set" | "reset") {
            settings.push_str(statement.sql);
            settings.push_str(";\n");
        } else if !OF_THE_DATABASE.contains(&&*first) || second.starts_with("temp") {
            return None;
        }
    }
    Some(settings)
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Whatever stays is found by its name next time.
        let left: Vec<_> = self.current.take().into_iter().chain(self.base.take()).collect();
        let _ = self.drop_all(left);
    }
}

/// Databases of a name, that nobody is connected to: the first of these queries that the server knows.
const fn abandoned(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &[],
        Dialect::Postgres => &[
            "SELECT datname::text FROM pg_catalog.pg_database d WHERE datname::text LIKE $1 AND NOT EXISTS \
               (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid)",
        ],
        // MySQL's list in information_schema fails while anybody's statement holds a character of four bytes;
        // MariaDB has no other.
        Dialect::Mysql => &[
            "SELECT CAST(SCHEMA_NAME AS CHAR CHARACTER SET utf8mb4) FROM information_schema.SCHEMATA \
             WHERE SCHEMA_NAME LIKE ? AND SCHEMA_NAME NOT IN \
             (SELECT db FROM performance_schema.processlist WHERE db IS NOT NULL)",
            "SELECT CAST(SCHEMA_NAME AS CHAR CHARACTER SET utf8mb4) FROM information_schema.SCHEMATA \
             WHERE SCHEMA_NAME LIKE ? AND SCHEMA_NAME NOT IN \
             (SELECT db FROM information_schema.PROCESSLIST WHERE db IS NOT NULL)",
        ],
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
    fn what_of_init_belongs_to_the_session() {
        for (init, expected) in [
            ("", Some("")),
            (
                "CREATE EXTENSION citext; -- SET a = 1\nSET a TO 2;\nreset b",
                Some("SET a TO 2;\nreset b;\n"),
            ),
            ("CREATE ROLE x;\n-- that is all\n", Some("")),
            ("SELECT set_config('a', 'b', false)", None),
            ("DO $$ BEGIN SET a = 1; END $$", None),
            ("CREATE TEMP TABLE x (id int)", None),
            ("LISTEN x", None),
        ] {
            assert_eq!(settings(init).as_deref(), expected, "{init}");
        }
    }

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
