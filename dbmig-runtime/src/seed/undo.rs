//! Undoes a seed: what it inserted goes, what it changed or deleted comes back.

use super::class::Class;
use super::prior::{Section, parse};
use super::relation::{batch_size, table, typed};
use super::shape::{find_table, type_text};
use super::write::{Typed, delete_by};
use crate::catalogue::{Catalogue, Table};
use crate::session::{DbError, DbErrorKind, DbResult, Session, Value};
use crate::sql::{placeholder, quoted};

/// What an undo did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undone {
    /// Rows that the seed had inserted, and that are deleted.
    pub deleted: usize,
    /// Rows that have their values of before.
    pub restored: usize,
    /// Rows that the seed had deleted, and that are back.
    pub back: usize,
}

/// Brings back what the pieces hold, inside of the transaction of the caller.
pub(crate) fn undo(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    pieces: &[String],
) -> DbResult<Undone> {
    let sections: Option<Vec<_>> = pieces.iter().map(|piece| parse(piece)).collect();
    let sections = sections.ok_or_else(|| refused("what was kept of it can not be read".into()))?;
    let mut undone = Undone::default();
    // Children were inserted after their parents.
    for section in sections.iter().rev().filter(|section| section.act == "insert") {
        let (of, columns) = typed_columns(catalogue, section)?;
        let into = table(catalogue.dialect, &of.name);
        let rows: Vec<_> = section.rows.iter().rev().cloned().collect();
        delete_by(session, catalogue.dialect, &into, &columns, &rows)?;
        undone.deleted += rows.len();
    }
    for section in sections.iter().filter(|section| section.act == "delete") {
        insert(session, catalogue, section)?;
        undone.back += section.rows.len();
    }
    for section in sections.iter().filter(|section| section.act == "update") {
        update(session, catalogue, section)?;
        undone.restored += section.rows.len();
    }
    Ok(undone)
}

fn refused(message: String) -> DbError {
    DbError::new(DbErrorKind::Other, message)
}

fn typed_columns<'a>(
    catalogue: &'a Catalogue,
    section: &'a Section,
) -> DbResult<(&'a Table, Vec<Typed<'a>>)> {
    let of = find_table(catalogue, &section.table)
        .ok_or_else(|| refused(format!("there is no table `{}` any more", section.table)))?;
    let column = |name: &'a String| {
        let column = of.column(name).ok_or_else(|| {
            refused(format!("table `{}` has no column `{name}` any more", section.table))
        })?;
        let class = Class::of(catalogue, column);
        Ok(Typed { name, class, ty: type_text(catalogue.dialect, column) })
    };
    Ok((of, section.columns.iter().map(column).collect::<DbResult<_>>()?))
}

fn insert(session: &mut dyn Session, catalogue: &Catalogue, section: &Section) -> DbResult<()> {
    let dialect = catalogue.dialect;
    let (of, columns) = typed_columns(catalogue, section)?;
    let names: Vec<_> = columns.iter().map(|column| quoted(dialect, column.name)).collect();
    let always = of.columns.iter().any(|c| c.identity.as_ref().is_some_and(|i| i.always));
    let overriding = if always { " OVERRIDING SYSTEM VALUE" } else { "" };
    let into = table(dialect, &of.name);
    for batch in section.rows.chunks(batch_size(dialect, columns.len())) {
        let mut values = Vec::new();
        let mut lists = Vec::new();
        for row in batch {
            let mut cells = Vec::new();
            for (column, value) in columns.iter().zip(row) {
                values.push(Value::from(value.as_deref()));
                let place = placeholder(dialect, values.len());
                cells.push(typed(dialect, &column.class, &column.ty, &place, true));
            }
            lists.push(format!("({})", cells.join(", ")));
        }
        let sql = format!(
            "INSERT INTO {into} ({}){overriding} VALUES {}",
            names.join(", "),
            lists.join(", ")
        );
        session.execute_with(&sql, &values)?;
    }
    Ok(())
}

fn update(session: &mut dyn Session, catalogue: &Catalogue, section: &Section) -> DbResult<()> {
    let dialect = catalogue.dialect;
    let (of, columns) = typed_columns(catalogue, section)?;
    for row in &section.rows {
        let mut values = Vec::new();
        let mut equal = |range: std::ops::Range<usize>| -> Vec<String> {
            range
                .filter_map(|index| Some((columns.get(index)?, row.get(index)?)))
                .map(|(column, value)| {
                    values.push(Value::from(value.as_deref()));
                    let place = placeholder(dialect, values.len());
                    let given = typed(dialect, &column.class, &column.ty, &place, true);
                    format!("{} = {given}", quoted(dialect, column.name))
                })
                .collect()
        };
        let set = equal(section.key..columns.len());
        let key = equal(0..section.key);
        let sql = format!(
            "UPDATE {} SET {} WHERE {}",
            table(dialect, &of.name),
            set.join(", "),
            key.join(" AND ")
        );
        session.execute_with(&sql, &values)?;
    }
    Ok(())
}
