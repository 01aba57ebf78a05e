//! PostgreSQL: a session directly on its protocol, so that errors come with their SQLSTATE and place.
//!
//! Text goes by the simple protocol, parameters with unnamed statements: a named one would belong to
//! another client behind a transaction pooler.

mod error;
mod target;

use std::time::Duration;

use dbmig_runtime::Dialect;
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult, Row, Session, Value};
use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls, SimpleQueryMessage};

use self::error::{db_error, of_connecting};
pub use self::target::PostgresTarget;
use super::setup::Setup;

/// How long connecting may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection, and how to make another one.
pub(super) struct PostgresSession {
    client: Client,
    target: PostgresTarget,
    setup: Setup,
}

impl PostgresSession {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What the server, or the way to it, reports.
    pub(super) fn connect(target: &PostgresTarget, setup: &Setup) -> DbResult<Self> {
        let mut config = target.config().clone();
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        let client = config.connect(NoTls).map_err(|error| of_connecting(&error))?;
        let mut session = Self { client, target: target.clone(), setup: setup.clone() };
        // As Diesel does, so that `now()` means the same in both.
        session.execute(&setup.postgres())?;
        Ok(session)
    }
}

impl Session for PostgresSession {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        self.client.batch_execute(sql).map_err(|error| db_error(&error, sql))
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        let owned: Vec<_> = values.iter().map(bound).collect();
        let typed: Vec<_> = owned.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        let count =
            self.client.execute_typed(sql, &typed).map_err(|error| db_error(&error, sql))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        if values.is_empty() {
            let messages = self.client.simple_query(sql).map_err(|error| db_error(&error, sql))?;
            return Ok(messages.iter().filter_map(text_row).collect());
        }
        let owned: Vec<_> = values.iter().map(bound).collect();
        let typed: Vec<_> = owned.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        let rows = self.client.query_typed(sql, &typed).map_err(|error| db_error(&error, sql))?;
        let text = |row: &postgres::Row| -> Result<Row, postgres::Error> {
            (0..row.len()).map(|index| row.try_get::<_, Option<String>>(index)).collect()
        };
        let rows: Result<Vec<Row>, _> = rows.iter().map(text).collect();
        rows.map_err(|error| db_error(&error, sql))
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        // The protocol knows, the client does not tell: a statement of its own begins with its transaction.
        let sql = "SELECT CASE WHEN now() < statement_timestamp() THEN 'yes' END";
        let rows = self.query(sql, &[])?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).is_some())
    }

    fn reconnect(&mut self) -> DbResult<bool> {
        *self = Self::connect(&self.target, &self.setup)?;
        Ok(true)
    }

    fn another(&self) -> DbResult<Option<Box<dyn Session>>> {
        Ok(Some(Box::new(Self::connect(&self.target, &self.setup)?)))
    }
}

fn bound(value: &Value<'_>) -> (Box<dyn ToSql + Sync>, Type) {
    match *value {
        Value::Text(text) => (Box::new(text.to_owned()), Type::TEXT),
        Value::Int(number) => (Box::new(number), Type::INT8),
        Value::Null => (Box::new(None::<String>), Type::TEXT),
    }
}

fn text_row(message: &SimpleQueryMessage) -> Option<Row> {
    match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect())
        }
        _ => None,
    }
}

/// What has no server behind it.
fn broken(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Closed, message)
}
