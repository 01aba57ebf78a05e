//! The statements of a window: its keys are looked up from the last one that is done, never by OFFSET.

use dbmig_build::Dialect;
use dbmig_build::backfill::{Backfill, Part};

use super::key::Column;
use crate::session::{DbResult, Session, Value};
use crate::sql::{placeholder, text};

/// The rows from one key to another, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) first: Vec<String>,
    pub(super) last: Vec<String>,
    /// How many rows it had when it was looked up.
    pub(super) count: u64,
}

/// A statement with what is bound to it.
#[derive(Default)]
struct Bound {
    sql: String,
    values: Vec<String>,
}

impl Bound {
    /// Appends a value of a column; `None` when no key can have it.
    fn push(&mut self, dialect: Dialect, column: &Column, value: &str) -> Option<()> {
        let parameter = placeholder(dialect, self.values.len() + 1);
        let (expression, value) = column.give(&parameter, value)?;
        self.sql.push_str(&expression);
        self.values.push(value.to_owned());
        Some(())
    }

    /// Values of all columns with commas between.
    fn push_all(&mut self, dialect: Dialect, key: &[Column], values: &[String]) -> Option<()> {
        for (index, (column, value)) in key.iter().zip(values).enumerate() {
            if index > 0 {
                self.sql.push_str(", ");
            }
            self.push(dialect, column, value)?;
        }
        Some(())
    }

    fn values(&self) -> Vec<Value<'_>> {
        self.values.iter().map(|value| Value::Text(value)).collect()
    }
}

/// Looks up the window behind `cursor`; `None` at the end of the table. The inner error says why a key
/// can not be used.
pub(super) fn next(
    session: &mut dyn Session,
    table: &str,
    key: &[Column],
    cursor: Option<&[String]>,
    size: u32,
) -> DbResult<Result<Option<Window>, String>> {
    let dialect = session.dialect();
    let Some(query) = query(dialect, table, key, cursor, size) else {
        return Ok(Err("the cursor does not fit the key".to_owned()));
    };
    let Some(row) = session.query(&query.sql, &query.values())?.into_iter().next() else {
        return Ok(Ok(None));
    };
    let mut cells = row.into_iter();
    let count = cells.next().flatten().and_then(|text| text.parse().ok()).unwrap_or(0);
    let keys: Option<Vec<String>> = cells.collect();
    let Some(keys) = keys.filter(|keys| keys.len() == 2 * key.len()) else {
        return Ok(Err("a row has no key".to_owned()));
    };
    let (first, last) = keys.split_at(key.len());
    for (column, value) in key.iter().chain(key).zip(&keys) {
        if column.give("?", value).is_none() {
            return Ok(Err(format!("`{}` holds a value of type {value}", column.sql)));
        }
    }
    Ok(Ok(Some(Window { first: first.to_vec(), last: last.to_vec(), count })))
}

fn query(
    dialect: Dialect,
    table: &str,
    key: &[Column],
    cursor: Option<&[String]>,
    size: u32,
) -> Option<Bound> {
    let names: Vec<_> = key.iter().map(|column| column.sql.as_str()).collect();
    let reads: Vec<_> = key
        .iter()
        .enumerate()
        .map(|(index, column)| format!("{} AS dbmig_{index}", column.read(dialect)))
        .collect();
    let (names_list, reads) = (names.join(", "), reads.join(", "));
    let descending = names.iter().map(|name| format!("{name} DESC")).collect::<Vec<_>>().join(", ");
    let outer = |alias: &str| {
        let list = (0..key.len()).map(|index| format!("{alias}.dbmig_{index}"));
        list.collect::<Vec<_>>().join(", ")
    };
    let begin = format!(
        "SELECT {}, {}, {} FROM (SELECT COUNT(*) AS dbmig_n FROM (SELECT {names_list} FROM {table}",
        text(dialect, "dbmig_c.dbmig_n"),
        outer("dbmig_lo"),
        outer("dbmig_hi"),
    );
    let mut query = Bound { sql: begin, values: vec![] };
    behind(&mut query, dialect, key, cursor)?;
    query.sql.push_str(&format!(
        " ORDER BY {names_list} LIMIT {size}) AS dbmig_w) AS dbmig_c, (SELECT {reads} FROM {table}"
    ));
    behind(&mut query, dialect, key, cursor)?;
    query.sql.push_str(&format!(
        " ORDER BY {names_list} LIMIT 1) AS dbmig_lo, (SELECT * FROM (SELECT {names_list}, {reads} FROM {table}"
    ));
    behind(&mut query, dialect, key, cursor)?;
    query.sql.push_str(&format!(
        " ORDER BY {names_list} LIMIT {size}) AS dbmig_v ORDER BY {descending} LIMIT 1) AS dbmig_hi"
    ));
    Some(query)
}

/// Only what comes behind the cursor.
fn behind(
    query: &mut Bound,
    dialect: Dialect,
    key: &[Column],
    cursor: Option<&[String]>,
) -> Option<()> {
    let Some(cursor) = cursor else { return Some(()) };
    if cursor.len() != key.len() {
        return None;
    }
    query.sql.push_str(" WHERE ");
    if let [column] = key {
        query.sql.push_str(&format!("{} > ", column.sql));
        return query.push(dialect, column, &cursor[0]);
    }
    if dialect != Dialect::Mysql {
        let names: Vec<_> = key.iter().map(|column| column.sql.as_str()).collect();
        query.sql.push_str(&format!("({}) > (", names.join(", ")));
        query.push_all(dialect, key, cursor)?;
        query.sql.push(')');
        return Some(());
    }
    // MySQL walks an index by this form, and reads the whole table for the other.
    query.sql.push('(');
    for depth in 0..key.len() {
        query.sql.push_str(if depth == 0 { "(" } else { " OR (" });
        for (index, (column, value)) in key.iter().zip(cursor).take(depth + 1).enumerate() {
            let sign = if index == depth { ">" } else { "=" };
            let and = if index == 0 { "" } else { " AND " };
            query.sql.push_str(&format!("{and}{} {sign} ", column.sql));
            query.push(dialect, column, value)?;
        }
        query.sql.push(')');
    }
    query.sql.push(')');
    Some(())
}

/// Runs the statement on a window; how many rows it changed.
pub(super) fn change(
    session: &mut dyn Session,
    backfill: &Backfill<'_>,
    key: &[Column],
    window: &Window,
) -> DbResult<u64> {
    let dialect = session.dialect();
    let mut statement = Bound::default();
    for part in &backfill.parts {
        // The keys have just been read from these columns.
        match part {
            Part::Text(text) => statement.sql.push_str(text),
            Part::Bound { last, column } => {
                let values = if *last { &window.last } else { &window.first };
                let _ = match column {
                    Some(index) => statement.push(dialect, &key[*index], &values[*index]),
                    None => statement.push_all(dialect, key, values),
                };
            }
        }
    }
    let changed = session.execute_with(&statement.sql, &statement.values())?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}
