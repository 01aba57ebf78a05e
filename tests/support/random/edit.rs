//! What becomes of a schema.

use super::Random;
use super::schema::{ACTIONS, COMMENTS, Key, Schema, Table};
use dbmig_build::Dialect;

impl Schema {
    /// Another schema: this one after some edits, or one that has nothing to do with it.
    pub(super) fn changed(&self, random: &mut Random) -> Self {
        if random.chance(10) {
            return Self::random(self.dialect, random);
        }
        let mut changed = self.clone();
        for _ in 0..1 + random.below(6) {
            changed.edit(random);
        }
        changed
    }

    fn edit(&mut self, random: &mut Random) {
        if self.tables.is_empty() {
            return self.add_table(random);
        }
        let at = random.below(self.tables.len());
        match random.below(16) {
            0 => self.add_table(random),
            1 => self.drop_table(at),
            2 => self.add_view(random),
            3 => {
                if !self.views.is_empty() {
                    let at = random.below(self.views.len());
                    self.views.remove(at);
                }
            }
            4 | 5 => {
                let mut table = self.tables[at].clone();
                self.add_column(&mut table, random);
                self.tables[at] = table;
            }
            6 => self.drop_column(at, random),
            7..=10 => self.alter_column(at, random),
            11 | 12 => self.add_part(at, random),
            13 => drop_part(&mut self.tables[at], random),
            14 => {
                let table = &mut self.tables[at];
                if let Some((_, _, action)) = table.foreign.first_mut() {
                    *action = ACTIONS[random.below(ACTIONS.len())];
                } else if let Key::Id { counted } = &mut table.key {
                    *counted = !*counted;
                }
            }
            _ => {
                let table = &mut self.tables[at];
                if self.dialect != Dialect::Sqlite {
                    table.comment = random.chance(70).then(|| COMMENTS[random.below(2)]);
                } else if table.columns.len() > 1 {
                    table.columns.swap(0, 1);
                }
            }
        }
    }

    fn drop_table(&mut self, at: usize) {
        let gone = self.tables.remove(at).name;
        self.views.retain(|view| view.table != gone);
        for table in &mut self.tables {
            table.foreign.retain(|(_, parent, _)| *parent != gone);
        }
    }

    /// With all that stands on it.
    fn drop_column(&mut self, at: usize, random: &mut Random) {
        let table = &mut self.tables[at];
        if table.columns.len() < 2 || table.key == Key::Pair && table.columns.len() < 3 {
            return;
        }
        let gone = table.columns.remove(random.below(table.columns.len())).name;
        table.columns.retain(|one| one.of.as_ref().is_none_or(|(of, _)| *of != gone));
        table.uniques.retain(|(_, columns)| !columns.contains(&gone));
        table.checks.retain(|(_, column, _)| *column != gone);
        table.foreign.retain(|(column, ..)| *column != gone);
        table.indexes.retain(|index| !index.columns.contains(&gone));
        let there: Vec<_> = table.columns.iter().map(|one| one.name.clone()).collect();
        let name = table.name.clone();
        self.views.retain(|view| {
            view.table != name || view.columns.iter().all(|column| there.contains(column))
        });
    }

    fn alter_column(&mut self, at: usize, random: &mut Random) {
        let types = self.types();
        let free = |table: &Table, name: &String| {
            // What stands on its type stays as it is.
            !table.foreign.iter().any(|(column, ..)| column == name)
                && !table.uniques.iter().any(|(_, columns)| columns.contains(name))
                && !table.checks.iter().any(|(_, column, _)| column == name)
                && !table.indexes.iter().any(|index| index.columns.contains(name))
                && !table
                    .columns
                    .iter()
                    .any(|one| one.of.as_ref().is_some_and(|(of, _)| of == name))
        };
        let table = &mut self.tables[at];
        let number = random.below(table.columns.len());
        let name = table.columns[number].name.clone();
        let retyped = free(table, &name) && table.key != Key::Pair;
        let column = &mut table.columns[number];
        if column.of.is_some() {
            return;
        }
        match random.below(4) {
            0 if retyped => {
                column.ty = random.below(types.len());
                column.default = None;
            }
            1 => {
                let defaults = types[column.ty].defaults;
                column.default = (!defaults.is_empty() && random.chance(70))
                    .then(|| random.below(defaults.len()));
            }
            2 if self.dialect != Dialect::Sqlite => {
                column.comment = random.chance(70).then(|| COMMENTS[random.below(2)]);
            }
            _ => column.nullable = !column.nullable,
        }
    }
}

fn drop_part(table: &mut Table, random: &mut Random) {
    match random.below(5) {
        0 => drop(table.uniques.pop()),
        1 => drop(table.checks.pop()),
        2 => drop(table.foreign.pop()),
        3 => drop(table.indexes.pop()),
        _ => table.trigger = None,
    }
}
