//! What goes: tables, columns, indexes, constraints.

use dbmig_build::sql::{TokenKind, tokens};
use dbmig_runtime::catalogue::{Index, IndexKey, Name};

use super::Edit;
use crate::error::{CliError, CliResult};
use crate::generate::intent::Which;
use crate::generate::names;

impl Edit<'_> {
    pub(super) fn drop_table(&mut self, table: &str) -> CliResult<()> {
        let name = self.existing(table)?;
        let pointing: Vec<_> = self
            .before
            .tables
            .iter()
            .filter(|other| other.name != name)
            .filter(|other| other.foreign_keys.iter().any(|key| key.table == name))
            .map(|other| other.name.to_string())
            .collect();
        if let Some(first) = pointing.first() {
            let known = self.before.tables.iter().find(|table| table.name.to_string() == *first);
            let key =
                known.and_then(|table| table.foreign_keys.iter().find(|key| key.table == name));
            let columns = key.map(|key| key.columns.join(" ")).unwrap_or_default();
            return Err(CliError::usage(format!("{} points to {name}", pointing.join(", "))).help(
                format!(
                    "take that away first: `cargo dbmig generate drop-column {first} {columns}`"
                ),
            ));
        }
        if !self.known {
            self.missing.push(format!("the table {name} comes back as it was"));
        }
        self.take_table(&name);
        Ok(())
    }

    /// Takes a table away with all that belongs to it.
    pub(super) fn take_table(&mut self, name: &Name) {
        let gone = self.after.tables.iter().position(|table| table.name == *name);
        let Some(gone) = gone.map(|at| self.after.tables.remove(at)) else { return };
        self.after.triggers.retain(|trigger| trigger.table != *name);
        self.after.others.retain(|other| other.table.as_ref() != Some(name));
        let own = |sequence: &dbmig_runtime::catalogue::Sequence| {
            sequence.owned_by.as_ref().is_some_and(|(table, _)| table == name)
        };
        self.after.sequences.retain(|sequence| !own(sequence));
        for column in &gone.columns {
            self.drop_type_of(&column.ty.name, name, &column.name);
        }
    }

    pub(super) fn drop_columns(&mut self, table: &str, columns: &[String]) -> CliResult<()> {
        let of = self.existing(table)?;
        for column in self.spelled(&of, columns)? {
            self.drop_column(&of, &column)?;
        }
        if self.table_mut(&of)?.columns.is_empty() {
            return Err(CliError::usage(format!("no column would be left of {of}"))
                .help(format!("drop the table: `cargo dbmig generate drop-table {of}`")));
        }
        Ok(())
    }

    /// The columns, where `a_and_b` may be one or two.
    fn spelled(&mut self, of: &Name, columns: &[String]) -> CliResult<Vec<String>> {
        let mut all = Vec::new();
        for column in columns {
            let two: Vec<String> = column.split("_and_").map(ToOwned::to_owned).collect();
            let known = self.before.table(of).filter(|_| self.known);
            let split = known.is_some_and(|table| {
                table.column(column).is_none() && two.iter().all(|one| table.column(one).is_some())
            });
            for one in if split { two } else { vec![column.clone()] } {
                all.push(self.existing_column(of, &one)?);
            }
        }
        Ok(all)
    }

    fn drop_column(&mut self, of: &Name, column: &str) -> CliResult<()> {
        let mut pointing = self.before.tables.iter().filter(|other| other.name != *of);
        if let Some(other) = pointing.find(|other| {
            other
                .foreign_keys
                .iter()
                .any(|key| key.table == *of && key.referenced.iter().any(|c| c == column))
        }) {
            return Err(CliError::usage(format!("{} points to {of}.{column}", other.name))
                .help("take that away first"));
        }
        let (known, dialect) = (self.known, self.dialect());
        let table = self.table_mut(of)?;
        if table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|c| c == column)) {
            return Err(CliError::usage(format!("{of}.{column} is part of the primary key")));
        }
        let mut generated = table.columns.iter().filter(|one| one.name != column);
        if let Some(other) = generated.find(|one| {
            one.generated.as_ref().is_some_and(|made| says(&made.expression, column, dialect))
        }) {
            return Err(CliError::usage(format!("{of}.{} is computed from {column}", other.name))
                .help(format!(
                    "drop both: `cargo dbmig generate drop-column {of} {} {column}`",
                    other.name
                )));
        }
        self.take_column(of, column)?;
        if !known {
            self.missing.push(format!(
                "{of}.{column} comes back as it was, with its indexes and constraints"
            ));
        }
        Ok(())
    }

    /// Takes a column away with the indexes and constraints over it.
    pub(super) fn take_column(&mut self, of: &Name, column: &str) -> CliResult<()> {
        let dialect = self.dialect();
        let table = self.table_mut(of)?;
        let names = |columns: &[String]| columns.iter().any(|name| name == column);
        let says = |text: &str| says(text, column, dialect);
        let gone =
            table.columns.iter().find(|one| one.name == column).map(|one| one.ty.name.clone());
        table.columns.retain(|one| one.name != column);
        table.uniques.retain(|key| !names(&key.columns));
        table.foreign_keys.retain(|key| !names(&key.columns));
        table.checks.retain(|check| !says(&check.expression));
        let over = |index: &Index| {
            let part = |key: &IndexKey| match key {
                IndexKey::Column(name) => name == column,
                IndexKey::Expression(text) => says(text),
            };
            index.parts.iter().any(|one| part(&one.key))
                || names(&index.include)
                || index.predicate.as_ref().is_some_and(|text| says(text))
        };
        table.indexes.retain(|index| !over(index));
        self.after.sequences.retain(|sequence| {
            sequence.owned_by.as_ref().is_none_or(|(table, name)| table != of || name != column)
        });
        if let Some(ty) = gone {
            self.drop_type_of(&ty, of, column);
        }
        Ok(())
    }

    pub(super) fn drop_index(&mut self, table: &str, which: &Which) -> CliResult<()> {
        let of = self.existing(table)?;
        if !self.known {
            let name = match which {
                Which::Named(name) => name.clone(),
                Which::Over(columns) => names::of(&of.name, columns, "idx"),
            };
            let columns = match which {
                Which::Named(_) => vec![super::UNKNOWN.to_owned()],
                Which::Over(columns) => columns.clone(),
            };
            let known = self.before.tables.iter_mut().find(|table| table.name == of);
            if let Some(table) = known {
                let mut index = super::table::column_index(table, &columns, false);
                index.label.name = Some(name.clone());
                table.indexes.push(index);
            }
            self.missing.push(format!("the index {name} comes back as it was"));
            return Ok(());
        }
        let table = self.table_mut(&of)?;
        let over = |index: &Index, columns: &[String]| {
            let parts = index.parts.iter().map(|part| match &part.key {
                IndexKey::Column(name) | IndexKey::Expression(name) => name,
            });
            parts.eq(columns)
        };
        let is = |name: Option<&String>, columns: bool| match which {
            Which::Named(wanted) => name == Some(wanted),
            Which::Over(_) => columns,
        };
        let columns: &[String] = match which {
            Which::Over(columns) => columns,
            Which::Named(_) => &[],
        };
        let found: Vec<_> = table
            .indexes
            .iter()
            .filter(|index| is(index.label.name.as_ref(), over(index, columns)))
            .map(|index| index.label.name.clone())
            .collect();
        // On MySQL a unique key is an index as well.
        let keys: Vec<_> = table
            .uniques
            .iter()
            .filter(|key| is(key.label.name.as_ref(), key.columns == columns))
            .map(|key| key.label.name.clone())
            .collect();
        match (&found[..], &keys[..]) {
            ([one], _) => table.indexes.retain(|index| index.label.name != *one),
            ([], [one]) => table.uniques.retain(|key| key.label.name != *one),
            ([], _) => {
                let there: Vec<_> =
                    table.indexes.iter().filter_map(|index| index.label.name.clone()).collect();
                return Err(CliError::usage(format!("{of} has no such index")).note(
                    match there.is_empty() {
                        true => "it has none".to_owned(),
                        false => format!("indexes: {}", there.join(", ")),
                    },
                ));
            }
            (several, _) => {
                let names: Vec<_> = several.iter().flatten().cloned().collect();
                return Err(CliError::usage(format!("{of} has several: {}", names.join(", ")))
                    .help(format!(
                        "say which: `cargo dbmig generate drop-index {of} --name {}`",
                        names[0]
                    )));
            }
        }
        Ok(())
    }

    pub(super) fn drop_constraint(&mut self, table: &str, name: &str) -> CliResult<()> {
        let of = self.existing(table)?;
        if !self.known {
            return Err(
                self.needs_what_is_there("what a constraint says has to be known to drop it")
            );
        }
        let table = self.table_mut(&of)?;
        let mut there = Vec::new();
        let mut found = false;
        macro_rules! take {
            ($list:expr) => {
                there.extend($list.iter().filter_map(|one| one.label.name.clone()));
                let count = $list.len();
                $list.retain(|one| one.label.name.as_deref() != Some(name));
                found |= $list.len() != count;
            };
        }
        take!(table.uniques);
        take!(table.checks);
        take!(table.foreign_keys);
        take!(table.exclusions);
        if table.primary_key.as_ref().is_some_and(|key| key.label.name.as_deref() == Some(name)) {
            table.primary_key = None;
            found = true;
        }
        if found {
            return Ok(());
        }
        let mut error = CliError::usage(format!("{of} has no constraint `{name}`"));
        if let Some(near) = crate::config::nearest(name, there.iter().map(String::as_str)) {
            error = error.help(format!("did you mean `{near}`?"));
        }
        Err(error.note(match there.is_empty() {
            true => "it has none with a name".to_owned(),
            false => format!("constraints: {}", there.join(", ")),
        }))
    }
}

/// Whether an expression names a column, or may.
fn says(text: &str, column: &str, dialect: dbmig_build::Dialect) -> bool {
    tokens(text, dialect).any(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            && token.text.trim_matches(['"', '`', '[', ']']) == column
    })
}
