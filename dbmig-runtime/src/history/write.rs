//! Writes the history. The callers own the transactions.

use dbmig_build::{Dialect, Digest, Digests, Settings, Version};

use super::{Action, DIESEL_TABLE, Ended, HISTORY_TABLE, Mode, STATE_TABLE};
use crate::session::{DbError, DbErrorKind, DbResult, Session, Value};
use crate::sql::{moment, placeholder, placeholders};

/// An attempt to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Attempt<'a> {
    pub(crate) version: &'a Version,
    pub(crate) number: i64,
    pub(crate) action: Action,
    pub(crate) name: &'a str,
    pub(crate) digests: Option<&'a Digests>,
    pub(crate) settings: Option<&'a Settings>,
    pub(crate) up_tokens: Option<String>,
    pub(crate) down_sql: Option<&'a str>,
    pub(crate) mode: Mode,
    pub(crate) ended: Ended,
    pub(crate) total: usize,
    pub(crate) done: usize,
    pub(crate) done_digest: Option<&'a Digest>,
    pub(crate) seconds: f64,
    pub(crate) error: Option<&'a str>,
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
pub(crate) fn claim(session: &mut dyn Session, version: &Version) -> DbResult<bool> {
    let dialect = session.dialect();
    let values = placeholder(dialect, 1);
    let sql = match dialect {
        Dialect::Sqlite => {
            format!("INSERT OR IGNORE INTO {DIESEL_TABLE} (version) VALUES ({values})")
        }
        Dialect::Postgres => {
            format!("INSERT INTO {DIESEL_TABLE} (version) VALUES ({values}) ON CONFLICT DO NOTHING")
        }
        Dialect::Mysql => format!("INSERT IGNORE INTO {DIESEL_TABLE} (version) VALUES ({values})"),
    };
    Ok(session.execute_with(&sql, &[version.as_str().into()])? == 1)
}

/// Takes the version out of Diesel's table; `false` when it was not there.
pub(crate) fn forget(session: &mut dyn Session, version: &Version) -> DbResult<bool> {
    let sql =
        format!("DELETE FROM {DIESEL_TABLE} WHERE version = {}", placeholder(session.dialect(), 1));
    Ok(session.execute_with(&sql, &[version.as_str().into()])? == 1)
}

/// The version is in Diesel's table: read back, since a file can have ended the transaction itself.
pub(crate) fn is_recorded(session: &mut dyn Session, version: &Version) -> DbResult<bool> {
    let sql = format!(
        "SELECT '1' FROM {DIESEL_TABLE} WHERE version = {}",
        placeholder(session.dialect(), 1)
    );
    Ok(!session.query(&sql, &[version.as_str().into()])?.is_empty())
}

/// The number that the next attempt of a version gets.
pub(crate) fn next_attempt(session: &mut dyn Session, version: &Version) -> DbResult<i64> {
    let sql = format!(
        "SELECT CAST(COALESCE(MAX(attempt), 0) + 1 AS TEXT) FROM {HISTORY_TABLE} WHERE version = {}",
        placeholder(session.dialect(), 1)
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    let number = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    Ok(number.and_then(|text| text.parse().ok()).unwrap_or(1))
}

/// What the newest attempt of a version left, in one look: its number, and whether it is half done.
pub(crate) fn newest_attempt(
    session: &mut dyn Session,
    version: &Version,
) -> DbResult<(i64, bool)> {
    let sql = format!(
        "SELECT CAST(attempt AS TEXT), CASE WHEN mode = 'stmt' AND state <> 'finished' AND NOT \
         (state = 'failed' AND statements_done = 0 AND intent = 0) THEN 'yes' END FROM {HISTORY_TABLE} \
         WHERE version = {} ORDER BY attempt DESC LIMIT 1",
        placeholder(session.dialect(), 1)
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    let Some(mut row) = rows.into_iter().next().map(Vec::into_iter) else { return Ok((0, false)) };
    let number = row.next().flatten().and_then(|text| text.parse().ok()).unwrap_or(0);
    Ok((number, row.next().flatten().is_some()))
}

/// Copies what is known of the last finished apply into a newer record.
pub(crate) fn copy_evidence(
    session: &mut dyn Session,
    version: &Version,
    number: i64,
) -> DbResult<()> {
    const COLUMNS: &str = "up_digest, up_tokens, down_digest, metadata_digest, settings, down_sql";
    let place = |index| placeholder(session.dialect(), index);
    let sql = format!(
        "UPDATE {HISTORY_TABLE} SET ({COLUMNS}) = (SELECT {COLUMNS} FROM {HISTORY_TABLE} \
         WHERE version = {} AND action <> 'revert' AND state = 'finished' AND attempt < {} \
         ORDER BY id DESC LIMIT 1) WHERE version = {} AND attempt = {}",
        place(1),
        place(2),
        place(3),
        place(4),
    );
    let version = Value::from(version.as_str());
    session.execute_with(&sql, &[version, number.into(), version, number.into()]).map(drop)
}

/// Inserts a record. `finished_at` is now by the server's clock, `started_at` the elapsed time before.
pub(crate) fn insert_record(
    session: &mut dyn Session,
    run: &Run,
    attempt: &Attempt<'_>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let digest = |digest: Option<&'_ Digest>| digest.map(|digest| digest.as_str().to_owned());
    let up = digest(attempt.digests.map(|digests| &digests.up));
    let down = digest(attempt.digests.and_then(|digests| digests.down.as_ref()));
    let metadata = digest(attempt.digests.and_then(|digests| digests.metadata.as_ref()));
    let settings = attempt.settings.map(Settings::to_text);
    let values: [Value<'_>; 19] = [
        attempt.version.as_str().into(),
        attempt.number.into(),
        attempt.action.as_str().into(),
        attempt.name.into(),
        up.as_deref().into(),
        attempt.up_tokens.as_deref().into(),
        down.as_deref().into(),
        metadata.as_deref().into(),
        settings.as_deref().into(),
        attempt.mode.as_str().into(),
        attempt.ended.as_str().into(),
        count(attempt.total).into(),
        count(attempt.done).into(),
        attempt.done_digest.map(Digest::as_str).into(),
        count(attempt.done).into(),
        attempt.down_sql.into(),
        run.batch.into(),
        run.runner.as_str().into(),
        attempt.error.into(),
    ];
    let started = moment(dialect, attempt.seconds);
    let finished =
        if attempt.ended == Ended::Started { "NULL".to_owned() } else { moment(dialect, 0.0) };
    let sql = format!(
        "INSERT INTO {HISTORY_TABLE} (version, attempt, action, name, up_digest, up_tokens, down_digest, \
         metadata_digest, settings, mode, state, statements_total, statements_done, done_digest, intent, down_sql, \
         batch, runner, error, tool, started_at, finished_at) \
         VALUES ({}, 'dbmig {}', {started}, {finished})",
        placeholders(dialect, values.len()),
        env!("CARGO_PKG_VERSION"),
    );
    session.execute_with(&sql, &values).map(drop)
}

/// Statement mode: journals progress and the next intent in one write.
///
/// `done` statements are in the database, `intent` is about to be sent (equal to `done` when nothing is).
pub(crate) fn advance(
    session: &mut dyn Session,
    version: &Version,
    number: i64,
    done: usize,
    done_digest: &Digest,
    intent: usize,
) -> DbResult<()> {
    let dialect = session.dialect();
    let place = |index| placeholder(dialect, index);
    // Whoever decided about the attempt meanwhile has finished it, or made a newer one.
    let sql = format!(
        "UPDATE {HISTORY_TABLE} SET statements_done = {}, done_digest = {}, intent = {} \
         WHERE version = {} AND attempt = {} AND state <> 'finished' AND attempt = \
         (SELECT MAX(attempt) FROM {HISTORY_TABLE} WHERE version = {})",
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
    if session.execute_with(&sql, &values)? == 1 {
        return Ok(());
    }
    let message = "somebody decided about this migration while it was running";
    Err(DbError::new(DbErrorKind::Other, message))
}

/// Statement mode: an attempt goes on with the files as they are now.
pub(crate) fn restart(session: &mut dyn Session, attempt: &Attempt<'_>) -> DbResult<()> {
    let dialect = session.dialect();
    let place = |index| placeholder(dialect, index);
    let sql = format!(
        "UPDATE {HISTORY_TABLE} SET state = {}, up_digest = {}, up_tokens = {}, down_digest = {}, \
         down_sql = {}, statements_total = {}, name = {}, metadata_digest = {}, settings = {}, \
         error = NULL, id = (SELECT MAX(id) + 1 FROM {HISTORY_TABLE}) \
         WHERE version = {} AND attempt = {}",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        place(6),
        place(7),
        place(8),
        place(9),
        place(10),
        place(11),
    );
    let down = attempt.digests.and_then(|digests| digests.down.as_ref());
    let metadata = attempt.digests.and_then(|digests| digests.metadata.as_ref());
    let settings = attempt.settings.map(Settings::to_text);
    let values = [
        Ended::Started.as_str().into(),
        attempt.digests.map(|digests| digests.up.as_str()).into(),
        attempt.up_tokens.as_deref().into(),
        down.map(Digest::as_str).into(),
        attempt.down_sql.into(),
        count(attempt.total).into(),
        attempt.name.into(),
        metadata.map(Digest::as_str).into(),
        settings.as_deref().into(),
        attempt.version.as_str().into(),
        attempt.number.into(),
    ];
    session.execute_with(&sql, &values).map(drop)
}

/// Statement mode: how an attempt ended.
pub(crate) fn end_attempt(
    session: &mut dyn Session,
    version: &Version,
    number: i64,
    ended: Ended,
    error: Option<&str>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let sql = format!(
        "UPDATE {HISTORY_TABLE} SET state = {}, error = {}, finished_at = {} WHERE version = {} AND attempt = {}",
        placeholder(dialect, 1),
        placeholder(dialect, 2),
        moment(dialect, 0.0),
        placeholder(dialect, 3),
        placeholder(dialect, 4),
    );
    let values =
        [ended.as_str().into(), Value::from(error), version.as_str().into(), number.into()];
    session.execute_with(&sql, &values).map(drop)
}

/// A revert voids the records of seeds: the rows may have gone with the tables.
pub(crate) fn void_seeds(session: &mut dyn Session) -> DbResult<()> {
    session.execute_with(&format!("DELETE FROM {STATE_TABLE} WHERE kind = 'seed'"), &[]).map(drop)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
