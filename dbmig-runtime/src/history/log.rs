//! Every attempt, for people.

use dbmig_build::{Dialect, Version};

use super::History;
use crate::session::{DbResult, Row, Session, Value};
use crate::sql::{placeholder, text};

/// One attempt, as it was recorded. Times are of the server's clock, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// In the order of attempts.
    pub id: i64,
    /// The version; of a repeatable, what stands for it.
    pub version: String,
    /// Of this version, from 1.
    pub attempt: i64,
    /// `apply`, `revert`, `adopt`, `repeat`, or what a later release calls it.
    pub action: String,
    /// The name at the time.
    pub name: String,
    /// `tx` or `stmt`.
    pub mode: String,
    /// `started`, `finished`, or `failed`.
    pub state: String,
    /// How many statements there were.
    pub statements_total: i64,
    /// How many are known to be done.
    pub statements_done: i64,
    /// The run it belonged to.
    pub batch: i64,
    /// Who ran it.
    pub runner: String,
    /// With what.
    pub tool: String,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// How long it took.
    pub milliseconds: Option<i64>,
    /// Why a person decided it.
    pub reason: Option<String>,
    /// What it ended with.
    pub error: Option<String>,
}

/// Reads the attempts, the newest first: of one version, or of all; at most `last` of them.
///
/// # Errors
///
/// What the database reports.
pub fn log(
    session: &mut dyn Session,
    history: &History,
    version: Option<&Version>,
    last: Option<usize>,
) -> DbResult<Vec<Entry>> {
    if !history.has_own_tables {
        return Ok(vec![]);
    }
    let dialect = session.dialect();
    let milliseconds = match dialect {
        Dialect::Sqlite => {
            "CAST(ROUND((julianday(finished_at) - julianday(started_at)) * 86400000) AS INTEGER)"
        }
        Dialect::Postgres => {
            "CAST(round(extract(epoch FROM finished_at - started_at) * 1000) AS BIGINT)"
        }
        Dialect::Mysql => "TIMESTAMPDIFF(MICROSECOND, started_at, finished_at) DIV 1000",
    };
    let columns = [
        "id",
        "version",
        "attempt",
        "action",
        "name",
        "mode",
        "state",
        "statements_total",
        "statements_done",
        "batch",
        "runner",
        "tool",
        "started_at",
        "finished_at",
        milliseconds,
        "reason",
        "error",
    ];
    let columns = columns.map(|column| text(dialect, column)).join(", ");
    let of = version.map(|_| format!(" WHERE version = {}", placeholder(dialect, 1)));
    let limit = last.map(|count| format!(" LIMIT {count}"));
    let sql = format!(
        // Named by its table: PostgreSQL would sort by the text that is selected.
        "SELECT {columns} FROM {} h{} ORDER BY h.id DESC{}",
        history.tables.history(),
        of.unwrap_or_default(),
        limit.unwrap_or_default()
    );
    let values: Vec<_> = version.map(|version| Value::Text(version.as_str())).into_iter().collect();
    Ok(session.query(&sql, &values)?.into_iter().map(entry).collect())
}

fn entry(row: Row) -> Entry {
    let mut columns = row.into_iter();
    let mut next = || columns.next().flatten();
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
    let mut word = || next().unwrap_or_default();
    let id = number(Some(word())).unwrap_or(0);
    let version = word();
    let attempt = number(Some(word())).unwrap_or(0);
    let (action, name, mode, state) = (word(), word(), word(), word());
    let statements_total = number(Some(word())).unwrap_or(0);
    let statements_done = number(Some(word())).unwrap_or(0);
    let batch = number(Some(word())).unwrap_or(0);
    let (runner, tool, started_at) = (word(), word(), word());
    Entry {
        id,
        version,
        attempt,
        action,
        name,
        mode,
        state,
        statements_total,
        statements_done,
        batch,
        runner,
        tool,
        started_at,
        finished_at: next(),
        milliseconds: number(next()),
        reason: next(),
        error: next(),
    }
}
