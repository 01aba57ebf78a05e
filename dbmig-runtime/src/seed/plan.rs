//! What a file would change, told by the database: nothing is written for it.

use std::collections::HashSet;

use dbmig_build::{Dialect, Findings};

use super::opened::Opened;
use super::ready::Ready;
use super::relation::{asking_size, differs, exact, join, same_key, table, with_rows};
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

/// What happens to rows that the table is asked about, and the keys of those that are there.
fn compare(
    session: &mut dyn Session,
    shape: &Shape,
    rows: &[Ready],
) -> DbResult<(Vec<Act>, Vec<Row>)> {
    let dialect = shape.dialect;
    let mut acts = vec![Act::Insert; rows.len()];
    let mut found = Vec::new();
    if !shape.mode.needs_key() || rows.is_empty() {
        return Ok((acts, found));
    }
    let (with, bound) = with_rows(shape, rows, false);
    let sql = format!(
        "{with} SELECT {}, CASE WHEN {} THEN 'u' ELSE 's' END, {} FROM s {} {} e ON {}",
        text(dialect, "s.dbmig_n"),
        any_differs(shape),
        keys(shape),
        join(dialect),
        table(dialect, &shape.table),
        same_key(shape)
    );
    for mut row in session.query(&sql, &bound.values())? {
        let number = row.first().and_then(|n| n.as_deref()?.parse::<usize>().ok());
        let changed = row.get(1).is_some_and(|word| word.as_deref() == Some("u"));
        let Some(act) = number.and_then(|number| acts.get_mut(number)) else { continue };
        *act = match (changed, shape.mode) {
            (true, Mode::Upsert | Mode::Sync | Mode::UpdateOnly) => Act::Update,
            _ => Act::Leave,
        };
        found.push(row.split_off(2));
    }
    if shape.mode == Mode::UpdateOnly {
        acts.iter_mut().filter(|act| **act == Act::Insert).for_each(|act| *act = Act::Leave);
    }
    Ok((acts, found))
}

/// Whether a row `e` holds something else than the row `s` of the file.
pub(super) fn any_differs(shape: &Shape) -> String {
    let differing: Vec<_> = shape
        .columns
        .iter()
        .enumerate()
        .filter(|(index, _)| !shape.key.contains(index))
        .map(|(_, column)| differs(shape.dialect, column))
        .collect();
    match differing.is_empty() {
        true => "1 = 0".to_owned(),
        false => differing.join(" OR "),
    }
}

impl DataPlan {
    fn count(&mut self, acts: &[Act]) {
        for act in acts {
            match act {
                Act::Insert => self.insert += 1,
                Act::Update => self.update += 1,
                Act::Leave => self.same += 1,
            }
        }
    }

    /// How many rows it changes.
    pub(super) fn changes(&self) -> usize {
        self.insert + self.update + self.delete
    }

    /// Says why there will be no undo, where that is so.
    pub(super) fn decide_undo(&mut self, shape: &Shape) {
        if shape.key.is_empty() && self.insert > 0 {
            self.no_undo = Some("its rows have no key by which they could be found again");
        } else if self.changes() > UNDO_LIMIT {
            self.no_undo = Some("it changes more than 10000 rows");
        }
    }
}

/// What a file would change: nothing but numbers is kept.
pub(super) fn plan(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    findings: &mut Findings,
) -> DbResult<DataPlan> {
    let shape = opened.shape();
    let (mut plan, mut there) = (DataPlan::default(), 0);
    opened.chunks(findings, &mut |rows, _| {
        let (acts, found) = compare(session, shape, rows)?;
        plan.count(&acts);
        there += found.len();
        Ok(())
    })?;
    plan.delete = match shape.mode {
        // Each row of the file is one row of the table, for its key is unique.
        Mode::Sync => count(session, shape)?.saturating_sub(there),
        Mode::Truncate => count(session, shape)?,
        _ => 0,
    };
    plan.decide_undo(shape);
    Ok(plan)
}

/// Compares rows that are held and the table.
pub(super) fn acts(session: &mut dyn Session, shape: &Shape, rows: &[Ready]) -> DbResult<Acts> {
    let mut all = Acts { rows: Vec::new(), deleted: Vec::new(), plan: DataPlan::default() };
    let mut there: HashSet<Row> = HashSet::new();
    for rows in rows.chunks(asking_size(shape.dialect, shape.columns.len())) {
        let (acts, found) = compare(session, shape, rows)?;
        all.plan.count(&acts);
        all.rows.extend(acts);
        there.extend(found);
    }
    match shape.mode {
        Mode::Sync => {
            let table = table(shape.dialect, &shape.table);
            all.deleted = session.query(&format!("SELECT {} FROM {table} e", keys(shape)), &[])?;
            all.deleted.retain(|key| !there.contains(key));
            all.plan.delete = all.deleted.len();
        }
        Mode::Truncate => all.plan.delete = count(session, shape)?,
        _ => {}
    }
    all.plan.decide_undo(shape);
    Ok(all)
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
    Ok(number(session.query(&sql, &[])?))
}

/// The one number that a query returns.
pub(super) fn number(rows: Vec<Row>) -> usize {
    rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0)
}
