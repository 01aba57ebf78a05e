//! PostgreSQL: a session directly on its protocol, so that errors come with their SQLSTATE and place.
//!
//! Text goes by the simple protocol, parameters with unnamed statements: a named one would belong to
//! another client behind a transaction pooler.

mod client;
mod copy;
mod error;
mod passfile;
mod target;
mod tls;
mod words;

use std::collections::HashMap;

use dbmig_runtime::Dialect;
use dbmig_runtime::session::{
    Bulk, DbError, DbErrorKind, DbResult, Feed, Found, Row, Session, Value,
};
use postgres::config::{Host, SslMode, SslNegotiation};
use postgres::types::{ToSql, Type};
use postgres::{Client, NoTls, SimpleQueryMessage, Statement};

use self::error::{db_error, is_tls, of_connecting};
pub use self::target::PostgresTarget;
pub(crate) use self::words::are_words;
use super::console::{self, Answer, Console};
use super::interrupt::{self, Interruptible};
use super::patience::within;
use super::setup::Setup;
use crate::config::TlsMode;

/// A connection, and how to make another one.
pub(super) struct PostgresSession {
    running: Interruptible,
    client: Client,
    target: PostgresTarget,
    setup: Setup,
    /// What is parsed and planned once, by its text; `None` until the engine says that nobody else gets this
    /// connection's statements.
    kept: Option<HashMap<String, Statement>>,
}

impl PostgresSession {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What the server, or the way to it, reports.
    pub(super) fn connect(target: &PostgresTarget, setup: &Setup) -> DbResult<Self> {
        interrupt::listen();
        let again = target.clone();
        let opened = within(target.patience(), move || client(&again));
        let client = opened.map_err(|mut error| {
            error.message = target.redact(&error.message);
            error
        })?;
        let (token, again) = (client.cancel_token(), target.clone());
        // One that can not be delivered is tried again.
        let running = Interruptible::new(move || {
            let _ = match again.tls.connector() {
                Ok(tls) if again.is_encrypted() => token.cancel_query(tls),
                _ => token.cancel_query(NoTls),
            };
        });
        let mut session =
            Self { running, client, target: target.clone(), setup: setup.clone(), kept: None };
        // As Diesel does, so that `now()` means the same in both.
        session.execute(&setup.postgres())?;
        Ok(session)
    }

    /// The statement of that text, if this connection keeps statements.
    fn kept(&mut self, sql: &str, types: &[Type]) -> DbResult<Option<Statement>> {
        let Some(kept) = &self.kept else { return Ok(None) };
        if let Some(statement) = kept.get(sql) {
            return Ok(Some(statement.clone()));
        }
        let statement = self.send(sql, |client| client.prepare_typed(sql, types))?;
        if let Some(kept) = &mut self.kept {
            kept.insert(sql.to_owned(), statement.clone());
        }
        Ok(Some(statement))
    }

    /// Runs a statement.
    fn send<T>(
        &mut self,
        sql: &str,
        statement: impl FnOnce(&mut Client) -> Result<T, postgres::Error>,
    ) -> DbResult<T> {
        let client = &mut self.client;
        let result = self.running.during(|| statement(client));
        if self.kept.is_some() && drops_statements(sql) {
            self.kept = Some(HashMap::new());
        }
        result.map_err(|error| {
            let mut error = db_error(&error, sql);
            if error.code.as_deref() == Some(UNKNOWN_STATEMENT) && self.kept.take().is_some() {
                // A function has dropped them: the next try does without.
                error.kind = DbErrorKind::Busy;
            }
            told_by_signal(error)
        })
    }
}

/// What the server calls a cancelled statement is one that we cancelled, after a signal.
fn told_by_signal(mut error: DbError) -> DbError {
    if error.kind == DbErrorKind::Timeout && interrupt::requested() {
        error.kind = DbErrorKind::Interrupted;
    }
    error
}

impl PostgresTarget {
    /// Whether TLS is tried at all: on a socket there is nobody in between.
    fn is_encrypted(&self) -> bool {
        let sockets = |host: &Host| matches!(host, Host::Unix(_));
        let hosts = self.config().get_hosts();
        self.tls.mode != TlsMode::Disable && (hosts.is_empty() || !hosts.iter().all(sockets))
    }
}

fn client(target: &PostgresTarget) -> DbResult<Client> {
    let plain = || target.config().clone().ssl_mode(SslMode::Disable).connect(NoTls);
    if !target.is_encrypted() {
        return plain().map_err(|error| of_connecting(&error));
    }
    let connector = target.tls.connector();
    let connector = connector.map_err(|reason| DbError::new(DbErrorKind::Other, reason))?;
    let encrypted = |mode| {
        let mut config = target.config().clone();
        if target.tls.direct {
            config.ssl_negotiation(SslNegotiation::Direct);
        }
        config.ssl_mode(mode).connect(connector.clone())
    };
    let refused = |error: &postgres::Error| {
        // invalid_authorization_specification: no line of pg_hba.conf for this kind of connection.
        error.as_db_error().is_some_and(|error| error.code().code() == "28000")
    };
    let result = match target.tls.mode {
        TlsMode::Allow => match plain() {
            // What the server says first is what the user needs to know.
            Err(error) if refused(&error) => encrypted(SslMode::Require).or(Err(error)),
            result => result,
        },
        TlsMode::Disable | TlsMode::Prefer => match encrypted(SslMode::Prefer) {
            Err(error) if refused(&error) || is_tls(&error) => plain().or(Err(error)),
            result => result,
        },
        TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => encrypted(SslMode::Require),
    };
    result.map_err(|error| of_connecting(&error))
}

impl Session for PostgresSession {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str) -> DbResult<()> {
        self.send(sql, |client| client.batch_execute(sql))
    }

    fn execute_with(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<usize> {
        let owned: Vec<_> = values.iter().map(bound).collect();
        let typed: Vec<_> = owned.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        let (parameters, types) = parameters(&typed);
        let count = match self.kept(sql, &types)? {
            Some(kept) => self.send(sql, |client| client.execute(&kept, &parameters))?,
            None => self.send(sql, |client| client.execute_typed(sql, &typed))?,
        };
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn query(&mut self, sql: &str, values: &[Value<'_>]) -> DbResult<Vec<Row>> {
        if values.is_empty() {
            let messages = self.send(sql, |client| client.simple_query(sql))?;
            return Ok(messages.iter().filter_map(text_row).collect());
        }
        let owned: Vec<_> = values.iter().map(bound).collect();
        let typed: Vec<_> = owned.iter().map(|(value, kind)| (&**value, kind.clone())).collect();
        let (parameters, types) = parameters(&typed);
        let rows = match self.kept(sql, &types)? {
            Some(kept) => self.send(sql, |client| client.query(&kept, &parameters))?,
            None => self.send(sql, |client| client.query_typed(sql, &typed))?,
        };
        let text = |row: &postgres::Row| -> Result<Row, postgres::Error> {
            (0..row.len()).map(|index| row.try_get::<_, Option<String>>(index)).collect()
        };
        let rows: Result<Vec<Row>, _> = rows.iter().map(text).collect();
        rows.map_err(|error| db_error(&error, sql))
    }

    fn query_after(&mut self, script: &str, sql: &str) -> DbResult<Vec<Row>> {
        let both = format!("{script}; {sql}");
        let messages = self.send(&both, |client| client.simple_query(&both))?;
        let last = messages
            .iter()
            .rposition(|message| matches!(message, SimpleQueryMessage::RowDescription(_)));
        Ok(messages[last.unwrap_or(0)..].iter().filter_map(text_row).collect())
    }

    fn find(&mut self, select: &str, most: usize) -> DbResult<Found> {
        console::find(self, select, most)
    }

    fn bulk(&mut self, bulk: &Bulk<'_>, feed: &mut Feed<'_>) -> DbResult<bool> {
        let client = &mut self.client;
        self.running.during(|| copy::copy(client, bulk, feed)).map_err(told_by_signal)
    }

    fn in_transaction(&mut self) -> DbResult<bool> {
        // The protocol knows, the client does not tell: a statement of its own begins with its transaction.
        let sql = "SELECT CASE WHEN now() < statement_timestamp() THEN 'yes' END";
        let rows = self.query(sql, &[])?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).is_some())
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }

    fn keep_statements(&mut self) {
        self.kept.get_or_insert_default();
    }

    fn reconnect(&mut self) -> DbResult<bool> {
        *self = Self::connect(&self.target, &self.setup)?;
        Ok(true)
    }

    fn another(&self) -> DbResult<Option<Box<dyn Session>>> {
        Ok(Some(Box::new(Self::connect(&self.target, &self.setup)?)))
    }
}

impl Console for PostgresSession {
    fn answer(&mut self, sql: &str) -> DbResult<Vec<Answer>> {
        let mut answers: Vec<Answer> = Vec::new();
        for message in self.send(sql, |client| client.simple_query(sql))? {
            match (&message, answers.last_mut()) {
                (SimpleQueryMessage::RowDescription(columns), _) => {
                    let columns = columns.iter().map(|column| column.name().to_owned()).collect();
                    answers.push(Answer { columns, ..Answer::default() });
                }
                (SimpleQueryMessage::Row(_), Some(last)) => last.rows.extend(text_row(&message)),
                (SimpleQueryMessage::CommandComplete(changed), None) => {
                    answers.push(Answer { changed: *changed, ..Answer::default() });
                }
                _ => {}
            }
        }
        Ok(answers)
    }
}

fn bound(value: &Value<'_>) -> (Box<dyn ToSql + Sync>, Type) {
    match *value {
        Value::Text(text) => (Box::new(text.to_owned()), Type::TEXT),
        Value::Int(number) => (Box::new(number), Type::INT8),
        Value::Null => (Box::new(None::<String>), Type::TEXT),
    }
}

/// The server's code for a statement that is not kept there (any more).
const UNKNOWN_STATEMENT: &str = "26000";

/// `DEALLOCATE`, `DISCARD ALL`, also within a body: what is kept is to be made anew.
fn drops_statements(sql: &str) -> bool {
    let is = |text: &str, word: &str| text.eq_ignore_ascii_case(word);
    let mut words =
        sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty());
    let mut before = "";
    words.any(|word| {
        let found = is(word, "deallocate") || (is(word, "all") && is(before, "discard"));
        before = word;
        found
    })
}

/// Values and types apart, as a statement that is kept takes them.
fn parameters<'v>(
    typed: &[(&'v (dyn ToSql + Sync), Type)],
) -> (Vec<&'v (dyn ToSql + Sync)>, Vec<Type>) {
    typed.iter().cloned().unzip()
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
pub(super) fn broken(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Closed, message)
}

#[cfg(test)]
mod tests {
    use super::drops_statements;

    #[test]
    fn what_drops_statements() {
        for (sql, expected) in [
            ("DEALLOCATE ALL", true),
            ("deallocate prepare x", true),
            ("DISCARD\n all;", true),
            ("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$", true),
            ("RESET ALL; DISCARD TEMP", false),
            ("DISCARD PLANS", false),
            ("SELECT 1", false),
        ] {
            assert_eq!(drops_statements(sql), expected, "{sql}");
        }
    }
}
