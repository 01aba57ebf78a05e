//! SQLite: Diesel's connection, with the codes and places that Diesel does not pass on.

mod handle;

use dbmig_build::Dialect;
use dbmig_runtime::session::{
    Bulk, BulkColumn, DbError, DbErrorKind, DbResult, Feed, Found, Row, RowSink, Session, Value,
};
use diesel::{Connection as _, SqliteConnection};

use super::console::{self, Answer, Console};
use super::interrupt::{self, Interruptible};
use super::{Access, SqliteUrl};
use handle::{Handle, Prepared};

/// Opens a database; the error is what SQLite says.
pub(super) fn open(
    url: &SqliteUrl,
    access: Access,
    init_sql: &str,
) -> Result<Box<dyn Console>, String> {
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

    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        console::find(self, select, most)
    }

    fn bulk(&mut self, bulk: &Bulk<'_>, feed: &mut Feed<'_>) -> DbResult<bool> {
        let Some(handle) = &self.handle else { return Ok(false) };
        let names: Vec<_> = bulk.columns.iter().map(|column| &*column.name).collect();
        let around = |column: &BulkColumn| format!("{}?{}", column.around.0, column.around.1);
        let values: Vec<_> = bulk.columns.iter().map(around).collect();
        let (names, values) = (names.join(", "), values.join(", "));
        let sql = format!("INSERT INTO {} ({names}) VALUES ({values})", bulk.table);
        let conn = &mut self.conn;
        let mut failed = false;
        let result = self.running.during(|| {
            let mut fail = |(kind, message)| {
                failed = true;
                DbError::new(kind, message)
            };
            let statement = handle.prepare(conn, &sql).map_err(&mut fail)?;
            feed(&mut Inserted { statement, fail: &mut fail, rows: 0 })
        });
        match result {
            Ok(()) => Ok(true),
            // What the feed returns is no matter of the connection.
            Err(error) if failed => Err(self.complete(error, &sql)),
            Err(error) => Err(error),
        }
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        Session::in_transaction(&mut self.conn)
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }
}

/// Rows that one statement inserts, one after the other.
struct Inserted<'c, F> {
    statement: Prepared<'c>,
    fail: F,
    rows: usize,
}

impl<F: FnMut((DbErrorKind, String)) -> DbError> RowSink for Inserted<'_, F> {
    fn row(&mut self, values: &[Option<&str>]) -> DbResult<()> {
        self.rows += 1;
        if self.rows % 1000 == 0 && interrupt::requested() {
            return Err(DbError::new(DbErrorKind::Interrupted, "interrupted"));
        }
        self.statement.run(values).map_err(&mut self.fail)
    }
}

impl Console for CliSqlite {
    fn answer(&mut self, sql: &str) -> DbResult<Vec<Answer>> {
        let Some(handle) = &self.handle else {
            return Err(DbError::new(DbErrorKind::Other, "SQLite gave no handle"));
        };
        let conn = &mut self.conn;
        let result = self.running.during(|| handle.answer(conn, sql));
        match result {
            Ok(answer) => Ok(vec![answer]),
            Err((kind, message)) => Err(self.complete(DbError::new(kind, message), sql)),
        }
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

    #[test]
    fn a_statement_answers_with_names_and_every_kind_of_value() {
        let url = SqliteUrl::parse(":memory:", std::path::Path::new("/")).unwrap();
        let mut session = open(&url, Access::Write, "").unwrap();
        let mut answer = |sql: &str| session.answer(sql).map(|mut answers| answers.remove(0));
        let made = answer("CREATE TABLE t (a INT, \"é b\" TEXT)").unwrap();
        assert_eq!(made, Answer::default());
        assert_eq!(answer("INSERT INTO t VALUES (1, 'x'), (2, NULL)").unwrap().changed, 2);
        let none = answer("SELECT * FROM t WHERE a > 9").unwrap();
        assert_eq!((none.columns, none.rows.len()), (vec!["a".into(), "é b".into()], 0));
        let all = answer("SELECT 1, 1.5, 'a' || char(0) || 'b', NULL, x'00ff', ''").unwrap();
        let expected = [Some("1"), Some("1.5"), Some("a\0b"), None, Some("x'00ff'"), Some("")];
        assert_eq!(all.rows, [expected.map(|text| text.map(str::to_owned)).to_vec()]);
        let returned = answer("DELETE FROM t RETURNING a").unwrap();
        assert_eq!((returned.rows.len(), returned.changed), (2, 2));
        let error = answer("SELECT a,\n  nosuch FROM (SELECT 1 AS a)").unwrap_err();
        assert_eq!(error.position, Some(12));
        assert_eq!(error.message, "no such column: nosuch");
        answer("CREATE TABLE u (a INT PRIMARY KEY)").unwrap();
        answer("INSERT INTO u VALUES (1)").unwrap();
        let error = answer("INSERT INTO u VALUES (1)").unwrap_err();
        assert_eq!(error.code.as_deref(), Some("SQLITE_CONSTRAINT_PRIMARYKEY"));
        answer("PRAGMA query_only = ON").unwrap();
        assert_eq!(answer("DELETE FROM u").unwrap_err().kind, DbErrorKind::ReadOnly);
        assert_eq!(answer("").unwrap(), Answer::default());
    }
}
