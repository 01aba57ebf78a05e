//! MySQL and MariaDB: a session directly on their protocol, so that errors come with their number.
//!
//! Statements go as text: MySQL refuses some of them in a prepared form.

mod client;
mod error;
mod target;

use dbmig_runtime::Dialect;
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult, Found, Row, Session, Value};
use mysql::prelude::Protocol;
use mysql::prelude::Queryable as _;
use mysql::{Conn, DriverError, QueryResult};

use self::error::db_error;
pub use self::target::MysqlTarget;
use super::console::{self, Answer, Console};
use super::interrupt::{self, Interruptible};
use super::patience::within;
use super::setup::Setup;

/// A connection, and how to make another one.
pub(super) struct MysqlSession {
    running: Interruptible,
    conn: Conn,
    target: MysqlTarget,
    setup: Setup,
}

impl MysqlSession {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What the server, or the way to it, reports.
    pub(super) fn connect(target: &MysqlTarget, setup: &Setup) -> DbResult<Self> {
        interrupt::listen();
        let again = target.clone();
        let opened = within(target.patience(), move || connection(&again));
        let conn = opened.map_err(|mut error| {
            error.message = target.redact(&error.message);
            error
        })?;
        let (id, again) = (conn.connection_id(), target.clone());
        // One that can not be delivered is tried again.
        let running = Interruptible::new(move || {
            if let Ok(mut conn) = connection(&again) {
                let _ = conn.query_drop(format!("KILL QUERY {id}"));
            }
        });
        let mut session = Self { running, conn, target: target.clone(), setup: setup.clone() };
        // As Diesel does, so that `NOW()` means the same in both.
        session.execute(&setup.mysql())?;
        Ok(session)
    }
}

/// Connects; where TLS is only preferred, without it when it can not be had.
fn connection(target: &MysqlTarget) -> DbResult<Conn> {
    let encrypted = target.encrypted().map_err(local)?;
    let result = match encrypted {
        None => Conn::new(target.opts()),
        Some(opts) => match Conn::new(opts) {
            Err(
                mysql::Error::TlsError(_) | mysql::Error::DriverError(DriverError::TlsNotSupported),
            ) if target.may_be_plain() => Conn::new(target.opts()),
            result => result,
        },
    };
    result.map_err(|error| db_error(&error))
}

impl Session for MysqlSession {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        let conn = &mut self.conn;
        self.running.during(|| {
            let result = conn.query_iter(sql).map_err(|error| db_error(&error))?;
            // The error of a later statement comes with its own result.
            drain(result).map(drop)
        })
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        let conn = &mut self.conn;
        let result = self.running.during(|| match values {
            [] => conn.query_iter(sql).map(|result| result.affected_rows()),
            values => conn.exec_iter(sql, bound(values)).map(|result| result.affected_rows()),
        });
        let count = result.map_err(|error| db_error(&error))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        let conn = &mut self.conn;
        self.running.during(|| match values {
            [] => drain(conn.query_iter(sql).map_err(|error| db_error(&error))?),
            values => drain(conn.exec_iter(sql, bound(values)).map_err(|error| db_error(&error))?),
        })
    }

    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        console::find(self, select, most)
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        // The connection is ours alone, and the engine ends what it begins.
        Ok(false)
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }

    fn reconnect(&mut self) -> DbResult<bool> {
        *self = Self::connect(&self.target, &self.setup)?;
        Ok(true)
    }

    fn another(&self) -> DbResult<Option<Box<dyn Session>>> {
        Ok(Some(Box::new(Self::connect(&self.target, &self.setup)?)))
    }
}

impl Console for MysqlSession {
    fn answer(&mut self, sql: &str) -> DbResult<Vec<Answer>> {
        let conn = &mut self.conn;
        self.running.during(|| {
            let mut result = conn.query_iter(sql).map_err(|error| db_error(&error))?;
            let mut answers = Vec::new();
            while let Some(set) = result.iter() {
                let names = set.columns();
                let columns = names.as_ref().iter().map(|column| column.name_str().into_owned());
                let mut answer = Answer {
                    columns: columns.collect(),
                    changed: set.affected_rows(),
                    ..Answer::default()
                };
                for row in set {
                    let row = row.map_err(|error| db_error(&error))?;
                    answer
                        .rows
                        .push(row.unwrap().into_iter().map(shown).collect::<DbResult<Row>>()?);
                }
                // A procedure ends with an answer of its own, that says nothing.
                if answers.is_empty() || !answer.columns.is_empty() {
                    answers.push(answer);
                }
            }
            Ok(answers)
        })
    }
}

/// For people: what is no text in hexadecimal digits.
fn shown(value: mysql::Value) -> DbResult<Option<String>> {
    match value {
        mysql::Value::Bytes(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_else(|error| {
            error.as_bytes().iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
        }))),
        other => as_text(other),
    }
}

fn bound(values: &[Value<'_>]) -> Vec<mysql::Value> {
    let one = |value: &Value<'_>| match *value {
        Value::Text(text) => mysql::Value::Bytes(text.as_bytes().to_vec()),
        Value::Int(number) => mysql::Value::Int(number),
        Value::Null => mysql::Value::NULL,
    };
    values.iter().map(one).collect()
}

/// All rows of all results, as text.
fn drain<P: Protocol>(mut result: QueryResult<'_, '_, '_, P>) -> DbResult<Vec<Row>> {
    let mut rows = Vec::new();
    while let Some(set) = result.iter() {
        for row in set {
            let row = row.map_err(|error| db_error(&error))?;
            rows.push(row.unwrap().into_iter().map(as_text).collect::<DbResult<Row>>()?);
        }
    }
    Ok(rows)
}

fn as_text(value: mysql::Value) -> DbResult<Option<String>> {
    Ok(match value {
        mysql::Value::NULL => None,
        mysql::Value::Bytes(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        other => Some(
            mysql::from_value_opt::<String>(other.clone())
                .unwrap_or_else(|_| other.as_sql(true).trim_matches('\'').to_owned()),
        ),
    })
}

/// What is not a matter of the server.
fn local(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Other, message)
}
