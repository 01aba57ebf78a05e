//! What comes to a table that is there: columns, constraints; and columns that change.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::Name;

use super::table::primary_key;
use super::{Edit, UNKNOWN};
use crate::error::{CliError, CliResult};
use crate::generate::column::ColumnWish;
use crate::generate::intent::Rule;
use crate::generate::names;

impl Edit<'_> {
    pub(super) fn add_columns(&mut self, table: &str, columns: &[ColumnWish]) -> CliResult<()> {
        let name = self.existing(table)?;
        for wish in columns {
            if wish.primary_key {
                return Err(CliError::usage(format!("`{}`: {name} has a key, or has rows without one", wish.typed))
                    .help("make a constraint of it once it is filled: `cargo dbmig generate constraint <table> <column> --pk`"));
            }
            let mut table = self.table_mut(&name)?.clone();
            if table.column(&wish.name).is_some() {
                return Err(CliError::usage(format!(
                    "{name} has a column `{}` already",
                    wish.name
                ))
                .help(format!(
                    "to change it: `cargo dbmig generate change-column {name} {}`",
                    wish.typed
                )));
            }
            self.add_to(&mut table, wish, true)?;
            *self.table_mut(&name)? = table;
        }
        Ok(())
    }

    pub(super) fn change_columns(&mut self, table: &str, columns: &[ColumnWish]) -> CliResult<()> {
        let name = self.existing(table)?;
        if !self.known && self.dialect() == Dialect::Sqlite {
            return Err(
                self.needs_what_is_there("SQLite changes a column by building the table anew")
            );
        }
        for wish in columns {
            if wish.unique || wish.index || wish.reference.is_some() || wish.primary_key {
                return Err(CliError::usage(format!("`{}`: a change is of the column alone", wish.typed))
                    .help("indexes and constraints have forms of their own: `cargo dbmig generate index`, `cargo dbmig generate constraint`"));
            }
            let column = self.existing_column(&name, &wish.name)?;
            let mut table = self.table_mut(&name)?.clone();
            let wish = ColumnWish { name: column.clone(), ..wish.clone() };
            // What nobody spoke of stays.
            let at = table.columns.iter().position(|one| one.name == column).unwrap_or_default();
            let old = table.columns[at].clone();
            let known = old.ty.text != UNKNOWN;
            let asked =
                ColumnWish { null: Some(wish.null.unwrap_or(old.nullable)), ..wish.clone() };
            let built = {
                // The rows have something in it: they are not asked for more.
                self.build(&table, &asked, false)?
            };
            let mut new = built.column;
            if known {
                if wish.default.is_none() {
                    new.default.clone_from(&old.default);
                }
                if wish.comment.is_none() {
                    new.comment.clone_from(&old.comment);
                }
                new.options.clone_from(&old.options);
                new.generated.clone_from(&old.generated);
                new.auto_increment = old.auto_increment;
                if new.ty.name == old.ty.name {
                    new.identity.clone_from(&old.identity);
                }
            } else {
                self.missing.push(format!("{name}.{column} becomes what it was"));
            }
            // What its type said before, it does not say any more.
            let own = names::of(&name.name, std::slice::from_ref(&column), "check");
            table.checks.retain(|check| check.label.name.as_deref() != Some(&*own));
            let old_type = old.ty.name.clone();
            table.columns[at] = new;
            for check in built.checks {
                self.add_check(&mut table, &column, &check, None);
            }
            *self.table_mut(&name)? = table;
            if let Some(ty) = built.ty {
                if self.after.enums.iter().any(|known| known.name == ty.name) {
                    return Err(CliError::usage(format!("there is a type `{}` already", ty.name))
                        .note("PostgreSQL adds values to a type, and takes none away")
                        .help(format!(
                            "write it by hand, `ALTER TYPE {} ADD VALUE '…'`: `cargo dbmig generate migration change_{}`",
                            ty.name, ty.name.name
                        )));
                }
                self.after.enums.push(ty);
            }
            self.drop_type_of(&old_type, &name, &column);
        }
        Ok(())
    }

    pub(super) fn add_constraint(
        &mut self,
        table: &str,
        name: &Option<String>,
        rule: &Rule,
    ) -> CliResult<()> {
        let of = self.existing(table)?;
        if !self.known && self.dialect() == Dialect::Sqlite && !matches!(rule, Rule::Unique(_)) {
            return Err(
                self.needs_what_is_there("SQLite adds a constraint by building the table anew")
            );
        }
        let mut found = |columns: &[String]| -> CliResult<Vec<String>> {
            columns.iter().map(|column| self.existing_column(&of, column)).collect()
        };
        match rule {
            Rule::Unique(columns) => {
                let columns = found(columns)?;
                let mut table = self.table_mut(&of)?.clone();
                self.add_unique(&mut table, &columns, name.as_ref(), true);
                *self.table_mut(&of)? = table;
            }
            Rule::PrimaryKey(columns) => {
                let columns = found(columns)?;
                let dialect = self.dialect();
                let table = self.table_mut(&of)?;
                if table.primary_key.is_some() {
                    return Err(CliError::usage(format!("{of} has a primary key already")));
                }
                for column in &mut table.columns {
                    column.nullable &= !columns.contains(&column.name);
                }
                let mut key = primary_key(&of.name, columns, dialect);
                if let Some(name) = name.as_ref().filter(|_| dialect != Dialect::Mysql) {
                    key.label = dbmig_runtime::catalogue::Label::chosen(name);
                }
                table.primary_key = Some(key);
            }
            Rule::Check(condition) => {
                let mut table = self.table_mut(&of)?.clone();
                let about = self.mentioned(&table, condition);
                self.add_check(&mut table, &about, condition, name.as_ref());
                *self.table_mut(&of)? = table;
            }
            Rule::ForeignKey { columns, to } => {
                let columns = found(columns)?;
                let mut table = self.table_mut(&of)?.clone();
                let key = self.foreign_key(&table, &columns, to, name.as_ref())?;
                table.foreign_keys.push(key);
                *self.table_mut(&of)? = table;
            }
        }
        Ok(())
    }

    /// What can only be done by one who knows what is there.
    pub(super) fn needs_what_is_there(&self, why: &str) -> CliError {
        CliError::usage(format!("{why}, and what is there is not known"))
            .help("mend the set, which does not apply to an empty database: `cargo dbmig prove`")
    }

    /// The column that a condition is about, for its name.
    fn mentioned(&self, table: &dbmig_runtime::catalogue::Table, condition: &str) -> String {
        let words = dbmig_build::sql::tokens(condition, self.dialect());
        let names: Vec<String> =
            words.map(|token| token.text.trim_matches(['"', '`']).to_owned()).collect();
        let known = |name: &&String| table.column(name).is_some();
        let word = |name: &&String| name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        names.iter().find(known).or_else(|| names.iter().find(word)).cloned().unwrap_or_default()
    }

    /// Drops the enum type that a column had for itself, once nothing is of it any more.
    pub(super) fn drop_type_of(&mut self, ty: &Name, table: &Name, column: &str) {
        let own = ty.schema == table.schema && ty.name == format!("{}_{column}", table.name);
        let mut columns = self.after.tables.iter().flat_map(|table| &table.columns);
        if own && !columns.any(|column| column.ty.name == *ty) {
            self.after.enums.retain(|known| known.name != *ty);
        }
    }
}
