//! Rows of a database as seeds.

use dbmig_build::Dialect;

use super::class::Class;
use super::relation::{exact, table};
use super::{csv, json};
use crate::catalogue::{Catalogue, Name, Table};
use crate::session::{DbResult, Row, Session};
use crate::sql::{literal, quoted};

/// The form of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A CSV file.
    Csv,
    /// A JSON file.
    Json,
    /// `INSERT` statements.
    Sql,
}

/// A table as a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// The table.
    pub table: Name,
    /// The data file.
    pub text: String,
    /// The side file, where one is needed.
    pub side: Option<String>,
    /// How many rows it has.
    pub rows: usize,
}

/// Writes the rows of a table, by its primary key, with `condition` (SQL) those alone. With `natural`
/// foreign keys to tables that have another unique column are written as that.
///
/// # Errors
///
/// What the database reports.
pub fn dump(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    of: &Table,
    form: Form,
    condition: Option<&str>,
    natural: bool,
) -> DbResult<Dump> {
    let dialect = catalogue.dialect;
    let columns: Vec<_> = of.columns.iter().filter(|column| column.generated.is_none()).collect();
    let mut side = String::new();
    if super::table_of(&format!("001_{}.csv", of.name.name)) != of.name.to_string() {
        side.push_str(&format!("table = {}\n", in_toml(&of.name.to_string())));
    }
    let mut list = Vec::new();
    let mut classes = Vec::new();
    for column in &columns {
        let own = format!("e.{}", quoted(dialect, &column.name));
        let by = if natural && form != Form::Sql {
            natural_of(catalogue, of, &column.name)
        } else {
            None
        };
        match by {
            Some((parent, key, by)) => {
                let Some(found) = parent.column(&by) else { continue };
                let class = Class::of(catalogue, found);
                let given = exact(dialect, &class, &format!("r.{}", quoted(dialect, &by)));
                list.push(format!(
                    "(SELECT {given} FROM {} r WHERE r.{} = {own})",
                    table(dialect, &parent.name),
                    quoted(dialect, &key)
                ));
                side.push_str(&format!(
                    "\n[columns.{}]\nreferences = {}\n",
                    in_toml(&column.name),
                    in_toml(&format!("{}.{by}", parent.name))
                ));
                classes.push(class);
            }
            None => {
                let class = Class::of(catalogue, column);
                list.push(exact(dialect, &class, &own));
                classes.push(class);
            }
        }
    }
    let order: Vec<_> = match &of.primary_key {
        Some(key) => key.columns.iter().map(|c| format!("e.{}", quoted(dialect, c))).collect(),
        None => (1..=list.len()).map(|n| n.to_string()).collect(),
    };
    let from = table(dialect, &of.name);
    let condition = condition.map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    let rows = session.query(
        &format!(
            "SELECT {} FROM {from} e{condition} ORDER BY {}",
            list.join(", "),
            order.join(", ")
        ),
        &[],
    )?;
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let text = match form {
        Form::Csv => as_csv(&names, &rows),
        Form::Json => as_json(&names, &classes, &rows),
        Form::Sql => as_sql(dialect, &from, &names, &classes, &rows),
    };
    let side = (!side.is_empty() && form != Form::Sql).then(|| side.trim_start().to_owned());
    Ok(Dump { table: of.name.clone(), text, side, rows: rows.len() })
}

/// The parent, its key, and the one other column that is unique and never NULL.
fn natural_of<'c>(
    catalogue: &'c Catalogue,
    of: &Table,
    column: &str,
) -> Option<(&'c Table, String, String)> {
    let key = of.foreign_keys.iter().find(|key| key.columns == [column])?;
    let parent = catalogue.table(&key.table)?;
    let referenced = key.referenced.first()?;
    let by = super::shape::unique_sets(parent).into_iter().find(|set| {
        set.len() == 1
            && set[0] != *referenced
            && parent.column(&set[0]).is_some_and(|column| !column.nullable)
    })?;
    Some((parent, referenced.clone(), by.into_iter().next()?))
}

fn in_toml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn as_csv(names: &[&str], rows: &[Row]) -> String {
    let mut text = String::new();
    csv::write(&mut text, names.iter().map(|name| Some(*name)));
    for row in rows {
        csv::write(&mut text, row.iter().map(Option::as_deref));
    }
    text
}

fn as_json(names: &[&str], classes: &[Class], rows: &[Row]) -> String {
    let mut text = "[".to_owned();
    for (index, row) in rows.iter().enumerate() {
        text.push_str(if index == 0 { "\n  {" } else { ",\n  {" });
        for (index, ((name, class), value)) in names.iter().zip(classes).zip(row).enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            json::write_text(&mut text, name);
            text.push_str(": ");
            match value {
                None => text.push_str("null"),
                Some(value) if is_plain(class, value) => text.push_str(value),
                Some(value) => json::write_text(&mut text, value),
            }
        }
        text.push('}');
    }
    text.push_str("\n]\n");
    text
}

/// A number, as the column has it.
fn is_plain(class: &Class, value: &str) -> bool {
    matches!(class, Class::Integer(..) | Class::Decimal(_) | Class::Float) && json::is_number(value)
}

fn as_sql(dialect: Dialect, into: &str, names: &[&str], classes: &[Class], rows: &[Row]) -> String {
    let names: Vec<_> = names.iter().map(|name| quoted(dialect, name)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = classes.iter().zip(row).map(|(class, value)| match (class, value) {
            (_, None) => "NULL".to_owned(),
            (Class::Hex(_), Some(hex)) if dialect == Dialect::Postgres => {
                format!("decode('{hex}', 'hex')")
            }
            (Class::Hex(_), Some(hex)) => format!("x'{hex}'"),
            (_, Some(value)) => literal(dialect, value),
        });
        let cells: Vec<_> = cells.collect();
        text.push_str(&format!(
            "INSERT INTO {into} ({}) VALUES ({});\n",
            names.join(", "),
            cells.join(", ")
        ));
    }
    text
}
