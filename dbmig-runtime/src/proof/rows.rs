//! Rows for every table, made to be unpleasant: NULL wherever it is allowed, duplicates wherever nothing
//! forbids them, the longest texts, the extremes of numbers, several children of one parent.
//!
//! Deterministic: the same catalogue gets the same rows. What the database refuses is tried in another
//! form; a table that takes none is named.

use std::collections::BTreeMap;

use super::values::{distinct, in_conditions, pool};
use crate::catalogue::{Catalogue, Column, ForeignKey, IndexKey, Name, Table};
use crate::session::{DbResult, Session};
use crate::sql::{literal, quoted};
use dbmig_build::Dialect;

/// How many rows a table gets.
const ROWS: usize = 5;
/// How many forms of a row are tried.
const TRIES: usize = 60;
/// The same of one with values that are given.
const TRIES_GIVEN: usize = 8;
/// More than any row has for a number of its own, and less than the smallest numbers can be.
const LAST: usize = 30_000;

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

/// Gives rows to every table that `needs` them, parents first.
pub(super) fn fill(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    needs: &dyn Fn(&Table) -> bool,
    kind: Rows,
) -> Without {
    // With them on, SQLite takes no row for a table that points to one that is not there yet. Rows point
    // to what is there anyway.
    let keys = match session.dialect() {
        Dialect::Sqlite => keys_off(session),
        Dialect::Postgres | Dialect::Mysql => false,
    };
    let without = fill_all(session, catalogue, needs, kind);
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
) -> Without {
    let mut without = Without::new();
    let mut number = 0;
    for table in in_order(catalogue) {
        // What is written through a parent, or belongs to somebody else's module, is not filled by itself.
        if !needs(table) || table.options.keys().any(|key| matches!(*key, "virtual" | "module")) {
            continue;
        }
        if let Err(reason) = fill_table(session, catalogue, table, &mut number, kind) {
            without.push((table.name.to_string(), reason));
        }
    }
    without
}

/// Tables after those that they point to; what stands in a circle in the order of names.
pub(super) fn in_order(catalogue: &Catalogue) -> Vec<&Table> {
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
) -> Result<(), String> {
    let filling = Filling::new(catalogue, table, kind);
    let mut done = 0;
    let mut reason = None;
    for row in 0..ROWS {
        match filling.add(session, row, number, &Cells::new()) {
            Ok(()) => done += 1,
            Err(why) => drop(reason.get_or_insert(why)),
        }
    }
    filling.count_on(session);
    match (done, reason) {
        (0, Some(reason)) => Err(reason),
        _ => Ok(()),
    }
}

/// Values that cells of a row must have, by the name of the column.
pub(super) type Cells = BTreeMap<String, String>;

/// What the rows of a table are made of.
pub(super) struct Filling<'a> {
    catalogue: &'a Catalogue,
    table: &'a Table,
    keys: Vec<&'a str>,
    columns: Vec<&'a Column>,
    pools: BTreeMap<&'a str, Vec<String>>,
    kind: Rows,
}

impl<'a> Filling<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, table: &'a Table, kind: Rows) -> Self {
        let conditions: Vec<_> =
            table.checks.iter().map(|check| check.expression.as_str()).collect();
        let wanted = in_conditions(catalogue, &conditions);
        let columns: Vec<_> =
            table.columns.iter().filter(|column| is_given(table, column)).collect();
        let pools = columns.iter().map(|column| {
            let mut values = pool(catalogue, column);
            values.extend(wanted.iter().cloned());
            (column.name.as_str(), values)
        });
        let pools = pools.collect();
        Self { catalogue, table, keys: unique_columns(table), columns, pools, kind }
    }

    /// Adds a row, in whatever form the database takes it.
    pub(super) fn add(
        &self,
        session: &mut dyn Session,
        row: usize,
        number: &mut usize,
        given: &Cells,
    ) -> Result<(), String> {
        let Self { catalogue, table, keys, columns, pools, kind } = self;
        let (dialect, kind) = (catalogue.dialect, *kind);
        let parents = parents(session, catalogue, table);
        let mut reason = None;
        for attempt in 0..TRIES {
            *number += 1;
            let cells = columns.iter().map(|column| {
                let number = *number;
                let made = Made { dialect, table, keys, parents: &parents, number, kind };
                let given = given.get(&column.name).cloned();
                given.or_else(|| made.cell(column, &pools[column.name.as_str()], row, attempt))
            });
            let Some(cells) = cells.collect::<Option<Vec<_>>>() else {
                return Err(reason.unwrap_or_else(|| why_not(table, columns, pools, &parents)));
            };
            match insert(session, dialect, table, columns, &cells) {
                Ok(()) => return Ok(()),
                Err(error) => drop(reason.get_or_insert(error.to_string())),
            }
            // What is given does not become another by trying.
            if !given.is_empty() && attempt >= TRIES_GIVEN {
                break;
            }
        }
        Err(reason.unwrap_or_default())
    }

    /// Has the numbers that the database gives go on behind those of our rows, as they would if it had given
    /// them: what a migration inserts does not run into them.
    pub(super) fn count_on(&self, session: &mut dyn Session) {
        let dialect = self.catalogue.dialect;
        if dialect != Dialect::Postgres {
            return;
        }
        let counts = |column: &&&Column| {
            let default = column.default.as_deref().unwrap_or_default();
            column.identity.is_some() || default.contains("nextval(")
        };
        for column in self.columns.iter().filter(counts) {
            let table = literal(dialect, &qualified(dialect, &self.table.name));
            let column = literal(dialect, &column.name);
            let sequence = format!("pg_catalog.pg_get_serial_sequence({table}, {column})");
            let _ =
                session.query(&format!("SELECT pg_catalog.setval({sequence}, {LAST})::text"), &[]);
        }
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
type Parents = Vec<Vec<Vec<String>>>;

fn parents(session: &mut dyn Session, catalogue: &Catalogue, table: &Table) -> Parents {
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

/// How the cells of one row are made.
struct Made<'a> {
    dialect: Dialect,
    table: &'a Table,
    keys: &'a [&'a str],
    parents: &'a Parents,
    /// One that no other row has.
    number: usize,
    kind: Rows,
}

impl Made<'_> {
    /// The value of a column; `None` where there is nothing that it could be.
    fn cell(&self, column: &Column, pool: &[String], row: usize, attempt: usize) -> Option<String> {
        let is_key = |name: &str| self.keys.contains(&name);
        let takes_null = column.nullable && !self.is_primary(&column.name);
        // The second row is all NULL; later tries of others give way as well.
        let gentle = self.kind == Rows::Gentle;
        if takes_null && ((row == 1 && !gentle) || attempt % 4 == 3) {
            return Some("NULL".to_owned());
        }
        let points = self.table.foreign_keys.iter().zip(self.parents);
        if let Some((key, parents)) =
            points.into_iter().find(|(key, _)| key.columns.contains(&column.name))
        {
            return self.parent(key, parents, column, row, attempt, takes_null);
        }
        if is_key(&column.name) || (gentle && attempt == 0) {
            // Every other try leaves one column of a key of several as it is.
            let like = pool.first().map_or("''", String::as_str);
            let own = distinct(self.dialect, column, like, self.number);
            if own != like || pool.is_empty() {
                return Some(own);
            }
            return pool.get(self.number % pool.len().max(1)).cloned();
        }
        if pool.is_empty() {
            return takes_null.then(|| "NULL".to_owned());
        }
        // The last row repeats the first; two columns of a row are not the same, so that what exchanges
        // them is seen.
        let index = if row == ROWS - 1 { 0 } else { row };
        let spread = self.position(&column.name);
        pool.get((index + spread + attempt + attempt / 7 * spread) % pool.len()).cloned()
    }

    fn position(&self, column: &str) -> usize {
        self.table.columns.iter().position(|c| c.name == column).unwrap_or(0)
    }

    fn is_primary(&self, column: &str) -> bool {
        let key = self.table.primary_key.as_ref();
        key.is_some_and(|key| key.columns.iter().any(|name| name == column))
    }

    fn parent(
        &self,
        key: &ForeignKey,
        parents: &[Vec<String>],
        column: &Column,
        row: usize,
        attempt: usize,
        takes_null: bool,
    ) -> Option<String> {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        if parents.is_empty() {
            return match self.dialect {
                _ if takes_null => Some("NULL".to_owned()),
                // Nobody looks at it there, now.
                Dialect::Sqlite => {
                    Some(distinct(self.dialect, column, "1", if row < 2 { 1 } else { self.number }))
                }
                _ => None,
            };
        }
        // Two children a parent, unless nothing may be twice.
        let alone = self.keys.contains(&column.name.as_str()) || self.kind == Rows::Gentle;
        let spread = self.position(&key.columns[0]) + attempt;
        let index = if alone { row + spread } else { row / 2 + spread };
        parents[index % parents.len()].get(at).cloned()
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

fn insert(
    session: &mut dyn Session,
    dialect: Dialect,
    table: &Table,
    columns: &[&Column],
    cells: &[String],
) -> DbResult<()> {
    let into = qualified(dialect, &table.name);
    if columns.is_empty() {
        return session.execute(&match dialect {
            Dialect::Mysql => format!("INSERT INTO {into} () VALUES ()"),
            _ => format!("INSERT INTO {into} DEFAULT VALUES"),
        });
    }
    let names: Vec<_> = columns.iter().map(|column| quoted(dialect, &column.name)).collect();
    session.execute(&format!(
        "INSERT INTO {into} ({}) VALUES ({})",
        names.join(", "),
        cells.join(", ")
    ))
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
