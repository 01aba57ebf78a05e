//! Reads the history, with one query where the tables are there. Creates nothing: a database without
//! tables has an empty one.

use std::collections::BTreeMap;

use dbmig_build::{Dialect, Settings, Version};

use super::place::{self, Found};
use super::record::{self, newer};
use super::stamp::IS_STAMP;
use super::tables::{DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE, Tables};
use super::{Action, Applied, BackfillRecord, Ended, FORMAT, History, Record, Repeated};
use crate::session::{DbErrorKind, DbResult, Row, Session, Value};
use crate::sql::{placeholder, text};

/// Reads the history of a database.
///
/// # Errors
///
/// What the database reports, tables of a newer format, and tables that hide others.
pub fn read(session: &mut dyn Session) -> DbResult<History> {
    let dialect = session.dialect();
    // As if everything were there: nothing pending costs one query.
    let likely = match dialect {
        Dialect::Sqlite => Tables::in_schema(dialect, "main"),
        Dialect::Postgres | Dialect::Mysql => Tables::default(),
    };
    let all = [DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE];
    match session.query(&select(dialect, &likely, &all), &[]) {
        Ok(rows) => {
            let read = Rows::sort(rows)?;
            let found = place::decide(dialect, &read.places)?;
            if found.is_where_names_lead(dialect) {
                return read.fold(found);
            }
        }
        // A connection that gives no codes says "other".
        Err(error) if matches!(error.kind, DbErrorKind::MissingTable | DbErrorKind::Other) => {}
        Err(error) => return Err(error),
    }
    // Something is not there, or elsewhere: look first.
    let rows = session.query(&place::select(dialect), &[])?;
    let found = place::decide(dialect, &Rows::sort(rows)?.places)?;
    if found.tables_there.is_empty() {
        return Rows::default().fold(found);
    }
    let there: Vec<_> = found.tables_there.iter().map(String::as_str).collect();
    let rows = session.query(&select(dialect, &found.tables, &there), &[])?;
    Rows::sort(rows)?.fold(found)
}

/// Like [`read`], and waits for another connection that holds the database.
///
/// # Errors
///
/// As [`read`].
pub fn read_patiently(session: &mut dyn Session) -> DbResult<History> {
    crate::runner::patiently(session, read)
}

/// Rows of several kinds, told apart by their first column.
fn select(dialect: Dialect, tables: &Tables, there: &[&str]) -> String {
    let mut parts = vec![place::select(dialect)];
    if there.contains(&DIESEL_TABLE) {
        let columns = ["version", shown(dialect), stamp(dialect)];
        parts.push(part(dialect, "version", &columns, &tables.diesel()));
    }
    if there.contains(&STATE_TABLE) {
        let from = format!(
            "{} WHERE kind IN ('format', 'repeatable', 'backfill') OR {IS_STAMP}",
            tables.state()
        );
        parts.push(part(dialect, "state", &["kind", "name", "value"], &from));
    }
    if there.contains(&HISTORY_TABLE) {
        let from = newest_records(&tables.history());
        parts.push(part(dialect, "record", &record::COLUMNS, &from));
    }
    parts.join(" UNION ALL ")
}

/// What says something about a version: neither that a repeatable ran, nor that a text was accepted.
pub(super) const COUNTS: &str = "action NOT IN ('repeat', 'accept')";

/// Of every version the newest record, and the newest that says how it was applied: all that counts,
/// however many attempts there were.
fn newest_records(table: &str) -> String {
    format!(
        "{table} JOIN (SELECT MAX(id) AS newest FROM {table} WHERE {COUNTS} GROUP BY version \
         UNION SELECT MAX(id) FROM {table} WHERE {COUNTS} AND state = 'finished' \
         AND action NOT IN ('revert', 'skip') GROUP BY version) AS counted ON newest = id"
    )
}

/// One kind of rows, as wide as the widest.
pub(super) fn part(dialect: Dialect, kind: &str, columns: &[&str], from: &str) -> String {
    let mut list = vec![text(dialect, &format!("'{kind}'"))];
    list.extend(columns.iter().map(|column| text(dialect, column)));
    list.resize(record::COLUMNS.len() + 1, text(dialect, "NULL"));
    let from = if from.is_empty() { String::new() } else { format!(" FROM {from}") };
    format!("SELECT {}{from}", list.join(", "))
}

/// Diesel's time stamp, for people.
const fn shown(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => "run_on",
        Dialect::Postgres => "date_trunc('second', run_on)",
    }
}

/// Diesel's time stamp, the same in every session: a row that was written anew has another.
pub(super) const fn stamp(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "run_on",
        Dialect::Postgres => "extract(epoch FROM run_on)",
        Dialect::Mysql => "UNIX_TIMESTAMP(run_on)",
    }
}

/// What came back, by kind.
#[derive(Default)]
struct Rows {
    places: Vec<Row>,
    versions: Vec<Row>,
    format: Option<String>,
    repeatables: BTreeMap<String, Repeated>,
    backfills: BTreeMap<Version, BackfillRecord>,
    stamp: Option<String>,
    records: Vec<(Version, Record)>,
}

impl Rows {
    fn sort(rows: Vec<Row>) -> DbResult<Self> {
        let mut sorted = Self::default();
        for mut row in rows {
            let kind = if row.is_empty() { None } else { row.remove(0) };
            match kind.as_deref() {
                Some("version") => sorted.versions.push(row),
                Some("state") => sorted.sort_state(row),
                Some("record") => sorted.records.push(record::from_row(row)?),
                _ => sorted.places.push(row),
            }
        }
        // The newest of a version comes last.
        sorted.records.sort_by_key(|(_, record)| record.id);
        Ok(sorted)
    }

    fn sort_state(&mut self, row: Row) {
        let mut columns = row.into_iter();
        let mut next = || columns.next().flatten();
        match (next().as_deref(), next(), next()) {
            (Some("format"), Some(name), value) if name == "history" => self.format = value,
            (Some("stamp"), Some(name), value) if name == "protected" => self.stamp = value,
            (Some("repeatable"), Some(name), Some(value)) => {
                // What can not be read has not run.
                self.repeatables.extend(Repeated::parse(&value).map(|repeated| (name, repeated)));
            }
            (Some("backfill"), Some(version), Some(value)) => {
                // What can not be read is no evidence; a run of it says so.
                let record = BackfillRecord::parse(&value);
                self.backfills.extend(record.map(|record| (Version::new(version), record)));
            }
            _ => {}
        }
    }

    fn fold(self, found: Found) -> DbResult<History> {
        refuse_newer_format(self.format.as_deref())?;
        let has = |name: &str| found.tables_there.iter().any(|there| there == name);
        let mut history = History {
            has_diesel_table: has(DIESEL_TABLE),
            // Somebody can have dropped one; and MySQL creates them one by one, and may be stopped between.
            has_own_tables: has(HISTORY_TABLE) && has(STATE_TABLE),
            tables: found.tables,
            repeatables: self.repeatables,
            backfills: self.backfills,
            stamp: self.stamp,
            ..History::default()
        };
        let mut applying = BTreeMap::new();
        for (version, record) in self.records {
            let ran = !matches!(record.action, Action::Revert | Action::Skip);
            if record.ended == Ended::Finished && ran {
                applying.insert(version.clone(), record.clone());
            }
            history.records.insert(version, record);
        }
        for row in self.versions {
            let mut row = row.into_iter();
            let version = Version::new(row.next().flatten().unwrap_or_default());
            let run_on = row.next().flatten().unwrap_or_default();
            let stamp = row.next().flatten();
            // A record of an apply that was reverted later says nothing about this row, and neither
            // does one of another row: another tool has reverted and applied again.
            let reverted = history.records.get(&version).is_some_and(|newest| {
                matches!(newest.action, Action::Revert | Action::Skip)
                    && newest.ended == Ended::Finished
            });
            let fits = |record: &Record| record.stamp.is_none() || record.stamp == stamp;
            let record = applying.remove(&version).filter(|record| !reverted && fits(record));
            history.applied.insert(version, Applied { run_on, record });
        }
        Ok(history)
    }
}

/// Later versions add columns only, but may say that this is not enough.
fn refuse_newer_format(format: Option<&str>) -> DbResult<()> {
    match format.map(str::parse::<u32>) {
        Some(Ok(number)) if number > FORMAT => Err(newer("format", format)),
        Some(Err(_)) => Err(newer("format", format)),
        _ => Ok(()),
    }
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
    history: &History,
    version: &Version,
) -> DbResult<Option<RecordedDown>> {
    let dialect = session.dialect();
    let sql = format!(
        "SELECT {down}, {settings} FROM {table} WHERE version = {version} \
         AND action IN ('apply', 'adopt') AND state = 'finished' ORDER BY id DESC LIMIT 1",
        down = text(dialect, "down_sql"),
        settings = text(dialect, "settings"),
        table = history.tables.history(),
        version = placeholder(dialect, 1),
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
