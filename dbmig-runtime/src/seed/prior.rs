//! What was there before a seed, kept so that it can be undone; and what is there now, as a digest.
//!
//! Kept as CSV in `__dbmig_state`: one row a piece, `seed-undo` and `<seed>#<number>`. The first line of a
//! piece says what was done (`insert`, `update`, `delete`) and how many columns of it are the key.

use dbmig_build::{Digest, Findings};

use super::cell::Cursor;
use super::class::Class;
use super::csv;
use super::opened::Opened;
use super::plan::{Act, Acts, UNDO_LIMIT, count, held, keys, number};
use super::ready::Ready;
use super::relation::{asking_size, exact, join, same_key, table, with_rows};
use super::settings::Mode;
use super::shape::Shape;
use crate::catalogue::{Catalogue, Table};
use crate::session::{DbResult, Row, Session};
use crate::sql::{quoted, text};

/// The longest piece in bytes: a TEXT of MySQL holds 65535.
const PIECE: usize = 60_000;

/// Rows of one kind that were there, or came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) act: &'static str,
    pub(super) table: String,
    /// So many of the columns, from the first on, are the key.
    pub(super) key: usize,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// What updates and deletes are going to change, as it is now.
pub(super) fn before(
    session: &mut dyn Session,
    shape: &Shape,
    rows: &[Ready],
    acts: &Acts,
    catalogue: &Catalogue,
) -> DbResult<Vec<Section>> {
    let mut sections = Vec::new();
    let updated: Vec<&Ready> = picked(rows, acts, Act::Update);
    if !updated.is_empty() {
        let order = key_first(shape);
        let rows = joined(session, shape, &updated, &held(shape, &order))?;
        sections.push(Section::of("update", shape, shape.key.len(), names(shape, &order), rows));
    }
    if acts.plan.delete > 0 {
        let keys = (shape.mode == Mode::Sync).then_some(&*acts.deleted);
        sections.extend(deleted(session, shape, catalogue, keys)?);
    }
    Ok(sections)
}

/// The rows of the table that are going to be deleted: those with these keys, or all of them.
pub(super) fn deleted(
    session: &mut dyn Session,
    shape: &Shape,
    catalogue: &Catalogue,
    keys_of: Option<&[Row]>,
) -> DbResult<Option<Section>> {
    let Some(of) = catalogue.table(&shape.table) else { return Ok(None) };
    let (columns, list) = whole(of, catalogue);
    let own_keys = keys(shape);
    let comma = if own_keys.is_empty() { "" } else { ", " };
    let table = table(shape.dialect, &shape.table);
    let mut rows = session.query(&format!("SELECT {list}{comma}{own_keys} FROM {table} e"), &[])?;
    if let Some(keys_of) = keys_of {
        let gone: std::collections::HashSet<&[Option<String>]> =
            keys_of.iter().map(Vec::as_slice).collect();
        rows.retain(|row| gone.contains(&row[columns.len()..]));
    }
    rows.iter_mut().for_each(|row| row.truncate(columns.len()));
    Ok(Some(Section::of("delete", shape, 0, columns, rows)))
}

/// The keys of what was inserted.
pub(super) fn inserted(
    session: &mut dyn Session,
    shape: &Shape,
    rows: &[Ready],
    acts: &Acts,
) -> DbResult<Option<Section>> {
    let new = picked(rows, acts, Act::Insert);
    if new.is_empty() || shape.key.is_empty() {
        return Ok(None);
    }
    let rows = joined(session, shape, &new, &keys(shape))?;
    Ok(Some(Section::of_keys(shape, rows)))
}

/// What columns are called.
pub(super) fn names(shape: &Shape, columns: &[usize]) -> Vec<String> {
    columns.iter().map(|&index| shape.columns[index].name.clone()).collect()
}

impl Section {
    pub(super) fn of(
        act: &'static str,
        shape: &Shape,
        key: usize,
        columns: Vec<String>,
        rows: Vec<Row>,
    ) -> Self {
        Self { act, table: shape.table.to_string(), key, columns, rows }
    }

    /// Rows that were inserted: their keys.
    pub(super) fn of_keys(shape: &Shape, rows: Vec<Row>) -> Self {
        Self::of("insert", shape, shape.key.len(), names(shape, &shape.key), rows)
    }
}

/// All columns that can be written, and their text.
pub(super) fn whole(of: &Table, catalogue: &Catalogue) -> (Vec<String>, String) {
    let dialect = catalogue.dialect;
    let (names, list): (Vec<_>, Vec<_>) = of
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
        .map(|column| {
            let name = format!("e.{}", quoted(dialect, &column.name));
            (column.name.clone(), exact(dialect, &Class::of(catalogue, column), &name))
        })
        .unzip();
    (names, list.join(", "))
}

pub(super) fn key_first(shape: &Shape) -> Vec<usize> {
    let others = (0..shape.columns.len()).filter(|index| !shape.key.contains(index));
    shape.key.iter().copied().chain(others).collect()
}

fn picked<'a>(rows: &'a [Ready], acts: &Acts, wanted: Act) -> Vec<&'a Ready> {
    rows.iter().zip(&acts.rows).filter(|(_, act)| **act == wanted).map(|(row, _)| row).collect()
}

/// Columns of the rows in the table that have the keys of these.
fn joined(
    session: &mut dyn Session,
    shape: &Shape,
    rows: &[&Ready],
    list: &str,
) -> DbResult<Vec<Row>> {
    let mut found = Vec::new();
    for batch in rows.chunks(asking_size(shape.dialect, shape.columns.len())) {
        let (with, bound) = with_rows(shape, batch.iter().copied(), false);
        let sql = format!(
            "{with} SELECT {list} FROM s {} {} e ON {} ORDER BY s.dbmig_n",
            join(shape.dialect),
            table(shape.dialect, &shape.table),
            same_key(shape)
        );
        found.extend(session.query(&sql, &bound.values())?);
    }
    Ok(found)
}

/// The keys of all rows of the file, which are not held, as the table has them.
pub(super) fn keys_of_all(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    findings: &mut Findings,
) -> DbResult<Vec<Row>> {
    let (shape, mut found) = (opened.shape(), Vec::new());
    opened.chunks(findings, &mut |rows, _| {
        let rows: Vec<&Ready> = rows.iter().collect();
        found.extend(joined(session, shape, &rows, &keys(shape))?);
        Ok(())
    })?;
    Ok(found)
}

/// What the table holds of the rows of a file, as one digest; `None` where they can not be found again.
pub(super) fn digest(
    session: &mut dyn Session,
    opened: &Opened<'_>,
    findings: &mut Findings,
) -> DbResult<Option<Digest>> {
    let shape = opened.shape();
    if shape.key.is_empty() {
        return Ok(None);
    }
    if keys_alone(shape.mode) {
        let mut there = 0;
        opened.chunks(findings, &mut |rows, _| {
            there += how_many_there(session, shape, rows)?;
            Ok(())
        })?;
        return Ok(Some(digest_of_keys(there)));
    }
    let list = held(shape, &key_first(shape));
    let digest = Digest::of_fed("rows", |item| {
        opened.chunks(findings, &mut |rows, _| {
            let rows: Vec<&Ready> = rows.iter().collect();
            for row in joined(session, shape, &rows, &list)? {
                item(&line(&row));
            }
            Ok(())
        })?;
        match shape.mode {
            Mode::Sync => count(session, shape).map(|rows| item(&in_all(rows))),
            _ => Ok(()),
        }
    });
    digest.map(Some)
}

/// Of rows that are left alone once they are there, only whether they are there counts.
pub(super) fn keys_alone(mode: Mode) -> bool {
    matches!(mode, Mode::Insert | Mode::Ignore)
}

/// The digest where only keys count: the file is the same, so their number tells.
pub(super) fn digest_of_keys(there: usize) -> Digest {
    Digest::of_list("rows", [&*format!("{there} keys")])
}

/// How the rows of the table that are not of the file go into a digest.
pub(super) fn in_all(rows: usize) -> String {
    format!("{rows} in all")
}

/// How a row goes into a digest.
pub(super) fn line(row: &Row) -> String {
    let mut line = String::new();
    csv::write(&mut line, row.iter().map(Option::as_deref));
    line
}

/// How many rows of the table have the keys of these.
pub(super) fn how_many_there(
    session: &mut dyn Session,
    shape: &Shape,
    rows: &[Ready],
) -> DbResult<usize> {
    let (with, bound) = with_rows(shape, rows, false);
    let sql = format!(
        "{with} SELECT {} FROM s {} {} e ON {}",
        text(shape.dialect, "count(*)"),
        join(shape.dialect),
        table(shape.dialect, &shape.table),
        same_key(shape)
    );
    Ok(number(session.query(&sql, &bound.values())?))
}

/// The sections in pieces; `None` when they are too many or too long to be kept.
pub(super) fn pieces(sections: &[Section]) -> Option<Vec<String>> {
    if sections.iter().map(|section| section.rows.len()).sum::<usize>() > UNDO_LIMIT {
        return None;
    }
    let mut pieces = Vec::new();
    for section in sections {
        let mut head = String::new();
        let key = section.key.to_string();
        csv::write(&mut head, [Some(section.act), Some(&*section.table), Some(&*key)]);
        csv::write(&mut head, section.columns.iter().map(|name| Some(name.as_str())));
        let mut piece = head.clone();
        for row in &section.rows {
            let mut line = String::new();
            csv::write(&mut line, row.iter().map(Option::as_deref));
            if head.len() + line.len() > PIECE {
                return None;
            }
            if piece.len() + line.len() > PIECE {
                pieces.push(std::mem::replace(&mut piece, head.clone()));
            }
            piece.push_str(&line);
        }
        pieces.push(piece);
    }
    Some(pieces)
}

/// Reads a piece; `None` when it was not written here.
pub(super) fn parse(piece: &str) -> Option<Section> {
    let (first, rest) = piece.split_once('\n')?;
    let first = csv::header(&mut Cursor::new(first)).ok()?;
    let mut words = first.cells.into_iter().map(|cell| cell.text);
    let act = match words.next()??.as_ref() {
        "insert" => "insert",
        "update" => "update",
        "delete" => "delete",
        _ => return None,
    };
    let table = words.next()??.into_owned();
    let key = words.next()??.parse().ok()?;
    let columns = csv::header(&mut Cursor::new(rest)).ok()?.cells.into_iter();
    let columns: Vec<String> =
        columns.map(|cell| cell.text.map(std::borrow::Cow::into_owned)).collect::<Option<_>>()?;
    let mut rows = Vec::new();
    for row in csv::rows(rest) {
        let cells = row.ok()?.cells.into_iter();
        rows.push(cells.map(|cell| cell.text.map(std::borrow::Cow::into_owned)).collect());
    }
    Some(Section { act, table, key, columns, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_back() {
        let row = |n: usize| vec![Some(n.to_string()), None, Some("a,\"\n".repeat(50))];
        let columns = ["id", "x", "y"].map(str::to_owned).to_vec();
        let rows: Vec<_> = (0..1000).map(row).collect();
        let section = Section { act: "update", table: "a.b".into(), key: 1, columns, rows };
        let pieces = pieces(std::slice::from_ref(&section)).unwrap();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= PIECE));
        let mut read: Vec<_> = pieces.iter().map(|piece| parse(piece).unwrap()).collect();
        let mut whole = read.remove(0);
        read.into_iter().for_each(|more| whole.rows.extend(more.rows));
        assert_eq!(whole, section);
        let many = Section { rows: vec![row(1); UNDO_LIMIT + 1], ..section.clone() };
        assert_eq!(super::pieces(&[many]), None);
        let long = Section { rows: vec![vec![Some("x".repeat(PIECE))]], ..section };
        assert_eq!(super::pieces(&[long]), None);
    }
}
