//! What a `schema.rs` tells, laid over what there is: all that it can not tell stays.

mod keys;
mod programs;

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};
use dbmig_runtime::catalogue::change::Rename;
use dbmig_runtime::catalogue::{Column, Name, Schema};

use super::Edit;
use super::find::{empty, plain_column};
use super::table::{identity, primary_key};
use crate::error::{CliError, CliResult};
use crate::generate::diff::{Asked, Question, Settled, WantedType, plain_type, sql_type};
use crate::schema_rs::parse::ToldTable;

/// A table of a file: what tells of it, and what it was called before.
struct Here<'a> {
    file: &'a Settled<'a>,
    asked: &'a Asked<'a>,
    /// Its name in the file.
    key: &'a str,
    told: &'a ToldTable,
}

impl Here<'_> {
    fn name(&self) -> Name {
        self.file.name(self.key)
    }

    fn place(&self, column: &str) -> String {
        format!("{}.{column}", self.name())
    }

    /// The longest text that a column takes so far.
    fn length_before(&self, column: &str) -> Option<u64> {
        let before = before(&self.name(), self.asked.renames).to_string();
        self.file.file.written.tables.get(&before)?.lengths.get(column).copied()
    }

    /// The columns of the key, in the order of the file.
    fn primary(&self) -> Vec<String> {
        let file = self.file.file.told.tables.get(self.key);
        file.map_or_else(|| self.told.key.clone(), |table| table.key.clone())
    }
}

impl Edit<'_> {
    /// Makes of what is there what a file tells of it.
    ///
    /// # Errors
    ///
    /// It tells something that can not be.
    pub(in crate::generate) fn lay_over(
        &mut self,
        file: &Settled<'_>,
        asked: &Asked<'_>,
        questions: &mut Vec<Question>,
    ) -> CliResult<()> {
        for (key, why) in &file.passed_over {
            self.notes.push(format!("`{key}` of {} {why}, and is passed over", file.file.shown));
        }
        for key in file.written.tables.keys() {
            let name = now(&file.name(key), asked.renames);
            if !file.told.tables.keys().any(|told| file.name(told) == name) {
                self.let_go(&name, None);
                self.take_table(&name);
            }
        }
        for (key, told) in &file.told.tables {
            let here = Here { file, asked, key, told };
            let before = before(&here.name(), asked.renames).to_string();
            match file.written.tables.get(&before) {
                Some(written) => self.alter_as_told(&here, written, questions)?,
                None => self.create_as_told(&here, questions)?,
            }
        }
        self.make_schemas();
        self.let_unfit_keys_go(file);
        let joins = file.told.joins.difference(&file.written.joins);
        for (child, parent, column) in joins {
            self.join(&file.name(child), &file.name(parent), column)?;
        }
        self.tell_of_joins(file, asked);
        self.tell_of_programs();
        Ok(())
    }

    /// The schemas that new tables and types are in.
    fn make_schemas(&mut self) {
        let after = &self.after;
        let tables = after.tables.iter().map(|table| &table.name);
        let enums = after.enums.iter().map(|one| &one.name);
        let all = tables.chain(enums).filter_map(|name| name.schema.clone());
        let missing = |name: &String| !after.schemas.iter().any(|known| known.name == *name);
        let names: std::collections::BTreeSet<_> = all.filter(missing).collect();
        if self.dialect() == Dialect::Postgres {
            let made = names.into_iter().map(|name| Schema { name, comment: None });
            self.after.schemas.extend(made);
        }
    }

    fn create_as_told(&mut self, here: &Here<'_>, questions: &mut Vec<Question>) -> CliResult<()> {
        let mut table = empty(self.free_table(&here.name().to_string()).map(|_| here.name())?);
        let key = here.primary();
        for name in &here.told.order {
            let Some(ty) = here.told.columns.get(name) else { continue };
            let alone = key.len() == 1 && key[0] == *name;
            let mut column = self.column_as_told(here, (name, ty), alone, questions);
            let counts = self.counts(here, &column, alone);
            if counts {
                match self.dialect() {
                    Dialect::Postgres => column.identity = Some(identity(&table.name, &column)),
                    _ => column.auto_increment = true,
                }
            } else if alone && is_whole_number(&column) && self.dialect() != Dialect::Sqlite {
                let place = here.place(name);
                self.notes.push(format!(
                    "{place} is not numbered by the database: schema.rs does not tell; if it should be: \
                     `--auto-increment {place}`"
                ));
            }
            table.columns.push(column);
        }
        if let Some(missing) = key.iter().find(|name| table.column(name).is_none()) {
            return Err(CliError::usage(format!(
                "{}: `{missing}` is in the primary key of `{}` and no column of it",
                here.file.file.shown, here.key
            )));
        }
        table.primary_key = Some(primary_key(&table.name.name, key, self.dialect()));
        self.after.tables.push(table);
        Ok(())
    }

    /// Whether the database numbers the rows: asked for, or told by the name of the type.
    fn counts(&self, here: &Here<'_>, column: &Column, alone: bool) -> bool {
        let typed = here.file.as_typed(here.key, &column.name);
        let serial = matches!(typed, Some("Serial" | "BigSerial" | "SmallSerial"));
        let asked = here.asked.answers.counts(&here.place(&column.name));
        match self.dialect() {
            Dialect::Postgres => serial || asked,
            Dialect::Mysql => asked,
            Dialect::Sqlite => asked && alone && column.ty.text == "INTEGER",
        }
    }

    fn column_as_told(
        &mut self,
        here: &Here<'_>,
        (name, ty): (&str, &str),
        alone: bool,
        questions: &mut Vec<Question>,
    ) -> Column {
        let (ty, nullable) = plain_type(ty);
        let length = here.file.length(here.key, name);
        let wanted = WantedType { place: here.place(name), ty, length, key: alone };
        let found = sql_type(&self.after, here.file, &wanted, here.asked.answers, questions);
        if let Some(values) = found.values {
            if !self.after.enums.iter().any(|known| known.name == values.name) {
                self.after.enums.push(values);
            }
        }
        self.after.composites.extend(found.composite);
        Column { nullable, ..plain_column(name, found.ty) }
    }

    fn alter_as_told(
        &mut self,
        here: &Here<'_>,
        written: &ToldTable,
        questions: &mut Vec<Question>,
    ) -> CliResult<()> {
        let name = here.name();
        let key = here.primary();
        for old in &written.order {
            let now = column_now(&name, old, here.asked.renames);
            if here.told.columns.contains_key(&now) {
                continue;
            }
            let computed = self
                .computed_from(&name, &now)
                .filter(|other| here.told.columns.contains_key(other));
            if let Some(other) = computed {
                return Err(CliError::usage(format!(
                    "{name}.{other} is computed from {now}, which goes"
                ))
                .help(format!("leave both out of {}, or neither", here.file.file.shown)));
            }
            if self.after.table(&name).is_some_and(|table| table.column(&now).is_some()) {
                self.let_go(&name, Some(&now));
                self.take_column(&name, &now)?;
            }
        }
        for column in &here.told.order {
            let Some(ty) = here.told.columns.get(column) else { continue };
            let alone = key.len() == 1 && key[0] == *column;
            let before = column_before(&name, column, here.asked.renames);
            match written.columns.get(&before) {
                None => {
                    let mut new = self.column_as_told(here, (column, ty), alone, questions);
                    if self.counts(here, &new, alone) {
                        match self.dialect() {
                            Dialect::Postgres => new.identity = Some(identity(&name, &new)),
                            _ => new.auto_increment = true,
                        }
                    }
                    self.table_mut(&name)?.columns.push(new);
                }
                Some(was) => {
                    let other_type = plain_type(was).0 != plain_type(ty).0
                        || here.asked.answers.type_of(&here.place(column)).is_some()
                        || self.dialect() != Dialect::Sqlite
                            && here
                                .file
                                .length(here.key, column)
                                .is_some_and(|length| here.length_before(&before) != Some(length));
                    if other_type || plain_type(was).1 != plain_type(ty).1 {
                        self.change_as_told(here, (column, ty), (other_type, alone), questions)?;
                    }
                }
            }
        }
        let was: Vec<_> =
            written.key.iter().map(|old| column_now(&name, old, here.asked.renames)).collect();
        let mut wished = key.clone();
        if self.dialect() == Dialect::Sqlite {
            wished.sort();
        }
        let mut sorted = was;
        if self.dialect() == Dialect::Sqlite {
            sorted.sort();
        }
        if sorted != wished {
            self.key_as_told(here, key)?;
        }
        Ok(())
    }

    /// Another type, another length, NULL or not; what else there is of the column stays.
    fn change_as_told(
        &mut self,
        here: &Here<'_>,
        (column, ty): (&str, &str),
        (other_type, alone): (bool, bool),
        questions: &mut Vec<Question>,
    ) -> CliResult<()> {
        let name = here.name();
        if !other_type {
            let columns = &mut self.table_mut(&name)?.columns;
            let same = columns.iter_mut().find(|one| one.name == column);
            same.into_iter().for_each(|one| one.nullable = plain_type(ty).1);
            return Ok(());
        }
        let wished = self.column_as_told(here, (column, ty), alone, questions);
        let dialect = self.dialect();
        let table = self.table_mut(&name)?;
        let Some(now) = table.columns.iter_mut().find(|one| one.name == column) else {
            return Err(CliError::usage(format!(
                "{}: `{column}` of `{}` is no column that can be changed",
                here.file.file.shown, here.key
            )));
        };
        if !is_whole_number(&wished) {
            now.identity = None;
            now.auto_increment = false;
        }
        // The collation of a text stays one of a text.
        let text = dialect == Dialect::Mysql && wished.ty.text.contains("char");
        if !text && wished.ty.name != now.ty.name {
            now.collation = None;
            now.options.remove("charset");
        }
        let old = std::mem::replace(&mut now.ty, wished.ty);
        now.nullable = wished.nullable;
        self.drop_type_of(&old.name, &name, column);
        Ok(())
    }

    fn key_as_told(&mut self, here: &Here<'_>, key: Vec<String>) -> CliResult<()> {
        let (name, dialect) = (here.name(), self.dialect());
        let pointing = self.after.tables.iter().find(|other| {
            let mut keys = other.foreign_keys.iter();
            keys.any(|one| one.table == name && other.name != name)
        });
        if let Some(other) = pointing {
            return Err(CliError::usage(format!(
                "the primary key of {name} can not change while {} points to it",
                other.name
            ))
            .help(format!(
                "take the foreign key away first: `cargo dbmig generate drop-constraint {} <name>`",
                other.name
            )));
        }
        let table = self.table_mut(&name)?;
        if let Some(missing) = key.iter().find(|column| table.column(column).is_none()) {
            return Err(CliError::usage(format!(
                "{}: `{missing}` is in the primary key of `{}` and no column of it",
                here.file.file.shown, here.key
            )));
        }
        table.primary_key = Some(primary_key(&name.name, key, dialect));
        Ok(())
    }

    /// The column that is computed from another one.
    fn computed_from(&self, of: &Name, column: &str) -> Option<String> {
        let dialect = self.dialect();
        let mut columns = self.after.table(of)?.columns.iter();
        let from = |one: &&Column| {
            let made = one.generated.as_ref();
            made.is_some_and(|made| names(&made.expression, column, dialect))
        };
        columns.find(from).map(|one| one.name.clone())
    }
}

/// Whether a text names this, or may.
fn names(text: &str, name: &str, dialect: Dialect) -> bool {
    tokens(text, dialect).any(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            && token.text.trim_matches(['"', '`', '[', ']']).eq_ignore_ascii_case(name)
    })
}

fn is_whole_number(column: &Column) -> bool {
    let text = column.ty.text.to_lowercase();
    text.contains("int") && !column.ty.array && !text.contains("interval")
}

/// What may point to each other.
fn family(column: &Column) -> &str {
    let text = column.ty.text.as_str();
    match text.to_lowercase() {
        _ if is_whole_number(column) => "number",
        lower if lower.contains("char") || lower.contains("text") => "text",
        _ => text,
    }
}

/// What a table is called afterwards.
fn now(name: &Name, renames: &[Rename]) -> Name {
    let to = renames.iter().find_map(|rename| match rename {
        Rename::Table { from, to } if from == name => Some(to.clone()),
        _ => None,
    });
    to.unwrap_or_else(|| name.clone())
}

/// What a table was called.
fn before(name: &Name, renames: &[Rename]) -> Name {
    let from = renames.iter().find_map(|rename| match rename {
        Rename::Table { from, to } if to == name => Some(from.clone()),
        _ => None,
    });
    from.unwrap_or_else(|| name.clone())
}

/// What a column is called afterwards; its table by its new name.
fn column_now(of: &Name, column: &str, renames: &[Rename]) -> String {
    let to = renames.iter().find_map(|rename| match rename {
        Rename::Column { table, from, to } if table == of && from == column => Some(to.clone()),
        _ => None,
    });
    to.unwrap_or_else(|| column.to_owned())
}

/// What a column was called; its table by its new name.
fn column_before(of: &Name, column: &str, renames: &[Rename]) -> String {
    let from = renames.iter().find_map(|rename| match rename {
        Rename::Column { table, from, to } if table == of && to == column => Some(from.clone()),
        _ => None,
    });
    from.unwrap_or_else(|| column.to_owned())
}
