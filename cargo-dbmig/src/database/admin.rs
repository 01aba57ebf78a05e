//! Databases of a server as a whole: whether one is there, creating and dropping it.
//!
//! SQLite's are files, which who asks for them handles.

use std::path::Path;

use dbmig_runtime::Session;
use dbmig_runtime::session::{DbError, DbResult, Value};

use super::mysql::MysqlSession;
use super::postgres::PostgresSession;
use super::{Access, Location, PostgresTarget, Setup, Target};
use crate::error::{CliError, CliResult};

/// Databases that belong to the server.
const OF_POSTGRES: [&str; 3] = ["postgres", "template0", "template1"];
const OF_MYSQL: [&str; 4] = ["mysql", "information_schema", "performance_schema", "sys"];

impl Location {
    /// Whether the server has the database.
    ///
    /// # Errors
    ///
    /// What the server, or the way to it, reports.
    pub fn exists(&self) -> CliResult<bool> {
        self.open_existing(Access::Read).map(|session| session.is_some())
    }

    /// Opens the database; `None` when the server has none of the name, or there is no such file.
    ///
    /// # Errors
    ///
    /// What the database, or the way to it, reports.
    pub fn open_existing(&self, access: Access) -> CliResult<Option<Box<dyn Session>>> {
        if !self.is_on_server() {
            let there = self.path().is_none_or(Path::exists);
            return if there { self.open(access).map(Some) } else { Ok(None) };
        }
        self.refuse_changed(&self.server_name()?)?;
        let error = match self.connect() {
            Ok(session) => return Ok(Some(session)),
            Err(error) => error,
        };
        // invalid_catalog_name; ER_BAD_DB_ERROR
        match error.code.as_deref() {
            Some("3D000") => Ok(None),
            Some(code) if code.starts_with("1049,") => Ok(None),
            _ => Err(self.refused(&error)),
        }
    }

    /// Creates the database; `false` if it is there meanwhile.
    ///
    /// # Errors
    ///
    /// A name that the server would change, and what the server reports.
    pub fn create(&self) -> CliResult<bool> {
        let name = self.server_name()?;
        self.refuse_changed(&name)?;
        let sql = format!("CREATE DATABASE {}", self.quoted(&name));
        let mut session = self.maintenance()?;
        match session.execute(&sql) {
            Ok(()) => Ok(true),
            Err(error) if is_duplicate(&error) => Ok(false),
            Err(error) => Err(self.failed("create", error)),
        }
    }

    /// Refuses what no project owns.
    ///
    /// # Errors
    ///
    /// The database belongs to the server itself, or its name would arrive as another one.
    pub fn refuse_foreign(&self) -> CliResult<()> {
        let name = self.server_name()?;
        self.refuse_changed(&name)?;
        let own = match &self.target {
            Target::Mysql(_) => &OF_MYSQL[..],
            _ => &OF_POSTGRES[..],
        };
        if own.contains(&&*name.to_lowercase()) {
            return Err(CliError::usage(format!("database `{name}` belongs to the server itself"))
                .note("nothing was removed"));
        }
        Ok(())
    }

    /// Drops the database of a server.
    ///
    /// # Errors
    ///
    /// What [`Location::refuse_foreign`] refuses, and what the server reports.
    pub fn drop_database(&self) -> CliResult<()> {
        self.refuse_foreign()?;
        let name = self.server_name()?;
        let mut session = self.maintenance()?;
        // Looked for by its exact name: some servers compare names without case.
        if !is_listed(&mut *session, &name).map_err(|error| self.failed("look for", error))? {
            return Err(CliError::database(format!("the server has no database `{name}`"))
                .note("nothing was removed"));
        }
        let sql = format!("DROP DATABASE {}", self.quoted(&name));
        session.execute(&sql).map_err(|error| self.failed("drop", error))
    }

    /// The name of the database, on servers.
    fn server_name(&self) -> CliResult<String> {
        self.name().ok_or_else(|| {
            CliError::usage("the URL names no database")
                .help("put its name after the host: `…://user@host/<name>`")
        })
    }

    /// A connection to the server that does not stand in the database.
    pub(super) fn maintenance(&self) -> CliResult<Box<dyn Session>> {
        // What the environment sets up belongs into its database.
        let setup = Setup::default();
        let opened: DbResult<Box<dyn Session>> = match &self.target {
            Target::Postgres(target) => {
                of_postgres(target, &setup).map(|session| Box::new(session) as _)
            }
            Target::Mysql(target) => MysqlSession::connect(&target.with_database(None), &setup)
                .map(|session| Box::new(session) as _),
            Target::Sqlite(_) => return Err(CliError::usage("SQLite has no server")),
        };
        opened.map_err(|error| self.refused(&error))
    }

    pub(super) fn quoted(&self, name: &str) -> String {
        match &self.target {
            Target::Mysql(_) => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// A name that would arrive as another one.
    fn refuse_changed(&self, name: &str) -> CliResult<()> {
        let reason = match &self.target {
            // PostgreSQL cuts it, with a notice that nobody reads.
            Target::Postgres(_) if name.len() > 63 => "PostgreSQL takes 63 bytes",
            // Identifiers are utf8mb3: what lies beyond becomes question marks.
            Target::Mysql(_) if name.chars().any(|c| u32::from(c) > 0xffff) => {
                "MySQL takes characters up to U+FFFF"
            }
            Target::Mysql(_) if name.chars().count() > 64 => "MySQL takes 64 characters",
            _ => return Ok(()),
        };
        Err(CliError::usage("the name of the database can not be used").cause(reason))
    }

    fn failed(&self, verb: &str, error: DbError) -> CliError {
        let shown = CliError::database(format!("could not {verb} database `{}`", self.shown));
        let shown = shown.cause(error.to_string());
        let shown = error.detail.into_iter().fold(shown, CliError::note);
        match error.code.as_deref() {
            // object_in_use
            Some("55006") => shown.help("end the programs that use it, and try again"),
            // insufficient_privilege; ER_DBACCESS_DENIED_ERROR
            Some("42501" | "1044, 42000") => {
                shown.help("take a user that may, or have it done by who administers the server")
            }
            _ => error.hint.into_iter().fold(shown, CliError::help),
        }
    }
}

/// Nobody can create or drop the database that he stands in.
fn of_postgres(target: &PostgresTarget, setup: &Setup) -> DbResult<PostgresSession> {
    let names =
        ["postgres", "template1"].into_iter().filter(|&name| target.database() != Some(name));
    let mut refused = None;
    for name in names {
        match PostgresSession::connect(&target.with_database(name), setup) {
            Ok(session) => return Ok(session),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| super::postgres::broken("no database to connect to")))
}

fn is_listed(session: &mut dyn Session, name: &str) -> DbResult<bool> {
    let sql = match session.dialect() {
        dbmig_build::Dialect::Mysql => {
            "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE BINARY SCHEMA_NAME = ?"
        }
        _ => "SELECT datname::text FROM pg_catalog.pg_database WHERE datname::text = $1",
    };
    Ok(!session.query(sql, &[Value::Text(name)])?.is_empty())
}

/// duplicate_database; ER_DB_CREATE_EXISTS. Two that create at once collide in the catalogue.
fn is_duplicate(error: &DbError) -> bool {
    matches!(error.code.as_deref(), Some("42P04" | "23505" | "1007, HY000"))
}
