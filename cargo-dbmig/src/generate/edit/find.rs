//! What an intent is about, found in the catalogue, or made up where nothing is known.

use dbmig_runtime::catalogue::{Catalogue, Column, ColumnType, Name, Table, TypeKind};

use super::{Edit, UNKNOWN};
use crate::config::{listed, nearest};
use crate::error::{CliError, CliResult};
use crate::generate::intent::Intent;

/// `schema.name`, or a name.
pub(super) fn parsed(name: &str) -> Name {
    match name.split_once('.') {
        Some((schema, name)) => Name::within(Some(schema), name),
        None => Name::new(name),
    }
}

/// Whether what an intent is about is there.
pub(in crate::generate) fn fits(intent: &Intent, catalogue: &Catalogue) -> bool {
    let has = |table: &str, columns: &[String]| {
        let Some(table) = table_of(catalogue, table) else { return false };
        columns.iter().all(|column| {
            let split: Vec<_> = column.split("_and_").collect();
            column_of(table, column).is_some()
                || split.iter().all(|column| column_of(table, column).is_some())
        })
    };
    match intent {
        Intent::DropTable { table } => has(table, &[]),
        Intent::RenameTable { from, .. } => has(from, &[]),
        Intent::DropColumns { table, columns } => has(table, columns),
        Intent::RenameColumn { table, from, .. } => has(table, std::slice::from_ref(from)),
        _ => true,
    }
}

/// Without what differs between spellings.
fn folded(name: &str) -> String {
    name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

fn table_of<'a>(catalogue: &'a Catalogue, name: &str) -> Option<&'a Table> {
    let name = parsed(name);
    catalogue.table(&name).or_else(|| {
        let mut alike = catalogue.tables.iter().filter(|table| {
            table.name.schema == name.schema && folded(&table.name.name) == folded(&name.name)
        });
        alike.next().filter(|_| alike.next().is_none())
    })
}

fn column_of<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.column(name).or_else(|| {
        let mut alike = table.columns.iter().filter(|column| folded(&column.name) == folded(name));
        alike.next().filter(|_| alike.next().is_none())
    })
}

impl Edit<'_> {
    /// The table of this name, as it is spelled.
    pub(super) fn existing(&mut self, name: &str) -> CliResult<Name> {
        if let Some(table) = table_of(&self.before, name) {
            return Ok(table.name.clone());
        }
        if !self.known {
            let table = made_up(parsed(name));
            self.before.tables.push(table.clone());
            self.after.tables.push(table);
            return Ok(parsed(name));
        }
        let names: Vec<_> = self.before.tables.iter().map(|t| t.name.to_string()).collect();
        let known = || names.iter().map(String::as_str);
        let mut error =
            CliError::usage(format!("the migrations so far make no table `{}`", parsed(name)));
        if let Some(near) = nearest(name, known()) {
            error = error.help(format!("did you mean `{near}`?"));
        }
        Err(match names.is_empty() {
            true => error.note("they make none at all"),
            false => error.note(format!("tables: {}", listed(known()))),
        })
    }

    /// A name that nothing has yet.
    pub(super) fn free_table(&self, name: &str) -> CliResult<Name> {
        let parsed = parsed(name);
        let views = self.before.views.iter().map(|view| (&view.name, "view"));
        let mut all = self.before.tables.iter().map(|t| (&t.name, "table")).chain(views);
        let same = |other: &Name| {
            other.schema == parsed.schema && other.name.eq_ignore_ascii_case(&parsed.name)
        };
        match all.find(|(other, _)| same(other)) {
            Some((other, kind)) => {
                Err(CliError::usage(format!("there is a {kind} `{other}` already"))
                    .help("see what there is: `cargo dbmig schema dump`"))
            }
            None => Ok(parsed),
        }
    }

    /// The column of this name, as it is spelled.
    pub(super) fn existing_column(&mut self, of: &Name, name: &str) -> CliResult<String> {
        let known = self.known;
        let Some(table) = self.before.table(of) else { return Ok(name.to_owned()) };
        if let Some(column) = column_of(table, name) {
            return Ok(column.name.clone());
        }
        if !known {
            for catalogue in [&mut self.before, &mut self.after] {
                let table = catalogue.tables.iter_mut().find(|table| table.name == *of);
                table.into_iter().for_each(|table| table.columns.push(unknown_column(name)));
            }
            return Ok(name.to_owned());
        }
        let columns = || table.columns.iter().map(|column| column.name.as_str());
        let mut error = CliError::usage(format!("{of} has no column `{name}`"));
        if let Some(near) = nearest(name, columns()) {
            error = error.help(format!("did you mean `{near}`?"));
        }
        Err(error.note(format!("columns: {}", listed(columns()))))
    }

    /// The table to be, to be changed.
    pub(super) fn table_mut(&mut self, name: &Name) -> CliResult<&mut Table> {
        let table = self.after.tables.iter_mut().find(|table| table.name == *name);
        table.ok_or_else(|| CliError::usage(format!("there is no table `{name}`")))
    }
}

/// A table of which nothing is known.
fn made_up(name: Name) -> Table {
    Table { columns: vec![unknown_column(UNKNOWN)], ..empty(name) }
}

/// A table that holds nothing.
pub(super) fn empty(name: Name) -> Table {
    Table {
        name,
        columns: Vec::new(),
        primary_key: None,
        uniques: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        exclusions: Vec::new(),
        indexes: Vec::new(),
        comment: None,
        options: Default::default(),
    }
}

fn unknown_column(name: &str) -> Column {
    let ty = ColumnType {
        text: UNKNOWN.to_owned(),
        name: Name::new(UNKNOWN),
        array: false,
        length: None,
        kind: TypeKind::Base,
    };
    plain_column(name, ty)
}

/// A column that takes NULL, and has nothing but a type.
pub(super) fn plain_column(name: &str, ty: ColumnType) -> Column {
    Column {
        name: name.to_owned(),
        ty,
        nullable: true,
        default: None,
        generated: None,
        identity: None,
        auto_increment: false,
        collation: None,
        comment: None,
        options: Default::default(),
    }
}
