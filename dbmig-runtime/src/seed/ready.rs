//! Cells held against what their columns take, and rows against each other: no database is asked.

use std::collections::{HashMap, HashSet};

use dbmig_build::{Code, Findings};

use super::cell::{Place, Rows};
use super::settings::Mode;
use super::shape::{Paths, Shape, at};

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

/// Reads all rows. What is wrong goes into `findings`; rows with a finding are left out.
pub(super) fn read(
    rows: Rows<'_>,
    shape: &Shape,
    paths: Paths<'_>,
    findings: &mut Findings,
) -> Vec<Ready> {
    let mut ready = Vec::new();
    let mut seen: Vec<HashMap<Vec<String>, usize>> = vec![HashMap::new(); shape.uniques.len()];
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(malformed) => {
                findings.push(at(Code::SeedForm, paths.data, malformed.place, malformed.message));
                break;
            }
        };
        let mut good = true;
        let mut one = Ready { values: Vec::new(), places: Vec::new(), place: row.place, level: 0 };
        for (index, column) in shape.columns.iter().enumerate() {
            let cell = &row.cells[column.cell];
            let text = cell.text.as_deref().or(column.default.as_deref());
            let mut refuse = |message: String| {
                findings.push(at(Code::SeedValue, paths.data, cell.place, message));
                good = false;
            };
            let value = match text {
                None => {
                    if shape.key.contains(&index) {
                        refuse(format!("`{}` is part of the key, and is NULL here", column.name));
                    } else if !column.nullable {
                        refuse(format!("`{}` is NOT NULL", column.name));
                    }
                    None
                }
                Some(text) => {
                    let asked = column.asked.as_ref().map(|class| class.read(shape.dialect, text));
                    let read = column.class.read(shape.dialect, text);
                    match asked.unwrap_or_else(|| read.clone()).and(read) {
                        Ok(value) => Some(value),
                        Err(expected) => {
                            refuse(format!(
                                "`{}` takes {expected}, and this is {}",
                                column.name,
                                shown(text)
                            ));
                            None
                        }
                    }
                }
            };
            one.values.push(value);
            one.places.push(cell.place);
        }
        if !good {
            continue;
        }
        for (set, seen) in shape.uniques.iter().zip(&mut seen) {
            let Some(tuple) = one.tuple(set) else { continue };
            let tuple: Vec<String> = tuple.into_iter().map(str::to_owned).collect();
            let line = one.place.0;
            if let Some(first) = seen.get(&tuple) {
                let names: Vec<_> = set.iter().map(|&c| shape.columns[c].name.as_str()).collect();
                let message =
                    format!("the value of {} stands in line {first} already", super::words(&names));
                let place = one.places[set[0]];
                findings.push(at(Code::SeedDuplicate, paths.data, place, message));
                good = false;
            } else {
                seen.insert(tuple, line);
            }
        }
        if good {
            ready.push(one);
        }
    }
    if !findings.has_errors() && shape.mode != Mode::UpdateOnly {
        levels(&mut ready, shape, paths, findings);
    }
    ready
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
