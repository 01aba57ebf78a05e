//! SQLite: Diesel's connection, with the codes and places that Diesel does not pass on.

mod handle;

use dbmig_build::Dialect;
use dbmig_runtime::session::{DbError, DbResult, Row, Session, Value};
use diesel::{Connection as _, SqliteConnection};

use super::interrupt::{self, Interruptible};
use super::{Access, SqliteUrl};
use handle::Handle;

/// Opens a database; the error is what SQLite says.
pub(super) fn open(
    url: &SqliteUrl,
    access: Access,
    init_sql: &str,
) -> Result<Box<dyn Session>, String> {
    let mode = match access {
        Access::Read => "rw",
        Access::Write => "rwc",
    };
    let (conn, handle) = Handle::of_next(|| SqliteConnection::establish(&url.uri(mode)));
    let conn = conn.map_err(|error| error.to_string())?;
    interrupt::listen();
    let interrupter = handle.as_ref().map(Handle::interrupter);
    let running = Interruptible::new(move || {
        if let Some(interrupter) = &interrupter {
            interrupter.interrupt();
        }
    });
    let mut session = CliSqlite { running, conn, handle };
    let mut prepare = vec!["PRAGMA busy_timeout = 30000", "PRAGMA foreign_keys = ON"];
    if access == Access::Read {
        prepare.push("PRAGMA query_only = ON");
    }
    prepare.push(init_sql);
    for sql in prepare {
        session.execute(sql).map_err(|error| error.to_string())?;
    }
    Ok(Box::new(session))
}

/// The fields are dropped in this order: nothing is interrupted that is closed.
struct CliSqlite {
    running: Interruptible,
    conn: SqliteConnection,
    handle: Option<Handle>,
}

impl CliSqlite {
    /// Adds what the connection itself knows about its last error.
    fn complete(&self, mut error: DbError, sql: &str) -> DbError {
        if let Some(handle) = &self.handle {
            error.code = handle.error_code(&self.conn);
            error.position = handle.error_offset(&self.conn).filter(|&at| at < sql.len());
        }
        error
    }
}

impl Session for CliSqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        let conn = &mut self.conn;
        let result = self.running.during(|| Session::execute(conn, sql));
        result.map_err(|error| self.complete(error, sql))
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        let conn = &mut self.conn;
        let result = self.running.during(|| Session::execute_with(conn, sql, values));
        result.map_err(|error| self.complete(error, sql))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        let conn = &mut self.conn;
        let result = self.running.during(|| Session::query(conn, sql, values));
        result.map_err(|error| self.complete(error, sql))
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        Session::in_transaction(&mut self.conn)
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_code_and_its_place() {
        let url = SqliteUrl::parse(":memory:", std::path::Path::new("/")).unwrap();
        let mut session = open(&url, Access::Write, "").unwrap();
        let error = session.execute("SELECT a,\n  nosuch FROM (SELECT 1 AS a)").unwrap_err();
        assert_eq!(error.position, Some(12));
        assert_eq!(error.code.as_deref(), Some("SQLITE_ERROR"));
        session.execute("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1)").unwrap();
        let error = session.execute("INSERT INTO t VALUES (1)").unwrap_err();
        assert_eq!(error.position, None);
        assert_eq!(error.code.as_deref(), Some("SQLITE_CONSTRAINT_PRIMARYKEY"));
    }
}
