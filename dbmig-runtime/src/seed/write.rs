//! Writes what [`super::plan`] has found, inside of the transaction of the caller. Values are bound.

use dbmig_build::Dialect;

use super::class::Class;
use super::plan::{Act, Acts};
use super::ready::Ready;
use super::relation::{
    asking_size, batch_size, of_row, table, typed, value, value_in_update, with_rows,
};
use super::settings::Mode;
use super::shape::{Column, Shape, TypeText};
use crate::session::{DbResult, Row, Session, Value};
use crate::sql::{placeholder, quoted};

/// Deletes, updates, inserts, and puts sequences right. `progress` is told how many rows are written.
pub(super) fn write(
    session: &mut dyn Session,
    shape: &Shape,
    rows: &[Ready],
    acts: &Acts,
    progress: &mut dyn FnMut(usize),
) -> DbResult<()> {
    let mut done = 0;
    match shape.mode {
        Mode::Truncate => {
            session.execute(&format!("DELETE FROM {}", table(shape.dialect, &shape.table)))?;
        }
        _ => delete(session, shape, &acts.deleted)?,
    }
    for (row, _) in rows.iter().zip(&acts.rows).filter(|(_, act)| **act == Act::Update) {
        update(session, shape, row)?;
        done += 1;
        progress(done);
    }
    let new: Vec<&Ready> = rows
        .iter()
        .zip(&acts.rows)
        .filter(|(_, act)| **act == Act::Insert)
        .map(|(row, _)| row)
        .collect();
    let size = batch_size(shape.dialect, shape.columns.len());
    // Rows of one level do not need each other.
    for level in new.chunk_by(|a, b| a.level == b.level) {
        for batch in level.chunks(size) {
            insert(session, shape, batch)?;
            done += batch.len();
            progress(done);
        }
    }
    if !new.is_empty() {
        sequences(session, shape)?;
    }
    Ok(())
}

fn insert(session: &mut dyn Session, shape: &Shape, rows: &[&Ready]) -> DbResult<()> {
    let dialect = shape.dialect;
    if !is_plain(shape) {
        for rows in rows.chunks(asking_size(dialect, shape.columns.len())) {
            let (with, bound) = with_rows(shape, rows.iter().copied(), true);
            let sql =
                format!("{} {with} SELECT {} FROM s ORDER BY s.dbmig_n", head(shape), given(shape));
            session.execute_with(&sql, &bound.values())?;
        }
        return Ok(());
    }
    let mut values = Vec::new();
    let mut lists = Vec::new();
    for row in rows {
        let mut cells = Vec::with_capacity(shape.columns.len());
        for (column, value) in shape.columns.iter().zip(&row.values) {
            values.push(Value::from(value.as_deref()));
            let place = placeholder(dialect, values.len());
            cells.push(typed(dialect, &column.class, &column.ty, &place, true));
        }
        lists.push(format!("({})", cells.join(", ")));
    }
    let sql = format!("{} VALUES {}", head(shape), lists.join(", "));
    session.execute_with(&sql, &values).map(drop)
}

/// Whether the table takes the values of the file as they are.
pub(super) fn is_plain(shape: &Shape) -> bool {
    shape.expressions.is_empty() && shape.columns.iter().all(|column| column.reference.is_none())
}

/// `INSERT INTO … (…)`.
pub(super) fn head(shape: &Shape) -> String {
    let dialect = shape.dialect;
    let expressions = shape.expressions.iter().map(|(name, _)| name);
    let names: Vec<_> = shape
        .columns
        .iter()
        .map(|column| &column.name)
        .chain(expressions)
        .map(|name| quoted(dialect, name))
        .collect();
    let overriding = if shape.overriding { " OVERRIDING SYSTEM VALUE" } else { "" };
    format!("INSERT INTO {} ({}){overriding}", table(dialect, &shape.table), names.join(", "))
}

/// What goes into these columns, of a row `s` of the file.
pub(super) fn given(shape: &Shape) -> String {
    let dialect = shape.dialect;
    let given = shape.columns.iter().map(|column| match column.reference {
        Some(_) => value(dialect, column, &of_row(dialect, column)),
        None => format!("s.{}", quoted(dialect, &column.name)),
    });
    let computed = shape.expressions.iter().map(|(_, sql)| format!("({sql})"));
    given.chain(computed).collect::<Vec<_>>().join(", ")
}

fn update(session: &mut dyn Session, shape: &Shape, row: &Ready) -> DbResult<()> {
    let dialect = shape.dialect;
    let mut values = Vec::new();
    let mut bound = |index: usize| {
        let column: &Column = &shape.columns[index];
        values.push(Value::from(row.values[index].as_deref()));
        let place = placeholder(dialect, values.len());
        let given = typed(dialect, &column.class, &column.ty, &place, true);
        format!("{} = {}", quoted(dialect, &column.name), value_in_update(dialect, column, &given))
    };
    let others: Vec<_> = (0..shape.columns.len()).filter(|i| !shape.key.contains(i)).collect();
    let set: Vec<_> = others.iter().map(|&index| bound(index)).collect();
    let key: Vec<_> = shape.key.iter().map(|&index| bound(index)).collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE {}",
        table(dialect, &shape.table),
        set.join(", "),
        key.join(" AND ")
    );
    session.execute_with(&sql, &values).map(drop)
}

/// Deletes the rows with these keys.
fn delete(session: &mut dyn Session, shape: &Shape, keys: &[Row]) -> DbResult<()> {
    let columns: Vec<Typed<'_>> =
        shape.key.iter().map(|&index| Typed::of(&shape.columns[index])).collect();
    delete_by(session, shape.dialect, &table(shape.dialect, &shape.table), &columns, keys)
}

/// A column, and how its text becomes its value again.
pub(super) struct Typed<'a> {
    pub(super) name: &'a str,
    pub(super) class: Class,
    pub(super) ty: TypeText,
}

impl<'a> Typed<'a> {
    /// As the database holds it: of a reference that is the parent's key.
    fn of(column: &'a Column) -> Self {
        let (class, ty) = column.own.clone();
        Self { name: &column.name, class, ty }
    }

    fn is(&self, dialect: Dialect, place: &str) -> String {
        let given = typed(dialect, &self.class, &self.ty, place, true);
        format!("{} = {given}", quoted(dialect, self.name))
    }
}

/// Deletes rows by their keys, many in one statement.
pub(super) fn delete_by(
    session: &mut dyn Session,
    dialect: Dialect,
    table: &str,
    columns: &[Typed<'_>],
    keys: &[Row],
) -> DbResult<()> {
    for batch in keys.chunks(200) {
        let mut values = Vec::new();
        let mut rows = Vec::new();
        for key in batch {
            let mut parts = Vec::new();
            for (column, value) in columns.iter().zip(key) {
                values.push(Value::from(value.as_deref()));
                parts.push(column.is(dialect, &placeholder(dialect, values.len())));
            }
            rows.push(parts.join(" AND "));
        }
        session
            .execute_with(&format!("DELETE FROM {table} WHERE {}", rows.join(" OR ")), &values)?;
    }
    Ok(())
}

/// Numbers that come by themselves go on after those of the file (PostgreSQL; the others see to it).
pub(super) fn sequences(session: &mut dyn Session, shape: &Shape) -> DbResult<()> {
    let dialect = shape.dialect;
    if dialect != Dialect::Postgres {
        return Ok(());
    }
    let into = table(dialect, &shape.table);
    for column in shape.columns.iter().filter(|column| column.counts) {
        let name = quoted(dialect, &column.name);
        let sql = format!(
            "SELECT CAST(setval(q.s, q.m) AS text) FROM (SELECT CAST(pg_get_serial_sequence($1, $2) AS \
             regclass) AS s, (SELECT max({name}) FROM {into}) AS m) q WHERE q.s IS NOT NULL AND q.m > \
             COALESCE(pg_sequence_last_value(q.s), 0)"
        );
        session.query(&sql, &[Value::Text(&into), Value::Text(&column.name)])?;
    }
    Ok(())
}
