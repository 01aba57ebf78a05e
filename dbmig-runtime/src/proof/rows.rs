//! Rows for every table, made to be unpleasant: NULL wherever it is allowed, duplicates wherever nothing
//! forbids them, the longest texts, the extremes of numbers, several children of one parent.
//!
//! Deterministic: the same catalogue gets the same rows. What the database refuses is tried in another
//! form; a table that takes none is named.

use std::collections::BTreeMap;

use super::cells::{Made, Shape, shapes};
use super::circles::Promises;
use super::fitting::fitting;
use super::values::{in_conditions, pool};
use crate::catalogue::{Catalogue, Column, ForeignKey, IndexKey, Name, Table};
use crate::session::{DbResult, Session};
use crate::sql::quoted;
use dbmig_build::Dialect;

/// How many forms of a row are tried.
const TRIES: usize = 60;

/// What kind of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// On boundaries, with NULL and with duplicates.
    Hostile,
    /// No NULL and nothing twice: what a migration that refuses the others takes.
    Gentle,
}

/// Which tables took no row, and why.
pub(super) type Without = Vec<(String, String)>;

/// Gives rows to every table that `needs` them, parents first. `number` counts them: what has to be unique is
/// made of it.
pub(super) fn fill(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    needs: &dyn Fn(&Table) -> bool,
    kind: Rows,
    number: &mut usize,
) -> Without {
    // With them on, SQLite takes no row for a table that points to one that is not there yet. Rows point
    // to what is there anyway.
    let keys = match session.dialect() {
        Dialect::Sqlite => keys_off(session),
        Dialect::Postgres | Dialect::Mysql => false,
    };
    let without = fill_all(session, catalogue, needs, kind, number);
    if keys {
        let _ = session.execute("PRAGMA foreign_keys = ON");
    }
    without
}

/// Switches foreign keys off; `true` when they were on.
fn keys_off(session: &mut dyn Session) -> bool {
    let on = session.query("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", &[]);
    let on = on.is_ok_and(|rows| rows == [vec![Some("1".to_owned())]]);
    on && session.execute("PRAGMA foreign_keys = OFF").is_ok()
}

fn fill_all(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    needs: &dyn Fn(&Table) -> bool,
    kind: Rows,
    number: &mut usize,
) -> Without {
    let mut without = Without::new();
    let mut promises = Promises::default();
    for table in in_order(catalogue) {
        // What is written through a parent, or belongs to somebody else's module, is not filled by itself.
        if !needs(table) || table.options.keys().any(|key| matches!(*key, "virtual" | "module")) {
            continue;
        }
        promises.make(session, catalogue, table, needs, number);
        if let Err(reason) = fill_table(session, catalogue, table, number, kind, &promises) {
            without.push((table.name.to_string(), reason));
        }
        promises.kept_by(table);
    }
    let promised = promises.end(session);
    // Whoever relied on rows that could not be made has lost them again.
    for table in catalogue.tables.iter().filter(|table| needs(table)) {
        let told = without.iter().any(|(name, _)| *name == table.name.to_string());
        if promised.contains(&table.name) && !told && is_empty(session, catalogue.dialect, table) {
            without.push((table.name.to_string(), "its rows pointed to no row".to_owned()));
        }
    }
    without
}

pub(super) fn is_empty(session: &mut dyn Session, dialect: Dialect, table: &Table) -> bool {
    let sql = format!("SELECT '1' FROM {} LIMIT 1", qualified(dialect, &table.name));
    session.query(&sql, &[]).is_ok_and(|rows| rows.is_empty())
}

/// Tables after those that they point to; what stands in a circle in the order of names.
fn in_order(catalogue: &Catalogue) -> Vec<&Table> {
    let mut left: Vec<&Table> = catalogue.tables.iter().collect();
    let mut sorted: Vec<&Table> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waits_for = |table: &Table, key: &ForeignKey| {
            key.table != table.name && left.iter().any(|other| other.name == key.table)
        };
        let waits = |table: &Table| table.foreign_keys.iter().any(|key| waits_for(table, key));
        // A circle is entered where NULL can stand for the parent that is not there yet.
        let must_wait = |table: &Table| {
            let needs = |key: &ForeignKey| {
                let column = |name: &String| table.column(name).is_some_and(|c| c.nullable);
                !key.columns.iter().any(column)
            };
            table.foreign_keys.iter().any(|key| waits_for(table, key) && needs(key))
        };
        let at = left
            .iter()
            .position(|table| !waits(table))
            .or_else(|| left.iter().position(|table| !must_wait(table)))
            .unwrap_or(0);
        sorted.push(left.remove(at));
    }
    sorted
}

fn fill_table(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    table: &Table,
    number: &mut usize,
    kind: Rows,
    promises: &Promises,
) -> Result<(), String> {
    let dialect = catalogue.dialect;
    let conditions: Vec<_> = table.checks.iter().map(|check| check.expression.as_str()).collect();
    let wanted = in_conditions(catalogue, &conditions);
    let keys = unique_columns(table);
    let own = promises.of(table);
    let is_promised = |column: &Column| own.iter().any(|row| row.contains_key(&column.name));
    let columns: Vec<_> = table
        .columns
        .iter()
        .filter(|column| is_given(table, column) || is_promised(column))
        .collect();
    let pools: BTreeMap<&str, Vec<String>> = columns
        .iter()
        .map(|column| {
            let mut values = pool(catalogue, column);
            values.extend(wanted.iter().cloned());
            (column.name.as_str(), fitting(session, catalogue, table, column, values))
        })
        .collect();
    let shapes = shapes(table, &pools, kind);
    let to_itself = table.foreign_keys.iter().any(|key| key.table == table.name);
    let mut parents = promises.parents(session, catalogue, table);
    let cells = |number: usize, at: usize, attempt: usize, parents: &Parents| {
        let made = Made { dialect, table, keys: &keys, parents, number, kind, row: at };
        let promised = own.get(at);
        let cells = columns.iter().map(|column| {
            let promised = promised.and_then(|row| row.get(column.name.as_str()));
            match promised {
                Some(value) => Some(value.clone()),
                None => made.cell(column, &pools[column.name.as_str()], shapes[at], attempt),
            }
        });
        cells.collect::<Option<Vec<_>>>()
    };
    // All of them in one statement, where nothing is to be tried in another form.
    if !to_itself && !columns.is_empty() {
        let first = *number;
        let all = (0..shapes.len()).map(|at| cells(first + 1 + at, at, 0, &parents));
        if let Some(all) = all.collect::<Option<Vec<_>>>() {
            *number += shapes.len();
            if insert(session, dialect, table, &columns, &all).is_ok() {
                return Ok(());
            }
        }
    }
    let mut done = 0;
    let mut reason = None;
    for (at, shape) in shapes.iter().enumerate() {
        if to_itself {
            parents = promises.parents(session, catalogue, table);
        }
        // What adds nothing but another NULL is not worth many tries; nor is a table that takes nothing.
        let tries = match shape {
            _ if at < own.len() => TRIES,
            Shape::Half { .. } => 2,
            _ if done == 0 && at > 2 => 1,
            _ => TRIES,
        };
        for attempt in 0..tries {
            *number += 1;
            let Some(cells) = cells(*number, at, attempt, &parents) else {
                reason.get_or_insert_with(|| why_not(table, &columns, &pools, &parents));
                break;
            };
            match insert(session, dialect, table, &columns, &[cells]) {
                Ok(()) => {
                    done += 1;
                    break;
                }
                Err(error) => drop(reason.get_or_insert(error.to_string())),
            }
        }
    }
    match (done, reason) {
        (0, Some(reason)) => Err(reason),
        _ => Ok(()),
    }
}

/// What no row can give to a column: it gives itself.
fn is_given(table: &Table, column: &Column) -> bool {
    let rowid = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    column.generated.is_none()
        && !column.identity.as_ref().is_some_and(|identity| identity.always)
        && !(column.auto_increment && rowid)
}

/// Columns of which no two rows may be equal, alone or with others.
fn unique_columns(table: &Table) -> Vec<&str> {
    let keys = table.primary_key.iter().chain(&table.uniques);
    let indexes = table.indexes.iter().filter(|index| index.unique);
    let of_indexes = indexes.flat_map(|index| &index.parts).filter_map(|part| match &part.key {
        IndexKey::Column(name) => Some(name.as_str()),
        // An expression over it most likely needs another value as well.
        IndexKey::Expression(text) => {
            table.columns.iter().map(|c| c.name.as_str()).find(|name| text.contains(name))
        }
    });
    keys.flat_map(|key| key.columns.iter().map(String::as_str)).chain(of_indexes).collect()
}

/// The rows that a foreign key can point to, as literals, a list a key.
pub(super) type Parents = Vec<Vec<Vec<String>>>;

pub(super) fn parents(session: &mut dyn Session, catalogue: &Catalogue, table: &Table) -> Parents {
    let dialect = catalogue.dialect;
    table
        .foreign_keys
        .iter()
        .map(|key| {
            let list: Vec<_> =
                key.referenced.iter().map(|name| as_literal(dialect, name)).collect();
            let sql = format!(
                "SELECT {} FROM {} ORDER BY 1 LIMIT 4",
                list.join(", "),
                qualified(dialect, &key.table)
            );
            let rows = session.query(&sql, &[]).unwrap_or_default();
            let rows = rows.into_iter().filter_map(|row| row.into_iter().collect());
            rows.collect()
        })
        .collect()
}

/// A column as the literal of its value.
fn as_literal(dialect: Dialect, column: &str) -> String {
    let column = quoted(dialect, column);
    match dialect {
        Dialect::Sqlite => format!("quote({column})"),
        Dialect::Postgres => format!("pg_catalog.quote_literal(CAST({column} AS TEXT))"),
        // Of texts of any character set, and of bytes.
        Dialect::Mysql => format!(
            "CASE WHEN CAST({column} AS BINARY) = CAST(CAST({column} AS CHAR CHARACTER SET utf8mb4) AS BINARY) \
             THEN CAST(QUOTE(CAST({column} AS CHAR CHARACTER SET utf8mb4)) AS CHAR CHARACTER SET utf8mb4) \
             ELSE CONCAT('x''', HEX({column}), '''') END"
        ),
    }
}

/// Why a row could not even be thought of.
fn why_not(
    table: &Table,
    columns: &[&Column],
    pools: &BTreeMap<&str, Vec<String>>,
    parents: &Parents,
) -> String {
    let orphan = table.foreign_keys.iter().zip(parents).find(|(_, rows)| rows.is_empty());
    if let Some((key, _)) = orphan {
        return format!("no row of {} to point to", key.table);
    }
    let unknown = columns.iter().find(|column| pools[column.name.as_str()].is_empty());
    match unknown {
        Some(column) => format!("no value is known for {} {}", column.name, column.ty.text),
        None => "no row fits".to_owned(),
    }
}

/// Inserts rows by one statement.
fn insert(
    session: &mut dyn Session,
    dialect: Dialect,
    table: &Table,
    columns: &[&Column],
    rows: &[Vec<String>],
) -> DbResult<()> {
    let into = qualified(dialect, &table.name);
    if columns.is_empty() {
        return session.execute(&match dialect {
            Dialect::Mysql => format!("INSERT INTO {into} () VALUES ()"),
            _ => format!("INSERT INTO {into} DEFAULT VALUES"),
        });
    }
    let names: Vec<_> = columns.iter().map(|column| quoted(dialect, &column.name)).collect();
    let rows: Vec<_> = rows.iter().map(|cells| format!("({})", cells.join(", "))).collect();
    let sql = format!("INSERT INTO {into} ({}) VALUES {}", names.join(", "), rows.join(", "));
    session.execute(&sql)
}

/// A name as statements of any session write it.
pub(super) fn qualified(dialect: Dialect, name: &Name) -> String {
    let table = quoted(dialect, &name.name);
    match (&name.schema, dialect) {
        (Some(schema), _) => format!("{}.{table}", quoted(dialect, schema)),
        (None, Dialect::Postgres) => format!("public.{table}"),
        (None, _) => table,
    }
}
