//! Writes the history. The callers own the transactions.

use dbmig_build::{Dialect, Digest, Digests, Settings, Version};

use super::read::stamp;
use super::tables::Tables;
use super::{Action, Ended, Mode};
use crate::session::{DbError, DbErrorKind, DbResult, Session, Value};
use crate::sql::{from_nothing, moment, placeholder, placeholders, text};

/// An attempt to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Attempt<'a> {
    pub(crate) version: &'a Version,
    pub(crate) number: i64,
    pub(crate) action: Action,
    pub(crate) name: &'a str,
    pub(crate) evidence: Evidence<'a>,
    pub(crate) mode: Mode,
    pub(crate) ended: Ended,
    pub(crate) total: usize,
    pub(crate) done: usize,
    pub(crate) done_digest: Option<&'a Digest>,
    pub(crate) seconds: f64,
    pub(crate) error: Option<&'a str>,
}

/// The files as they were at the time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Evidence<'a> {
    pub(crate) digests: Option<&'a Digests>,
    pub(crate) settings: Option<&'a Settings>,
    pub(crate) up_tokens: Option<String>,
    pub(crate) down_sql: Option<&'a str>,
}

/// The run that attempts belong to.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) batch: i64,
    pub(crate) runner: String,
}

/// Puts the version into Diesel's table; `false` when it was there already.
///
/// Done first in a migration's transaction: the primary key is the lock.
pub(crate) fn claim(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let (dialect, table) = (session.dialect(), tables.diesel());
    let value = placeholder(dialect, 1);
    let sql = match dialect {
        Dialect::Sqlite => format!("INSERT OR IGNORE INTO {table} (version) VALUES ({value})"),
        Dialect::Postgres => {
            format!("INSERT INTO {table} (version) VALUES ({value}) ON CONFLICT DO NOTHING")
        }
        // IGNORE would cut what is too long, and how ON DUPLICATE KEY counts rows depends on the client.
        Dialect::Mysql => format!("INSERT INTO {table} (version) VALUES ({value})"),
    };
    match session.execute_with(&sql, &[version.as_str().into()]) {
        Err(error) if dialect == Dialect::Mysql && error.kind == DbErrorKind::Unique => Ok(false),
        result => Ok(result? == 1),
    }
}

/// Takes the version out of Diesel's table; `false` when it was not there.
pub(crate) fn forget(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let value = placeholder(session.dialect(), 1);
    let sql = format!("DELETE FROM {} WHERE version = {value}", tables.diesel());
    Ok(session.execute_with(&sql, &[version.as_str().into()])? == 1)
}

/// The version is in Diesel's table: read back, since a file can have ended the transaction itself.
pub(crate) fn is_recorded(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let value = placeholder(session.dialect(), 1);
    let sql = format!("SELECT '1' FROM {} WHERE version = {value}", tables.diesel());
    Ok(!session.query(&sql, &[version.as_str().into()])?.is_empty())
}

/// The number that the next attempt of a version gets.
pub(crate) fn next_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<i64> {
    newest_attempt(session, tables, version).map(|(number, _)| number + 1)
}

/// What the newest attempt of a version left, in one look: its number, and whether it is half done.
pub(crate) fn newest_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<(i64, bool)> {
    let dialect = session.dialect();
    let sql = format!(
        "SELECT {number}, CASE WHEN mode = 'stmt' AND state <> 'finished' AND NOT \
         (state = 'failed' AND statements_done = 0 AND intent = 0) THEN 'yes' END FROM {table} \
         WHERE version = {value} ORDER BY attempt DESC LIMIT 1",
        number = text(dialect, "attempt"),
        table = tables.history(),
        value = placeholder(dialect, 1),
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    let Some(mut row) = rows.into_iter().next().map(Vec::into_iter) else { return Ok((0, false)) };
    let number = row.next().flatten().and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok((number, row.next().flatten().is_some()))
}

/// Copies what is known of the last finished apply into a newer record.
pub(crate) fn copy_evidence(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
) -> DbResult<()> {
    const COLUMNS: [&str; 6] =
        ["up_digest", "up_tokens", "down_digest", "metadata_digest", "settings", "down_sql"];
    let (dialect, table) = (session.dialect(), tables.history());
    let place = |index| placeholder(dialect, index);
    let select = format!(
        "SELECT {} FROM {table} WHERE version = {} AND action <> 'revert' AND state = 'finished' \
         AND attempt < {} ORDER BY id DESC LIMIT 1",
        COLUMNS.map(|column| text(dialect, column)).join(", "),
        place(1),
        place(2),
    );
    let key = [Value::from(version.as_str()), number.into()];
    let Some(row) = session.query(&select, &key)?.into_iter().next() else { return Ok(()) };
    let assignments: Vec<_> = COLUMNS
        .iter()
        .enumerate()
        .map(|(index, column)| format!("{column} = {}", place(index + 1)))
        .collect();
    let update = format!(
        "UPDATE {table} SET {} WHERE version = {} AND attempt = {}",
        assignments.join(", "),
        place(COLUMNS.len() + 1),
        place(COLUMNS.len() + 2),
    );
    let mut values: Vec<_> = row.iter().map(|value| Value::from(value.as_deref())).collect();
    values.extend(key);
    session.execute_with(&update, &values).map(drop)
}

/// Inserts a record. `finished_at` is now by the server's clock, `started_at` the elapsed time before.
pub(crate) fn insert_record(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
) -> DbResult<()> {
    insert(session, tables, run, attempt, None).map(drop)
}

/// Inserts a record if the version is, or is not, in Diesel's table; `false` when that is otherwise.
pub(crate) fn insert_record_if(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
    recorded: bool,
) -> DbResult<bool> {
    insert(session, tables, run, attempt, Some(recorded))
}

fn insert(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
    recorded: Option<bool>,
) -> DbResult<bool> {
    const TOOL: &str = concat!("dbmig ", env!("CARGO_PKG_VERSION"));
    let dialect = session.dialect();
    let Evidence { digests, settings, up_tokens, down_sql } = &attempt.evidence;
    let settings = settings.map(Settings::to_text);
    let version = Value::from(attempt.version.as_str());
    let mut values: Vec<Value<'_>> = vec![
        version,
        attempt.number.into(),
        attempt.action.as_str().into(),
        attempt.name.into(),
        digests.map(|digests| digests.up.as_str()).into(),
        up_tokens.as_deref().into(),
        digests.and_then(|digests| digests.down.as_ref()).map(Digest::as_str).into(),
        digests.and_then(|digests| digests.metadata.as_ref()).map(Digest::as_str).into(),
        settings.as_deref().into(),
        attempt.mode.as_str().into(),
        attempt.ended.as_str().into(),
        count(attempt.total).into(),
        count(attempt.done).into(),
        attempt.done_digest.map(Digest::as_str).into(),
        count(attempt.done).into(),
        (*down_sql).into(),
        run.batch.into(),
        run.runner.as_str().into(),
        attempt.error.into(),
    ];
    let columns = values.len();
    let mut place = |value| {
        values.push(value);
        placeholder(dialect, values.len())
    };
    let diesel = tables.diesel();
    let stamp = format!(
        "(SELECT {} FROM {diesel} WHERE version = {})",
        text(dialect, stamp(dialect)),
        place(version)
    );
    let condition = match recorded {
        None => String::new(),
        Some(recorded) => format!(
            "{} WHERE {}EXISTS (SELECT 1 FROM {diesel} WHERE version = {})",
            from_nothing(dialect),
            if recorded { "" } else { "NOT " },
            place(version),
        ),
    };
    let started = moment(dialect, attempt.seconds);
    let finished =
        if attempt.ended == Ended::Started { "NULL".to_owned() } else { moment(dialect, 0.0) };
    let sql = format!(
        "INSERT INTO {table} (version, attempt, action, name, up_digest, up_tokens, down_digest, \
         metadata_digest, settings, mode, state, statements_total, statements_done, done_digest, intent, down_sql, \
         batch, runner, error, tool, started_at, finished_at, stamp) \
         SELECT {values}, '{TOOL}', {started}, {finished}, {stamp}{condition}",
        table = tables.history(),
        values = placeholders(dialect, columns),
    );
    Ok(session.execute_with(&sql, &values)? == 1)
}

/// Statement mode: journals progress and the next intent in one write.
///
/// `done` statements are in the database, `intent` is about to be sent (equal to `done` when nothing is).
pub(crate) fn advance(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    (done, done_digest): (usize, &Digest),
    intent: usize,
) -> DbResult<()> {
    let (dialect, table) = (session.dialect(), tables.history());
    let place = |index| placeholder(dialect, index);
    // Whoever decided about the attempt meanwhile has finished it, or made a newer one. MySQL takes a
    // subquery on the table that is updated only when it stands in a FROM of its own.
    let sql = format!(
        "UPDATE {table} SET statements_done = {}, done_digest = {}, intent = {} \
         WHERE version = {} AND attempt = {} AND state <> 'finished' AND attempt = \
         (SELECT newest FROM (SELECT MAX(attempt) AS newest FROM {table} WHERE version = {}) AS attempts)",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        place(6),
    );
    let values = [
        count(done).into(),
        done_digest.as_str().into(),
        count(intent).into(),
        version.as_str().into(),
        number.into(),
        version.as_str().into(),
    ];
    if session.execute_with(&sql, &values)? == 1 || is_at(session, tables, version, number)? {
        return Ok(());
    }
    let message = "somebody decided about this migration while it was running";
    Err(DbError::new(DbErrorKind::Other, message))
}

/// The attempt is the newest and open: MySQL counts no row when an update changes nothing.
fn is_at(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
) -> DbResult<bool> {
    if session.dialect() != Dialect::Mysql {
        return Ok(false);
    }
    let sql = format!(
        "SELECT CAST(attempt AS CHAR), state FROM {} WHERE version = ? ORDER BY attempt DESC LIMIT 1",
        tables.history()
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    let Some(mut row) = rows.into_iter().next().map(Vec::into_iter) else { return Ok(false) };
    let same = row.next().flatten().and_then(|text| text.parse().ok()) == Some(number);
    Ok(same && row.next().flatten().as_deref() != Some(Ended::Finished.as_str()))
}

/// Statement mode: an attempt goes on with the files as they are now, as the newest of all.
pub(crate) fn restart(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let sql = format!(
        "DELETE FROM {} WHERE version = {} AND attempt = {}",
        tables.history(),
        placeholder(dialect, 1),
        placeholder(dialect, 2),
    );
    session.execute_with(&sql, &[attempt.version.as_str().into(), attempt.number.into()])?;
    insert_record(session, tables, run, attempt)
}

/// Statement mode: how an attempt ended.
pub(crate) fn end_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    ended: Ended,
    error: Option<&str>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let place = |index| placeholder(dialect, index);
    let sql = format!(
        "UPDATE {table} SET state = {}, error = {}, finished_at = {finished}, \
         stamp = (SELECT {stamp} FROM {diesel} WHERE version = {}) WHERE version = {} AND attempt = {}",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        table = tables.history(),
        diesel = tables.diesel(),
        finished = moment(dialect, 0.0),
        stamp = text(dialect, stamp(dialect)),
    );
    let version = Value::from(version.as_str());
    let values = [ended.as_str().into(), Value::from(error), version, version, number.into()];
    session.execute_with(&sql, &values).map(drop)
}

/// A revert voids the records of seeds: the rows may have gone with the tables.
pub(crate) fn void_seeds(session: &mut dyn Session, tables: &Tables) -> DbResult<()> {
    let sql = format!("DELETE FROM {} WHERE kind = 'seed'", tables.state());
    session.execute_with(&sql, &[]).map(drop)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
