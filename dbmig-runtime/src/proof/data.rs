//! What stands in the tables, and what of it is lost.

use std::collections::BTreeMap;

use dbmig_build::Dialect;

use super::rows::qualified;
use crate::catalogue::{Catalogue, Name, Table};
use crate::session::{DbResult, Row, Session};
use crate::sql::quoted;

/// All rows of all tables, sorted; columns as the table has them.
pub(super) type Data = BTreeMap<Name, (Vec<String>, Vec<Row>)>;

/// Reads it.
pub(super) fn read(session: &mut dyn Session, catalogue: &Catalogue) -> DbResult<Data> {
    let mut data = Data::new();
    for table in &catalogue.tables {
        if table.columns.is_empty() {
            continue;
        }
        data.insert(table.name.clone(), read_table(session, catalogue.dialect, table)?);
    }
    Ok(data)
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
