//! The rows of a query that somebody wrote, on connections that give nothing but text.
//!
//! Its columns are asked for first, so that each can be made text: by its name, or on PostgreSQL, where a
//! name may stand twice, by way of JSON.

use dbmig_build::Dialect;

use crate::session::{Found, Row};
use crate::sql::{quoted, text};

/// What the rows are called inside of our statements.
const ROWS: &str = "dbmig_rows";

/// The query as the rows of another one. A comment may stand last in it.
fn rows(select: &str) -> String {
    format!("(\n{select}\n) AS {ROWS}")
}

/// At most its first row.
pub(super) fn first(select: &str) -> String {
    format!("SELECT * FROM {} LIMIT 1", rows(select))
}

/// Its first rows as text; on PostgreSQL a row a cell: the number of the row, and the value.
pub(super) fn as_text(dialect: Dialect, select: &str, names: &[String], most: usize) -> String {
    let rows = rows(select);
    let cells = |cell: &dyn Fn(&str) -> String| -> String {
        let cells = names.iter().map(|name| cell(&format!("{ROWS}.{}", quoted(dialect, name))));
        cells.collect::<Vec<_>>().join(", ")
    };
    match dialect {
        Dialect::Postgres => format!(
            "SELECT CAST(of_row AS TEXT), cell.value FROM (SELECT row_number() OVER () AS of_row, \
             row_to_json({ROWS}) AS cells FROM {rows} LIMIT {most}) AS all_rows, \
             json_each_text(cells) WITH ORDINALITY AS cell(key, value, at) ORDER BY of_row, at"
        ),
        // Bytes that are no text are shown as SQLite writes them.
        Dialect::Sqlite => {
            let cell = |name: &str| {
                format!(
                    "CASE typeof({name}) WHEN 'blob' THEN 'x''' || hex({name}) || '''' ELSE CAST({name} AS TEXT) END"
                )
            };
            format!("SELECT {} FROM {rows} LIMIT {most}", cells(&cell))
        }
        Dialect::Mysql => {
            let cell = |name: &str| text(dialect, name);
            format!("SELECT {} FROM {rows} LIMIT {most}", cells(&cell))
        }
    }
}

/// What came back of [`as_text`].
pub(super) fn found(dialect: Dialect, columns: Vec<String>, rows: Vec<Row>) -> Found {
    if dialect != Dialect::Postgres {
        return Found { columns, rows };
    }
    let mut found = Found { columns, rows: Vec::new() };
    let mut last = None;
    for cell in rows {
        let mut cell = cell.into_iter();
        let (number, value) = (cell.next().flatten(), cell.next().flatten());
        match found.rows.last_mut().filter(|_| number == last) {
            Some(row) => row.push(value),
            None => found.rows.push(vec![value]),
        }
        last = number;
    }
    found
}
