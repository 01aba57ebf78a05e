//! `Coming`: parents that are not in the database yet, because they stand in a file that runs before.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::ready::Ready;
use super::shape::{Parent, Shape};
use crate::catalogue::Name;

/// So many parents are remembered by each of their keys, a few bytes each; where there are more, the foreign
/// key decides.
const MOST: usize = 1 << 20;

/// What children could refer to, by table and columns.
#[derive(Debug, Default)]
pub(super) struct Coming {
    wanted: HashMap<(Name, Vec<String>), HashSet<u64>>,
    unknown: HashSet<Name>,
}

impl Coming {
    /// From now on, what this file refers to is remembered.
    pub(super) fn want(&mut self, shape: &Shape) {
        for parent in &shape.parents {
            self.wanted.entry((parent.table.clone(), parent.referenced.clone())).or_default();
        }
    }

    /// Rows that are going to be there.
    pub(super) fn add(&mut self, shape: &Shape, rows: &[Ready]) {
        let mut full = false;
        for ((table, columns), known) in &mut self.wanted {
            // Of a column that is a reference the file does not know what the table will hold.
            let index = |name: &String| {
                shape.column_index(name).filter(|&index| shape.columns[index].reference.is_none())
            };
            let indexes = columns.iter().map(index).collect::<Option<Vec<_>>>();
            let Some(indexes) = indexes.filter(|_| *table == shape.table) else { continue };
            known.extend(rows.iter().filter_map(|row| row.tuple(&indexes)).map(|t| hash(&t)));
            full |= known.len() > MOST;
        }
        if full {
            self.leave(&shape.table);
        }
    }

    /// Nobody knows what this table will hold.
    pub(super) fn leave(&mut self, table: &Name) {
        self.unknown.insert(table.clone());
        self.wanted.iter_mut().filter(|((of, _), _)| of == table).for_each(|(_, known)| {
            *known = HashSet::new();
        });
    }

    pub(super) fn is_unknown(&self, table: &Name) -> bool {
        self.unknown.contains(table)
    }

    /// Whether there is going to be such a parent.
    pub(super) fn holds(&self, parent: &Parent, tuple: &[&str]) -> bool {
        let wanted = (parent.table.clone(), parent.referenced.clone());
        self.wanted.get(&wanted).is_some_and(|known| known.contains(&hash(tuple)))
    }
}

/// The same in every run.
pub(super) fn hash(tuple: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    tuple.hash(&mut hasher);
    hasher.finish()
}
