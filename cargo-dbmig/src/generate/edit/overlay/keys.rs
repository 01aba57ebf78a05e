//! Foreign keys: those that can not stay, those that a `joinable!` asks for, and those of which nothing tells.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::{Action, ForeignKey, Index, IndexKey, Name};

use super::super::Edit;
use super::{column_now, family, now};
use crate::error::{CliError, CliResult};
use crate::generate::column::Reference;
use crate::generate::diff::{Asked, Settled};

impl Edit<'_> {
    /// Foreign keys to what goes: they can not stay.
    pub(super) fn let_go(&mut self, to: &Name, column: Option<&str>) {
        let mut gone = Vec::new();
        let mysql = self.dialect() == Dialect::Mysql;
        for table in self.after.tables.iter_mut().filter(|table| table.name != *to) {
            let points = |key: &ForeignKey| {
                key.table == *to
                    && column.is_none_or(|name| key.referenced.iter().any(|one| one == name))
            };
            let of = &table.name;
            let (go, stay): (Vec<_>, Vec<_>) = table.foreign_keys.drain(..).partition(points);
            table.foreign_keys = stay;
            for key in go {
                gone.push(format!("{of} ({})", key.columns.join(", ")));
                // MySQL has made it for the key alone.
                let own = |index: &Index| {
                    let columns = index.parts.iter().map(|part| match &part.key {
                        IndexKey::Column(name) | IndexKey::Expression(name) => name,
                    });
                    mysql && index.label.generated && columns.eq(&key.columns)
                };
                let needed = table.foreign_keys.iter().any(|other| other.columns == key.columns);
                table.indexes.retain(|index| needed || !own(index));
            }
        }
        let what = column.map_or_else(|| to.to_string(), |column| format!("{to}.{column}"));
        self.notes.extend(
            gone.iter().map(|key| {
                format!("the foreign key of {key} goes with {what}, to which it points")
            }),
        );
    }

    /// Foreign keys of columns whose new type is none of what they point to, and of which no `joinable!` tells:
    /// no server has such keys, but SQLite.
    pub(super) fn let_unfit_keys_go(&mut self, file: &Settled<'_>) {
        if self.dialect() == Dialect::Sqlite {
            return;
        }
        let (begin, after) = (&self.before, self.after.clone());
        let mut gone = Vec::new();
        for table in &mut self.after.tables {
            let (name, columns) = (&table.name, &table.columns);
            let Some(old) = begin.table(name) else { continue };
            table.foreign_keys.retain(|key| {
                let told = file.told.joins.iter().any(|(child, parent, column)| {
                    file.name(child) == *name
                        && file.name(parent) == key.table
                        && key.columns == [column.as_str()]
                });
                let unfit = key.columns.iter().zip(&key.referenced).find(|(here, there)| {
                    let now = columns.iter().find(|one| one.name == **here);
                    let there = after.table(&key.table).and_then(|table| table.column(there));
                    let (Some(was), Some(now), Some(there)) = (old.column(here), now, there) else {
                        return false;
                    };
                    was.ty.name != now.ty.name && family(now) != family(there)
                });
                let Some((column, _)) = unfit.filter(|_| !told) else { return true };
                let (here, there) = (format!("{name}.{column}"), &key.table);
                gone.push(format!(
                    "the foreign key of {here} goes: its new type is none of what it points to in {there}"
                ));
                false
            });
        }
        self.notes.extend(gone);
    }

    /// The foreign key of a `joinable!`.
    pub(super) fn join(&mut self, child: &Name, parent: &Name, column: &str) -> CliResult<()> {
        let (Some(table), Some(_)) = (self.after.table(child).cloned(), self.after.table(parent))
        else {
            return Ok(());
        };
        if table.column(column).is_none() {
            return Err(CliError::usage(format!(
                "`joinable!({child} -> {parent} ({column}))` names a column that {child} does not have"
            )));
        }
        let there = |key: &ForeignKey| key.table == *parent && key.columns == [column];
        if table.foreign_keys.iter().any(there) {
            return Ok(());
        }
        let to = Reference {
            table: parent.to_string(),
            column: None,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        };
        let known = table.name.clone();
        let key = self.foreign_key(&table, &[column.to_owned()], &[to], None)?;
        self.table_mut(&known)?.foreign_keys.push(key);
        Ok(())
    }

    /// Foreign keys of which the file says nothing, while there was a `joinable!` for each.
    pub(super) fn tell_of_joins(&mut self, file: &Settled<'_>, asked: &Asked<'_>) {
        for (child, parent, column) in &file.silent_joins {
            let of = now(&file.name(child), asked.renames);
            let to = now(&file.name(parent), asked.renames);
            let column = column_now(&of, column, asked.renames);
            let told = file.told.joins.iter().any(|(child, parent, name)| {
                file.name(child) == of && file.name(parent) == to && *name == column
            });
            let table = self.after.table(&of);
            let key = table.and_then(|table| {
                table
                    .foreign_keys
                    .iter()
                    .find(|key| key.table == to && key.columns == [column.as_str()])
            });
            let Some(key) = key.filter(|_| !told) else { continue };
            let name = key.label.name.as_deref();
            let drop = name.map(|name| {
                format!("; to drop it: `cargo dbmig generate drop-constraint {of} {name}`")
            });
            self.notes.push(format!(
                "`joinable!({child} -> {parent} ({column}))` is not in {}: the foreign key stays{}",
                file.file.shown,
                drop.unwrap_or_default()
            ));
        }
    }
}
