//! `Shape`: what a data file is to the table that it is for: its columns, its key, its parents.

use dbmig_build::{Code, Dialect, Finding, Findings};

use super::cell::{Place, Row};
use super::class::Class;
use super::settings::{Mode, Settings};
use crate::catalogue::{Catalogue, Column as TableColumn, IndexKey, Name, Table};

/// What a data file is to its table.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) dialect: Dialect,
    pub(super) table: Name,
    pub(super) mode: Mode,
    /// Those of the file that go into the table.
    pub(super) columns: Vec<Column>,
    /// By which a row is known: places in `columns`. Empty where there is nothing of the kind.
    pub(super) key: Vec<usize>,
    /// Columns with the SQL that computes them.
    pub(super) expressions: Vec<(String, String)>,
    /// What must not stand twice: places in `columns`.
    pub(super) uniques: Vec<Vec<usize>>,
    pub(super) parents: Vec<Parent>,
    /// Conditions of the table that speak of columns of the file alone.
    pub(super) conditions: Vec<String>,
    /// Some column always makes its own numbers, unless it is told not to (PostgreSQL).
    pub(super) overriding: bool,
}

/// A column of the file.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its place in a row of the file.
    pub(super) cell: usize,
    /// What the table calls it.
    pub(super) name: String,
    pub(super) class: Class,
    /// What the side file asks for beside that.
    pub(super) asked: Option<Class>,
    pub(super) nullable: bool,
    pub(super) default: Option<String>,
    pub(super) reference: Option<Reference>,
    /// The type that the cell is given: of the parent's column where it is a reference.
    pub(super) ty: TypeText,
    /// What the table itself holds: another thing than the cell where it is a reference.
    pub(super) own: (Class, TypeText),
    /// Numbers come by themselves, and have to be told of those in the file.
    pub(super) counts: bool,
    /// Character set and collation (MySQL), once they are known.
    pub(super) collation: Option<(String, String)>,
}

/// A type in SQL.
#[derive(Debug, Clone)]
pub(super) struct TypeText {
    /// As a definition has it.
    pub(super) whole: String,
    /// Without a length: a cast to a length cuts without a word.
    pub(super) loose: String,
}

/// A parent that is found by another column than its key.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) table: Name,
    pub(super) by: String,
    /// What the column here holds of it.
    pub(super) key: String,
    /// The table is its own parent.
    pub(super) own: bool,
}

/// A foreign key whose columns are all in the file.
#[derive(Debug, Clone)]
pub(super) struct Parent {
    pub(super) columns: Vec<usize>,
    pub(super) table: Name,
    pub(super) referenced: Vec<String>,
    pub(super) own: bool,
}

impl Shape {
    pub(super) fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// How findings call the two files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paths<'a> {
    pub(super) data: &'a str,
    pub(super) side: &'a str,
}

/// Holds header and side file against the catalogue; `None` with at least one finding.
pub(super) fn shape(
    stem: &str,
    header: &Row<'_>,
    settings: &Settings,
    catalogue: &Catalogue,
    paths: Paths<'_>,
    findings: &mut Findings,
) -> Option<Shape> {
    let before = findings.count(dbmig_build::Severity::Error);
    let named = settings.table.as_ref().map(|(table, _)| table.as_str());
    let wanted = named.unwrap_or(stem);
    let Some(table) = find_table(catalogue, wanted) else {
        let finding = match &settings.table {
            Some((_, place)) => at(Code::SeedColumn, paths.side, *place, no_table(wanted)),
            None => Finding::new(Code::SeedColumn, paths.data, no_table(wanted))
                .help(format!("name the table in `{}`: `table = \"<table>\"`", paths.side)),
        };
        findings.push(finding);
        return None;
    };
    let mut make = Make { table, catalogue, settings, paths, findings };
    let columns = make.columns(header);
    let mode = settings.mode.unwrap_or(match make.unique_keys(&columns).is_empty() {
        true => Mode::Insert,
        false => Mode::Upsert,
    });
    let expressions = make.expressions(&columns);
    if mode != Mode::UpdateOnly {
        make.required(header, &columns, &expressions);
    }
    let uniques = make.unique_keys(&columns);
    let key = make.key(mode, &columns, &uniques, header.place)?;
    let parents = make.parents(&columns);
    let conditions = conditions(table, &columns);
    let overriding = table.columns.iter().any(|column| {
        column.identity.as_ref().is_some_and(|identity| identity.always)
            && columns.iter().any(|own| own.name == column.name)
    });
    (findings.count(dbmig_build::Severity::Error) == before).then(|| Shape {
        dialect: catalogue.dialect,
        table: table.name.clone(),
        mode,
        columns,
        key,
        expressions,
        uniques,
        parents,
        conditions,
        overriding,
    })
}

pub(super) fn at(code: Code, path: &str, (line, column): Place, message: String) -> Finding {
    Finding::new(code, path, message).at(line, column)
}

fn no_table(name: &str) -> String {
    format!("there is no table `{name}`")
}

/// `table` or `schema.table`.
pub(super) fn find_table<'c>(catalogue: &'c Catalogue, wanted: &str) -> Option<&'c Table> {
    catalogue.table(&Name::new(wanted)).or_else(|| {
        let (schema, name) = wanted.split_once('.')?;
        catalogue.table(&Name::within(Some(schema), name))
    })
}

struct Make<'a> {
    table: &'a Table,
    catalogue: &'a Catalogue,
    settings: &'a Settings,
    paths: Paths<'a>,
    findings: &'a mut Findings,
}

impl Make<'_> {
    fn columns(&mut self, header: &Row<'_>) -> Vec<Column> {
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
                finding = finding.note(format!("it has {}", super::words(&known)));
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

    fn expressions(&mut self, columns: &[Column]) -> Vec<(String, String)> {
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
    fn required(&mut self, header: &Row<'_>, columns: &[Column], expressions: &[(String, String)]) {
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
    fn unique_keys(&self, columns: &[Column]) -> Vec<Vec<usize>> {
        let index = |name: &String| columns.iter().position(|column| column.name == *name);
        unique_sets(self.table)
            .iter()
            .filter_map(|set| set.iter().map(index).collect::<Option<Vec<_>>>())
            .collect()
    }

    fn key(
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
                format!("{} is no unique key of table `{}`", super::words(names), self.table.name);
            let finding = at(Code::SeedColumn, self.paths.side, *place, message)
                .help("make it one in a migration: `CREATE UNIQUE INDEX …`");
            self.findings.push(finding);
            return None;
        }
        Some(key)
    }

    fn parents(&self, columns: &[Column]) -> Vec<Parent> {
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

/// The columns of every unique key, the primary key first.
pub(super) fn unique_sets(table: &Table) -> Vec<Vec<String>> {
    let keys = table.primary_key.iter().chain(&table.uniques);
    let mut sets: Vec<Vec<String>> = keys.map(|key| key.columns.clone()).collect();
    for index in table.indexes.iter().filter(|index| index.unique && index.predicate.is_none()) {
        let parts = index.parts.iter().map(|part| match &part.key {
            IndexKey::Column(name) if !part.options.contains_key("length") => Some(name.clone()),
            _ => None,
        });
        sets.extend(parts.collect::<Option<Vec<_>>>());
    }
    sets
}

/// Conditions that speak of no column that the file does not have.
fn conditions(table: &Table, columns: &[Column]) -> Vec<String> {
    let absent: Vec<_> = table
        .columns
        .iter()
        .filter(|column| {
            !columns.iter().any(|own| own.name == column.name && own.reference.is_none())
        })
        .map(|column| column.name.to_lowercase())
        .collect();
    let speaks_of = |expression: &str| {
        let lower = expression.to_lowercase();
        lower
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .any(|word| absent.iter().any(|name| name == word))
    };
    table
        .checks
        .iter()
        .filter(|check| !speaks_of(&check.expression))
        .map(|check| check.expression.clone())
        .collect()
}

/// The type of a column, for casts.
pub(super) fn type_text(dialect: Dialect, column: &TableColumn) -> TypeText {
    let whole = column.ty.text.clone();
    let loose = match dialect {
        Dialect::Postgres => {
            let name = &column.ty.name;
            let quoted = |text: &str| crate::sql::quoted(Dialect::Postgres, text);
            let schema = name.schema.as_deref().map(|schema| quoted(schema) + ".");
            let array = if column.ty.array { "[]" } else { "" };
            format!("{}{}{array}", schema.unwrap_or_default(), quoted(&name.name))
        }
        Dialect::Sqlite | Dialect::Mysql => whole.clone(),
    };
    TypeText { whole, loose }
}
