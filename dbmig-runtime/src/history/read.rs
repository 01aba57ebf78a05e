//! Reads the history. Creates nothing: a database without tables has an empty one.

use std::collections::BTreeMap;

use dbmig_build::{Dialect, Digest, Settings, Version};

use super::{
    Action, Applied, DIESEL_TABLE, Ended, FORMAT, HISTORY_TABLE, History, Mode, Record, STATE_TABLE,
};
use crate::session::{DbError, DbErrorKind, DbResult, Row, Session, Value};

/// Reads the history of a database.
///
/// # Errors
///
/// What the database reports, and tables of a newer format.
pub fn read(session: &mut dyn Session) -> DbResult<History> {
    let tables = existing_tables(session)?;
    let mut history = History {
        has_diesel_table: tables.iter().any(|name| name == DIESEL_TABLE),
        has_own_tables: tables.iter().any(|name| name == HISTORY_TABLE),
        ..History::default()
    };
    if tables.iter().any(|name| name == STATE_TABLE) {
        refuse_newer_format(session)?;
    }
    // Versions first: what is seen as applied was committed together with its record.
    let mut versions = Vec::new();
    if history.has_diesel_table {
        let sql = format!("SELECT version, CAST(run_on AS TEXT) FROM {DIESEL_TABLE}");
        for row in session.query(&sql, &[])? {
            let mut row = row.into_iter();
            let version = Version::new(row.next().flatten().unwrap_or_default());
            versions.push((version, row.next().flatten().unwrap_or_default()));
        }
    }
    let mut applying = BTreeMap::new();
    if history.has_own_tables {
        for row in session.query(&select_records(), &[])? {
            let (version, record) = record(row)?;
            if record.ended == Ended::Finished && record.action != Action::Revert {
                applying.insert(version.clone(), record.clone());
            }
            history.records.insert(version, record);
        }
    }
    for (version, run_on) in versions {
        // A record of an apply that was reverted later says nothing about this row, and a row that is
        // younger than the record was written by another tool, which reverted and applied again.
        let reverted = history.records.get(&version).is_some_and(|newest| {
            newest.action == Action::Revert && newest.ended == Ended::Finished
        });
        let record = applying.remove(&version).filter(|record| !reverted && fits(record, &run_on));
        history.applied.insert(version, Applied { run_on, record });
    }
    Ok(history)
}

/// The version row is written before its record, in the same transaction; both times are in UTC.
fn fits(record: &Record, run_on: &str) -> bool {
    match (&record.finished_at, run_on.get(..19)) {
        (Some(finished), Some(run_on)) => {
            finished.get(..19).is_none_or(|finished| run_on <= finished)
        }
        _ => true,
    }
}

/// Later versions add columns only, but may say that this is not enough.
fn refuse_newer_format(session: &mut dyn Session) -> DbResult<()> {
    let sql = format!("SELECT value FROM {STATE_TABLE} WHERE kind = 'format' AND name = 'history'");
    let rows = session.query(&sql, &[])?;
    let format = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    match format.as_deref().map(str::parse::<u32>) {
        Some(Ok(format)) if format > FORMAT => Err(newer("format", Some(&format.to_string()))),
        Some(Err(_)) => Err(newer("format", format.as_deref())),
        _ => Ok(()),
    }
}

/// Like [`read`], and waits for another connection that holds the database.
///
/// # Errors
///
/// As [`read`].
pub fn read_patiently(session: &mut dyn Session) -> DbResult<History> {
    crate::runner::patiently(session, read)
}

fn existing_tables(session: &mut dyn Session) -> DbResult<Vec<String>> {
    let sql = match session.dialect() {
        Dialect::Sqlite => format!(
            "SELECT name FROM sqlite_master WHERE type = 'table' \
             AND name IN ('{DIESEL_TABLE}', '{HISTORY_TABLE}', '{STATE_TABLE}')"
        ),
        other => {
            let message = format!("this version does not read the history of {other} yet");
            return Err(DbError::new(DbErrorKind::Other, message));
        }
    };
    let rows = session.query(&sql, &[])?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// In the order of ids, so that the newest of a version comes last.
fn select_records() -> String {
    format!(
        "SELECT id, version, attempt, action, name, up_digest, up_tokens, down_digest, mode, state, \
         statements_total, statements_done, done_digest, intent, batch, CAST(finished_at AS TEXT), error \
         FROM {HISTORY_TABLE} ORDER BY id"
    )
}

fn record(row: Row) -> DbResult<(Version, Record)> {
    let mut columns = row.into_iter();
    let mut next = || columns.next().flatten();
    let number = |text: Option<String>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let digest = |text: Option<String>| text.as_deref().and_then(Digest::parse);
    let id = number(next());
    let version = Version::new(next().unwrap_or_default());
    let attempt = number(next());
    let action = match next().as_deref() {
        Some("revert") => Action::Revert,
        Some("adopt") => Action::Adopt,
        Some("apply") => Action::Apply,
        other => return Err(newer("action", other)),
    };
    let name = next().unwrap_or_default();
    let (up_digest, up_tokens, down_digest) = (digest(next()), next(), digest(next()));
    let mode = match next().as_deref() {
        Some("tx") => Mode::Transaction,
        Some("stmt") => Mode::Statement,
        other => return Err(newer("mode", other)),
    };
    let ended = match next().as_deref() {
        Some("started") => Ended::Started,
        Some("finished") => Ended::Finished,
        Some("failed") => Ended::Failed,
        other => return Err(newer("state", other)),
    };
    let record = Record {
        id,
        attempt,
        action,
        name,
        up_digest,
        up_tokens,
        down_digest,
        mode,
        ended,
        statements_total: number(next()),
        statements_done: number(next()),
        done_digest: digest(next()),
        intent: number(next()),
        batch: number(next()),
        finished_at: next(),
        error: next(),
    };
    Ok((version, record))
}

fn newer(column: &str, value: Option<&str>) -> DbError {
    let value = value.unwrap_or("NULL");
    let mut error = DbError::new(
        DbErrorKind::Other,
        format!("`{HISTORY_TABLE}` holds the {column} `{value}`, which this version does not know"),
    );
    error.hint = Some("a newer cargo-dbmig wrote it: update this one".into());
    error
}

/// A down that was recorded, with the settings it runs under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedDown {
    /// The text.
    pub sql: String,
    /// The settings of the migration at the time.
    pub settings: Settings,
}

/// The `down.sql` that was recorded when a version was last applied.
///
/// # Errors
///
/// What the database reports, and settings of a newer format.
pub fn recorded_down(
    session: &mut dyn Session,
    version: &Version,
) -> DbResult<Option<RecordedDown>> {
    let placeholder = crate::sql::placeholder(session.dialect(), 1);
    let sql = format!(
        "SELECT down_sql, settings FROM {HISTORY_TABLE} WHERE version = {placeholder} \
         AND action <> 'revert' AND state = 'finished' ORDER BY id DESC LIMIT 1"
    );
    let rows = session.query(&sql, &[Value::Text(version.as_str())])?;
    let Some(mut row) = rows.into_iter().next().map(Vec::into_iter) else { return Ok(None) };
    let (down, settings) = (row.next().flatten(), row.next().flatten());
    let Some(sql) = down else { return Ok(None) };
    let settings = match settings {
        None => Settings::default(),
        Some(text) => Settings::from_text(&text).ok_or_else(|| newer("settings", Some(&text)))?,
    };
    Ok(Some(RecordedDown { sql, settings }))
}
