//! What stands in the tables, and what of it is lost.

use std::collections::BTreeMap;

use dbmig_build::Dialect;

use super::rows::qualified;
use crate::catalogue::{Catalogue, Name, Table};
use crate::session::{DbErrorKind, DbResult, Row, Session};
use crate::sql::quoted;

/// All rows of all tables, sorted; columns as the table has them.
pub(super) type Data = BTreeMap<Name, (Vec<String>, Vec<Row>)>;

/// Reads it; which tables could not be read, and why.
pub(super) fn read(
    session: &mut dyn Session,
    catalogue: &Catalogue,
) -> DbResult<(Data, Vec<(Name, String)>)> {
    let (mut data, mut unreadable) = (Data::new(), Vec::new());
    for table in catalogue.tables.iter().filter(|table| !table.columns.is_empty()) {
        match read_table(session, catalogue.dialect, table) {
            Ok(rows) => drop(data.insert(table.name.clone(), rows)),
            Err(error) if matches!(error.kind, DbErrorKind::Interrupted | DbErrorKind::Closed) => {
                return Err(error);
            }
            // A column is computed from a value that it fails for.
            Err(error) => unreadable.push((table.name.clone(), error.message)),
        }
    }
    Ok((data, unreadable))
}

/// Columns that hold in `after` what another column of the table held in `before`, which holds something
/// else now: what a copy by position does. A copy of one column into another is none.
pub(super) fn moved(before: &Data, after: &Data) -> Vec<(String, String)> {
    let mut moved = Vec::new();
    for (name, (columns, rows)) in before {
        let Some((now_columns, now)) = after.get(name) else { continue };
        if rows.len() != now.len() {
            continue;
        }
        let values = |rows: &[Row], at: usize| {
            let plain = |row: &Row| row.get(at).cloned().flatten().map(unquoted);
            let mut values: Vec<_> = rows.iter().map(plain).collect();
            values.sort();
            values
        };
        let old: Vec<_> = (0..columns.len()).map(|at| values(rows, at)).collect();
        let changed = |column: &String| -> Option<Vec<Option<String>>> {
            let was = columns.iter().position(|other| other == column)?;
            let is = now_columns.iter().position(|other| other == column)?;
            Some(values(now, is)).filter(|is| *is != old[was])
        };
        for column in columns {
            let Some(values) =
                changed(column).filter(|values| values.windows(2).any(|w| w[0] != w[1]))
            else {
                continue;
            };
            let from = columns
                .iter()
                .zip(&old)
                .find(|(from, old)| *from != column && **old == values && changed(from).is_some());
            if let Some((from, _)) = from {
                moved.push((format!("{name}.{column}"), format!("{name}.{from}")));
            }
        }
    }
    moved
}

/// Another affinity of SQLite makes another literal of the same value.
fn unquoted(value: String) -> String {
    value
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .map_or(value.clone(), str::to_owned)
}

fn read_table(
    session: &mut dyn Session,
    dialect: Dialect,
    table: &Table,
) -> DbResult<(Vec<String>, Vec<Row>)> {
    let mut names: Vec<_> = table.columns.iter().map(|column| column.name.clone()).collect();
    // Whatever order they stand in.
    names.sort();
    let list: Vec<_> = names.iter().map(|name| as_text(dialect, &quoted(dialect, name))).collect();
    let from = qualified(dialect, &table.name);
    let mut rows = session.query(&format!("SELECT {} FROM {from}", list.join(", ")), &[])?;
    rows.sort();
    Ok((names, rows))
}

/// A text that differs whenever the value does.
fn as_text(dialect: Dialect, column: &str) -> String {
    match dialect {
        Dialect::Sqlite => format!("quote({column})"),
        Dialect::Postgres => format!("CAST({column} AS TEXT)"),
        Dialect::Mysql => {
            format!("CAST(HEX(CAST({column} AS BINARY)) AS CHAR CHARACTER SET utf8mb4)")
        }
    }
}

/// What of `before` is not in `after`, as `table.column`; `table` alone when rows have come or gone.
pub(super) fn lost(before: &Data, after: &Data) -> Vec<String> {
    let mut lost = Vec::new();
    for (name, (columns, rows)) in before {
        let Some((_, now)) = after.get(name) else { continue };
        if rows == now {
            continue;
        }
        if rows.len() != now.len() {
            lost.push(name.to_string());
            continue;
        }
        let column = |rows: &[Row], at: usize| {
            let mut values: Vec<_> =
                rows.iter().map(|row| row.get(at).cloned().flatten()).collect();
            values.sort();
            values
        };
        let differing = columns
            .iter()
            .enumerate()
            .filter(|(at, _)| column(rows, *at) != column(now, *at))
            .map(|(_, column)| format!("{name}.{column}"));
        let count = lost.len();
        lost.extend(differing);
        // Every value is there, and stands in another row.
        if lost.len() == count {
            lost.push(name.to_string());
        }
    }
    lost
}

/// The rows of a table that are not the same afterwards: at most one of each side, for people.
pub(super) fn example(before: &Data, after: &Data) -> Option<String> {
    let (name, (columns, rows), (_, now)) = before.iter().find_map(|(name, before)| {
        after.get(name).filter(|after| *after != before).map(|after| (name, before, after))
    })?;
    let shown = |row: Option<&Row>| {
        row.map_or_else(
            || "no row".to_owned(),
            |row| {
                let cells = columns.iter().zip(row).map(|(column, cell)| {
                    let cell = cell.as_deref().unwrap_or("NULL");
                    let cut: String = cell.chars().take(40).collect();
                    format!("{column}={cut}")
                });
                cells.collect::<Vec<_>>().join(" ")
            },
        )
    };
    let gone = rows.iter().find(|row| !now.contains(row));
    let come = now.iter().find(|row| !rows.contains(row));
    Some(format!("{name}: {} -> {}", shown(gone), shown(come)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(rows: &[&[&str]]) -> Data {
        let rows = rows.iter().map(|row| row.iter().map(|&cell| Some(cell.into())).collect());
        let columns = vec!["a".into(), "b".into()];
        [(Name::new("t"), (columns, rows.collect()))].into()
    }

    #[test]
    fn what_was_copied_by_position() {
        let before = data(&[&["1", "'2'"], &["3", "'4'"]]);
        for (after, expected) in [
            (data(&[&["2", "'1'"], &["4", "'3'"]]), &[("t.a", "t.b"), ("t.b", "t.a")][..]),
            // One is copied into the other, which is done on purpose.
            (data(&[&["1", "'1'"], &["3", "'3'"]]), &[]),
            (data(&[&["2", "'9'"], &["4", "'9'"]]), &[("t.a", "t.b")]),
            (data(&[&["1", "'2'"], &["3", "'4'"]]), &[]),
            (data(&[&["2", "'1'"]]), &[]),
        ] {
            let moved = moved(&before, &after);
            let moved: Vec<_> = moved.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(moved, expected);
        }
    }

    #[test]
    fn what_is_lost() {
        let before = data(&[&["1", "x"], &["2", "y"]]);
        for (after, expected, shown) in [
            (data(&[&["1", "x"], &["2", "y"]]), &[][..], None),
            (data(&[&["1", "x"], &["2", ""]]), &["t.b"], Some("t: a=2 b=y -> a=2 b=")),
            (data(&[&["0", ""], &["0", ""]]), &["t.a", "t.b"], Some("t: a=1 b=x -> a=0 b=")),
            (data(&[&["1", "x"]]), &["t"], Some("t: a=2 b=y -> no row")),
            (data(&[&["1", "y"], &["2", "x"]]), &["t"], Some("t: a=1 b=x -> a=1 b=y")),
            // A table that is not there is told by its schema.
            (Data::new(), &[], None),
        ] {
            assert_eq!(lost(&before, &after), expected);
            assert_eq!(example(&before, &after).as_deref(), shown);
        }
    }
}
