//! `Make`: columns, key, and parents of a file, held against its table.

use dbmig_build::{Code, Dialect, Findings};

use super::{Column, Parent, Paths, Reference, at, find_table, no_table, type_text, unique_sets};
use crate::catalogue::{Catalogue, Table};
use crate::seed::cell::{Place, Row};
use crate::seed::class::Class;
use crate::seed::settings::{Mode, Settings};
use crate::seed::words;

pub(super) struct Make<'a> {
    pub(super) table: &'a Table,
    pub(super) catalogue: &'a Catalogue,
    pub(super) settings: &'a Settings,
    pub(super) paths: Paths<'a>,
    pub(super) findings: &'a mut Findings,
}

impl Make<'_> {
    pub(super) fn columns(&mut self, header: &Row<'_>) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let names: Vec<&str> =
            header.cells.iter().map(|cell| cell.text.as_deref().unwrap_or_default()).collect();
        for (name, settings) in &self.settings.columns {
            if settings.expression.is_none() && !names.contains(&name.as_str()) {
                let message = format!("the data file has no column `{name}`");
                self.findings.push(at(Code::SeedColumn, self.paths.side, settings.place, message));
            }
        }
        for (cell, name) in names.iter().enumerate() {
            let place = header.cells[cell].place;
            let settings = self.settings.columns.get(*name);
            if settings.is_some_and(|settings| settings.skip) {
                continue;
            }
            let wanted = settings.and_then(|settings| settings.column.as_deref()).unwrap_or(name);
            let mut refuse = |message: String| {
                let mut finding = at(Code::SeedColumn, self.paths.data, place, message);
                let known: Vec<_> = self.table.columns.iter().map(|c| c.name.as_str()).collect();
                finding = finding.note(format!("it has {}", words(&known)));
                self.findings.push(finding);
            };
            let Some(found) = self.table.column(wanted) else {
                refuse(format!("table `{}` has no column `{wanted}`", self.table.name));
                continue;
            };
            if columns.iter().any(|column| column.name == wanted) {
                refuse(format!("column `{wanted}` stands twice"));
                continue;
            }
            if found.generated.is_some() {
                refuse(format!("column `{wanted}` is computed by the database"));
                continue;
            }
            let mut column = Column {
                cell,
                name: found.name.clone(),
                class: Class::of(self.catalogue, found),
                asked: settings.and_then(|settings| settings.class.clone()),
                nullable: found.nullable && !self.in_primary_key(&found.name),
                default: settings.and_then(|settings| settings.default.clone()),
                reference: None,
                ty: type_text(self.catalogue.dialect, found),
                own: (Class::of(self.catalogue, found), type_text(self.catalogue.dialect, found)),
                counts: found.identity.is_some()
                    || found.default.as_deref().is_some_and(|d| d.starts_with("nextval(")),
                collation: None,
            };
            if let Some((table, by)) = settings.and_then(|settings| settings.references.as_ref()) {
                let place = settings.map_or((1, 1), |settings| settings.place);
                self.reference(&mut column, table, by, place);
            }
            columns.push(column);
        }
        columns
    }

    fn in_primary_key(&self, name: &str) -> bool {
        self.table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|c| c == name))
    }

    fn reference(&mut self, column: &mut Column, table: &str, by: &str, place: Place) {
        let mut refuse = |message: String| {
            self.findings.push(at(Code::SeedColumn, self.paths.side, place, message));
        };
        let Some(parent) = find_table(self.catalogue, table) else {
            return refuse(no_table(table));
        };
        let Some(found) = parent.column(by) else {
            return refuse(format!("table `{}` has no column `{by}`", parent.name));
        };
        let pointing = self.table.foreign_keys.iter().find(|key| {
            key.table == parent.name && key.columns.len() == 1 && key.columns[0] == column.name
        });
        let primary = parent.primary_key.as_ref().map(|key| &key.columns);
        let key = match (pointing.map(|key| &key.referenced), primary) {
            (Some(referenced), _) if referenced.len() == 1 => referenced[0].clone(),
            (_, Some(primary)) if primary.len() == 1 => primary[0].clone(),
            _ => return refuse(format!("no column of `{}` is its key", parent.name)),
        };
        if !unique_sets(parent).iter().any(|set| set.len() == 1 && set[0] == by) {
            return refuse(format!(
                "`{}.{by}` is not unique: a parent could not be told from another",
                parent.name
            ));
        }
        column.class = Class::of(self.catalogue, found);
        column.ty = type_text(self.catalogue.dialect, found);
        column.counts = false;
        column.reference = Some(Reference {
            own: parent.name == self.table.name,
            table: parent.name.clone(),
            by: by.to_owned(),
            key,
        });
    }

    pub(super) fn expressions(&mut self, columns: &[Column]) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, settings) in &self.settings.columns {
            let Some(expression) = &settings.expression else { continue };
            let wanted = settings.column.as_ref().unwrap_or(name);
            let message = if self.table.column(wanted).is_none() {
                format!("table `{}` has no column `{wanted}`", self.table.name)
            } else if columns.iter().any(|column| column.name == *wanted) {
                format!("`{wanted}` is a column of the data file, and can not be computed as well")
            } else {
                found.push((wanted.clone(), expression.clone()));
                continue;
            };
            self.findings.push(at(Code::SeedColumn, self.paths.side, settings.place, message));
        }
        found
    }

    /// Columns that a new row can not be without.
    pub(super) fn required(
        &mut self,
        header: &Row<'_>,
        columns: &[Column],
        expressions: &[(String, String)],
    ) {
        for column in &self.table.columns {
            let counts_itself = self.catalogue.dialect == Dialect::Sqlite
                && column.ty.name.name.eq_ignore_ascii_case("integer")
                && self.table.primary_key.as_ref().is_some_and(|key| key.columns.len() == 1)
                && self.in_primary_key(&column.name);
            let optional = column.nullable && !self.in_primary_key(&column.name)
                || column.default.is_some()
                || column.generated.is_some()
                || column.identity.is_some()
                || column.auto_increment
                || counts_itself;
            let given = columns.iter().any(|own| own.name == column.name)
                || expressions.iter().any(|(name, _)| *name == column.name);
            if !optional && !given {
                let message = format!(
                    "column `{}` of table `{}` is missing: it is NOT NULL and has no default",
                    column.name, self.table.name
                );
                self.findings.push(at(Code::SeedColumn, self.paths.data, header.place, message));
            }
        }
    }

    /// The unique keys of the table whose columns are all in the file, the primary key first.
    pub(super) fn unique_keys(&self, columns: &[Column]) -> Vec<Vec<usize>> {
        let index = |name: &String| columns.iter().position(|column| column.name == *name);
        unique_sets(self.table)
            .iter()
            .filter_map(|set| set.iter().map(index).collect::<Option<Vec<_>>>())
            .collect()
    }

    pub(super) fn key(
        &mut self,
        mode: Mode,
        columns: &[Column],
        uniques: &[Vec<usize>],
        header: Place,
    ) -> Option<Vec<usize>> {
        let Some((names, place)) = &self.settings.key else {
            let natural = uniques.first().cloned().unwrap_or_default();
            if natural.is_empty() && mode.needs_key() {
                let message = format!(
                    "mode `{}` needs a key, and no unique key of `{}` is in the file",
                    mode.as_str(),
                    self.table.name
                );
                self.findings.push(at(Code::SeedColumn, self.paths.data, header, message));
                return None;
            }
            return Some(natural);
        };
        let mut key = Vec::new();
        for name in names {
            match columns.iter().position(|column| column.name == *name) {
                Some(index) => key.push(index),
                None => {
                    let message = format!("the key names `{name}`, which is no column of the file");
                    self.findings.push(at(Code::SeedColumn, self.paths.side, *place, message));
                    return None;
                }
            }
        }
        let is_set =
            |set: &&Vec<usize>| set.len() == key.len() && key.iter().all(|k| set.contains(k));
        if uniques.iter().find(is_set).is_none() {
            let message =
                format!("{} is no unique key of table `{}`", words(names), self.table.name);
            let finding = at(Code::SeedColumn, self.paths.side, *place, message)
                .help("make it one in a migration: `CREATE UNIQUE INDEX …`");
            self.findings.push(finding);
            return None;
        }
        Some(key)
    }

    pub(super) fn parents(&self, columns: &[Column]) -> Vec<Parent> {
        let mut parents = Vec::new();
        for key in &self.table.foreign_keys {
            let index = |name: &String| {
                columns.iter().position(|c| c.name == *name && c.reference.is_none())
            };
            let Some(own) = key.columns.iter().map(index).collect::<Option<Vec<_>>>() else {
                continue;
            };
            if self.catalogue.table(&key.table).is_none() {
                continue;
            }
            parents.push(Parent {
                columns: own,
                own: key.table == self.table.name,
                table: key.table.clone(),
                referenced: key.referenced.clone(),
            });
        }
        for (index, column) in columns.iter().enumerate() {
            let Some(reference) = &column.reference else { continue };
            parents.push(Parent {
                columns: vec![index],
                table: reference.table.clone(),
                referenced: vec![reference.by.clone()],
                own: reference.own,
            });
        }
        parents
    }
}
