//! What a file would change, told by the database: nothing is written for it.

use std::collections::HashSet;

use dbmig_build::Dialect;

use super::ready::Ready;
use super::relation::{batch_size, differs, exact, same_key, table, with_rows};
use super::settings::Mode;
use super::shape::Shape;
use crate::session::{DbResult, Row, Session};
use crate::sql::{quoted, text};

/// How many rows are kept so that a seed can be undone.
pub const UNDO_LIMIT: usize = 10_000;

/// What a data file changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataPlan {
    /// Rows that are new.
    pub insert: usize,
    /// Rows that get other values.
    pub update: usize,
    /// Rows that go.
    pub delete: usize,
    /// Rows that stay as they are.
    pub same: usize,
    /// Why there will be no undo.
    pub no_undo: Option<&'static str>,
}

/// What happens to a row of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Insert,
    Update,
    Leave,
}

/// What happens to each row, and which rows of the table go: their keys.
#[derive(Debug)]
pub(super) struct Acts {
    pub(super) rows: Vec<Act>,
    pub(super) deleted: Vec<Row>,
    pub(super) plan: DataPlan,
}

/// Compares rows and table.
pub(super) fn acts(session: &mut dyn Session, shape: &Shape, rows: &[Ready]) -> DbResult<Acts> {
    let dialect = shape.dialect;
    let known = shape.mode.needs_key();
    let mut acts = vec![Act::Insert; rows.len()];
    let mut found: HashSet<Row> = HashSet::new();
    if known {
        let differing: Vec<_> = shape
            .columns
            .iter()
            .enumerate()
            .filter(|(index, _)| !shape.key.contains(index))
            .map(|(_, column)| differs(dialect, column))
            .collect();
        let differing = match differing.is_empty() {
            true => "1 = 0".to_owned(),
            false => differing.join(" OR "),
        };
        let keys = keys(shape);
        let join = table(dialect, &shape.table);
        let size = batch_size(dialect, shape.columns.len());
        for (index, batch) in rows.chunks(size).enumerate() {
            let numbered = batch.iter().enumerate().map(|(n, row)| (index * size + n, row));
            let (with, values) = with_rows(shape, numbered, false);
            let sql = format!(
                "{with} SELECT {}, CASE WHEN {differing} THEN 'u' ELSE 's' END, {keys} FROM s \
                 JOIN {join} e ON {}",
                text(dialect, "s.dbmig_n"),
                same_key(shape)
            );
            for mut row in session.query(&sql, &values)? {
                let number = row.first().and_then(|n| n.as_deref()?.parse::<usize>().ok());
                let changed = row.get(1).is_some_and(|word| word.as_deref() == Some("u"));
                let Some(act) = number.and_then(|number| acts.get_mut(number)) else { continue };
                *act = match (changed, shape.mode) {
                    (true, Mode::Upsert | Mode::Sync | Mode::UpdateOnly) => Act::Update,
                    _ => Act::Leave,
                };
                found.insert(row.split_off(2));
            }
        }
        if shape.mode == Mode::UpdateOnly {
            acts.iter_mut().filter(|act| **act == Act::Insert).for_each(|act| *act = Act::Leave);
        }
    }
    let mut plan = DataPlan::default();
    let mut deleted = Vec::new();
    match shape.mode {
        Mode::Sync => {
            let all = format!("SELECT {} FROM {} e", keys(shape), table(dialect, &shape.table));
            deleted = session.query(&all, &[])?;
            deleted.retain(|key| !found.contains(key));
            plan.delete = deleted.len();
        }
        Mode::Truncate => plan.delete = count(session, shape)?,
        _ => {}
    }
    for act in &acts {
        match act {
            Act::Insert => plan.insert += 1,
            Act::Update => plan.update += 1,
            Act::Leave => plan.same += 1,
        }
    }
    if shape.key.is_empty() && plan.insert > 0 {
        plan.no_undo = Some("its rows have no key by which they could be found again");
    } else if plan.insert + plan.update + plan.delete > UNDO_LIMIT {
        plan.no_undo = Some("it changes more than 10000 rows");
    }
    Ok(Acts { rows: acts, deleted, plan })
}

/// The key of a row `e`, as text.
pub(super) fn keys(shape: &Shape) -> String {
    held(shape, &shape.key)
}

/// Columns of a row `e`, as text. What a reference holds is the parent's key.
pub(super) fn held(shape: &Shape, columns: &[usize]) -> String {
    let dialect = shape.dialect;
    let one = |&index: &usize| {
        let column = &shape.columns[index];
        let name = format!("e.{}", quoted(dialect, &column.name));
        exact(dialect, &column.own.0, &name)
    };
    columns.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How many rows the table has.
pub(super) fn count(session: &mut dyn Session, shape: &Shape) -> DbResult<usize> {
    let dialect: Dialect = shape.dialect;
    let sql = format!("SELECT {} FROM {}", text(dialect, "count(*)"), table(dialect, &shape.table));
    let rows = session.query(&sql, &[])?;
    let first = rows.first().and_then(|row| row.first()).and_then(|n| n.as_deref()?.parse().ok());
    Ok(first.unwrap_or(0))
}
