//! An intent as a change of a catalogue: what is there, and what is to be there.
//!
//! Where nothing is known of the database, what the intent takes for granted is made up: a table of one
//! column that nobody sees. Whatever would need more than that is refused, or left to be completed.

mod add;
mod build;
mod drop;
mod find;
mod index;
mod overlay;
mod table;

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::change::{Rename, renamed};
use dbmig_runtime::catalogue::{Catalogue, EnumType, Name, View};

use super::intent::Intent;
use super::{Known, Options};
use crate::error::{CliError, CliResult};

pub(super) use find::fits;

/// A column that stands for all that is not known of a table.
pub(super) const UNKNOWN: &str = "\u{1}what is not known";

/// A change of a catalogue.
#[derive(Debug, Clone)]
pub(super) struct Edit<'a> {
    pub(super) before: Catalogue,
    pub(super) after: Catalogue,
    pub(super) renames: Vec<Rename>,
    /// Whether `before` is what is there, all of it.
    pub(super) known: bool,
    /// What the way back can not say, because nobody knows what was there.
    pub(super) missing: Vec<String>,
    /// What is worth knowing about it.
    pub(super) notes: Vec<String>,
    /// Whether the columns have a place of their own (MySQL).
    pub(super) placed: bool,
    pub(super) options: &'a Options,
}

/// The change that an intent is.
pub(super) fn edit<'a>(
    intent: &Intent,
    known: Known<'_>,
    options: &'a Options,
) -> CliResult<Edit<'a>> {
    let (before, known) = match known {
        Known::All(catalogue) => (catalogue.clone(), true),
        Known::Dialect(dialect) => (Catalogue::empty(dialect, format!("{dialect}-0")), false),
    };
    let mut edit = Edit {
        after: before.clone(),
        before,
        renames: Vec::new(),
        known,
        missing: Vec::new(),
        notes: Vec::new(),
        placed: false,
        options,
    };
    match intent {
        Intent::CreateTable(wish) => edit.create_table(wish)?,
        Intent::DropTable { table } => edit.drop_table(table)?,
        Intent::RenameTable { from, to } => edit.rename_table(from, to)?,
        Intent::RenameColumn { table, from, to } => edit.rename_column(table, from, to)?,
        Intent::AddColumns { table, columns } => edit.add_columns(table, columns)?,
        Intent::DropColumns { table, columns } => edit.drop_columns(table, columns)?,
        Intent::ChangeColumns { table, columns } => edit.change_columns(table, columns)?,
        Intent::AddIndex { table, index } => edit.add_index(table, index)?,
        Intent::DropIndex { table, index } => edit.drop_index(table, index)?,
        Intent::AddConstraint { table, name, rule } => edit.add_constraint(table, name, rule)?,
        Intent::DropConstraint { table, name } => edit.drop_constraint(table, name)?,
        Intent::CreateEnum { name, values } => edit.create_enum(name, values)?,
        Intent::CreateView { name, query, materialized } => {
            edit.create_view(name, query.as_deref(), *materialized)?;
        }
        Intent::CreateFunction { .. } | Intent::CreateTrigger { .. } | Intent::RevertOf { .. } => {}
    }
    Ok(edit)
}

impl<'a> Edit<'a> {
    /// One that changes nothing yet of what is there.
    pub(super) fn of(begin: &Catalogue, options: &'a Options) -> Self {
        Self {
            before: begin.clone(),
            after: begin.clone(),
            renames: Vec::new(),
            known: true,
            missing: Vec::new(),
            notes: Vec::new(),
            placed: false,
            options,
        }
    }
}

impl Edit<'_> {
    pub(super) fn dialect(&self) -> Dialect {
        self.before.dialect
    }

    fn rename_table(&mut self, from: &str, to: &str) -> CliResult<()> {
        let from = self.existing(from)?;
        let to = self.free_table(to)?;
        self.rename(Rename::Table { from, to: Name { schema: None, ..to } })
    }

    fn rename_column(&mut self, table: &str, from: &str, to: &str) -> CliResult<()> {
        let table = self.existing(table)?;
        let from = self.existing_column(&table, from)?;
        if self.after.table(&table).is_some_and(|table| table.column(to).is_some()) {
            return Err(CliError::usage(format!("{table} has a column `{to}` already")));
        }
        self.rename(Rename::Column { table, from, to: to.to_owned() })
    }

    fn rename(&mut self, rename: Rename) -> CliResult<()> {
        let rename = match rename {
            Rename::Table { from, to } => {
                let to = Name { schema: from.schema.clone(), ..to };
                Rename::Table { from, to }
            }
            column => column,
        };
        self.renames.push(rename);
        self.after = renamed(&self.before, &self.renames).map_err(|wrong| {
            let all: Vec<_> = wrong.iter().map(ToString::to_string).collect();
            CliError::usage(all.join("; "))
        })?;
        Ok(())
    }

    fn create_enum(&mut self, name: &str, values: &[String]) -> CliResult<()> {
        if self.dialect() != Dialect::Postgres {
            let dialect = self.dialect();
            return Err(CliError::usage(format!("{dialect} has no enum types of their own"))
                .help("say it with the column: `status:enum:{draft,sent}`"));
        }
        let name = find::parsed(name);
        if self.before.enums.iter().any(|known| known.name == name) {
            return Err(CliError::usage(format!("there is a type `{name}` already")));
        }
        self.after.enums.push(EnumType { name, labels: values.to_vec(), comment: None });
        Ok(())
    }

    fn create_view(
        &mut self,
        name: &str,
        query: Option<&str>,
        materialized: bool,
    ) -> CliResult<()> {
        if materialized && self.dialect() != Dialect::Postgres {
            let dialect = self.dialect();
            return Err(CliError::usage(format!("{dialect} has no materialized views")));
        }
        let name = self.free_table(name)?;
        let Some(query) = query else { return Ok(()) };
        self.after.views.push(View {
            name,
            definition: query.trim().trim_end_matches(';').to_owned(),
            columns: Vec::new(),
            materialized,
            indexes: Vec::new(),
            options: Default::default(),
            comment: None,
        });
        Ok(())
    }
}
