//! Cells held against what their columns take, and rows against each other: no database is asked.

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use dbmig_build::{Code, Finding, Findings};

use super::cell::{Place, Row};
use super::settings::Mode;
use super::shape::{Paths, Shape, at};
use super::source::Source;

/// A row as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    /// One value a column of the shape; `None` for NULL.
    pub(super) values: Vec<Option<String>>,
    pub(super) places: Vec<Place>,
    pub(super) place: Place,
    /// How many rows of the same file have to be there before: its parents, and theirs.
    pub(super) level: usize,
}

impl Ready {
    /// The values of some columns; `None` when one of them is NULL.
    pub(super) fn tuple(&self, columns: &[usize]) -> Option<Vec<&str>> {
        columns.iter().map(|&column| self.values[column].as_deref()).collect()
    }
}

/// A row of the file as a row of the table; `None` where a cell is wrong, after `refuse` was told of each.
pub(super) fn values<'r>(
    shape: &'r Shape,
    row: &'r Row<'_>,
    mut refuse: impl FnMut(Place, String),
) -> Option<Vec<Option<Cow<'r, str>>>> {
    let mut values = Vec::with_capacity(shape.columns.len());
    let mut good = true;
    for (index, column) in shape.columns.iter().enumerate() {
        let cell = &row.cells[column.cell];
        let mut refuse = |message: String| {
            refuse(cell.place, message);
            good = false;
        };
        let value = match cell.text.as_deref().or(column.default.as_deref()) {
            None => {
                if shape.key.contains(&index) {
                    refuse(format!("`{}` is part of the key, and is NULL here", column.name));
                } else if !column.nullable {
                    refuse(format!("`{}` is NOT NULL", column.name));
                }
                None
            }
            Some(text) => {
                let asked = match &column.asked {
                    Some(class) => class.read(shape.dialect, text).map(drop),
                    None => Ok(()),
                };
                match asked.and_then(|()| column.class.read(shape.dialect, text)) {
                    Ok(value) => Some(value),
                    Err(expected) => {
                        let (name, found) = (&column.name, shown(text));
                        refuse(format!("`{name}` takes {expected}, and this is {found}"));
                        None
                    }
                }
            }
        };
        values.push(value);
    }
    good.then_some(values)
}

impl Ready {
    /// `None` with a finding.
    pub(super) fn of(
        shape: &Shape,
        row: &Row<'_>,
        paths: Paths<'_>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let values = values(shape, row, |place, message| {
            findings.push(at(Code::SeedValue, paths.data, place, message));
        })?;
        Some(Self {
            values: values.into_iter().map(|value| value.map(Cow::into_owned)).collect(),
            places: shape.columns.iter().map(|column| row.cells[column.cell].place).collect(),
            place: row.place,
            level: 0,
        })
    }
}

/// Reads all rows. What is wrong goes into `findings`; rows with a finding are left out.
pub(super) fn read(
    source: Source<'_>,
    shape: &Shape,
    paths: Paths<'_>,
    findings: &mut Findings,
) -> Vec<Ready> {
    let mut ready = Vec::new();
    let mut seen: Vec<HashMap<Vec<String>, usize>> = vec![HashMap::new(); shape.uniques.len()];
    let end = source.each(&mut |row, _| {
        if let Some(one) = Ready::of(shape, &row, paths, findings) {
            let mut twice = false;
            for (set, seen) in shape.uniques.iter().zip(&mut seen) {
                let Some(tuple) = one.tuple(set) else { continue };
                let tuple: Vec<String> = tuple.into_iter().map(str::to_owned).collect();
                match seen.entry(tuple) {
                    Entry::Vacant(entry) => drop(entry.insert(one.place.0)),
                    Entry::Occupied(first) => {
                        findings.push(stands_twice(shape, set, &one, *first.get(), paths));
                        twice = true;
                    }
                }
            }
            if !twice {
                ready.push(one);
            }
        }
        ControlFlow::Continue(())
    });
    if let Err(malformed) = end {
        findings.push(at(Code::SeedForm, paths.data, malformed.place, malformed.message));
    }
    if !findings.has_errors() && shape.mode != Mode::UpdateOnly {
        levels(&mut ready, shape, paths, findings);
    }
    ready
}

/// A value that must not stand twice, and does.
pub(super) fn stands_twice(
    shape: &Shape,
    set: &[usize],
    row: &Ready,
    first: usize,
    paths: Paths<'_>,
) -> Finding {
    let names: Vec<_> = set.iter().map(|&c| shape.columns[c].name.as_str()).collect();
    let message = format!("the value of {} stands in line {first} already", super::words(&names));
    at(Code::SeedDuplicate, paths.data, row.places[set[0]], message)
}

/// Orders rows of a table that is its own parent: parents first.
fn levels(ready: &mut [Ready], shape: &Shape, paths: Paths<'_>, findings: &mut Findings) {
    for parent in shape.parents.iter().filter(|parent| parent.own) {
        let referenced = parent.referenced.iter().map(|name| shape.column_index(name));
        let Some(referenced) = referenced.collect::<Option<Vec<_>>>() else { continue };
        let rows: HashMap<Vec<&str>, usize> = ready
            .iter()
            .enumerate()
            .filter_map(|(index, row)| Some((row.tuple(&referenced)?, index)))
            .collect();
        let above: Vec<Option<usize>> = ready
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let above = rows.get(&row.tuple(&parent.columns)?).copied()?;
                (above != index).then_some(above)
            })
            .collect();
        for (index, row) in ready.iter_mut().enumerate() {
            let mut level = 0;
            let mut seen = HashSet::new();
            let mut now = index;
            while let Some(next) = above[now] {
                if !seen.insert(now) {
                    let place = row.places[parent.columns[0]];
                    let message = "the parents of this row go round in a circle".to_owned();
                    findings.push(
                        at(Code::SeedParent, paths.data, place, message)
                            .help("leave it NULL here, and set it in an SQL seed after this one"),
                    );
                    return;
                }
                level += 1;
                now = next;
            }
            row.level = row.level.max(level);
        }
    }
    ready.sort_by_key(|row| row.level);
}

/// A value for people: not all of a long one.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let cut: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cut.len() < text.len() { format!("`{cut}…`") } else { format!("`{cut}`") }
}
