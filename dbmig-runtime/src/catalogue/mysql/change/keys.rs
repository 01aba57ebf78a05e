//! Foreign keys of tables that stay.

use std::collections::HashSet;

use dbmig_build::Dialect;

use super::super::super::change::{Step, pairs};
use super::super::super::facts::Piece;
use super::super::super::{Catalogue, ForeignKey, Label, Name, Table};
use super::super::names::quoted;
use super::super::sql;
use super::{table, told};

/// Foreign keys that go before the tables are altered, and those that come afterwards.
pub(super) struct Keys<'a> {
    gone: Vec<(&'a Name, &'a ForeignKey)>,
    new: Vec<(&'a Name, &'a ForeignKey)>,
}

impl<'a> Keys<'a> {
    pub(super) fn of(kept: &[(&'a Table, &'a Table)], begin: &Catalogue, to: &Catalogue) -> Self {
        let mut keys = Self { gone: vec![], new: vec![] };
        let moved: HashSet<(&Name, String)> = kept
            .iter()
            .flat_map(|(before, after)| {
                table::moved(before, after).into_iter().map(|column| (&after.name, column))
            })
            .collect();
        let is_moved = |table: &Name, columns: &[String]| {
            columns.iter().any(|column| {
                moved.iter().any(|(of, name)| *of == table && name.eq_ignore_ascii_case(column))
            })
        };
        for (before, after) in kept {
            let both = pairs(&before.foreign_keys, &after.foreign_keys, |key| {
                told(Piece::ForeignKey(&after.name, key))
            });
            let differ = both.altered.iter();
            keys.gone.extend(both.removed.iter().map(|key| (&before.name, *key)));
            keys.gone.extend(differ.clone().map(|(key, _)| (&before.name, *key)));
            keys.new.extend(differ.map(|(_, key)| (&after.name, *key)));
            keys.new.extend(both.added.iter().map(|key| (&after.name, *key)));
            for (old, new) in both.same {
                // The server keeps the columns, and the indexes, of a key as they are.
                let touched = is_moved(&after.name, &old.columns)
                    || is_moved(&old.table, &old.referenced)
                    || (begin.table(&old.table).is_some() && to.table(&old.table).is_none());
                if touched {
                    keys.gone.push((&before.name, old));
                    keys.new.push((&after.name, new));
                }
            }
        }
        keys
    }

    pub(super) fn drops(&self) -> Vec<Step> {
        self.gone.iter().map(|(of, key)| drop(of, &key.label)).collect()
    }

    pub(super) fn adds(&self) -> Vec<Step> {
        self.new.iter().map(|(of, key)| add(of, key)).collect()
    }
}

/// Takes a foreign key away; its index stays.
pub(super) fn drop(of: &Name, label: &Label) -> Step {
    let name = label.name.as_deref().unwrap_or_default();
    let name = crate::sql::quoted(Dialect::Mysql, name);
    Step::new(of, format!("ALTER TABLE {} DROP FOREIGN KEY {name}", quoted(of)))
}

pub(super) fn add(of: &Name, key: &ForeignKey) -> Step {
    Step::new(of, format!("ALTER TABLE {} ADD {}", quoted(of), sql::table::foreign_key(key)))
}
