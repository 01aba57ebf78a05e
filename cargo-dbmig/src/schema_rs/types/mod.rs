//! The Diesel type of a column.

mod known;
mod mysql;
mod postgres;
mod sqlite;

use std::fmt;

use dbmig_runtime::Dialect;
use dbmig_runtime::catalogue::{Catalogue, Column, Table};

use super::Options;
use crate::error::{CliError, CliResult};

pub(super) use known::is_known;
pub(super) use postgres::{lacks_domains, parts};
pub(super) use sqlite::rowid;

/// The Diesel type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SqlType {
    /// What the database calls it, and in which schema it is, where that must be said.
    pub(super) sql: String,
    pub(super) schema: Option<String>,
    /// What Diesel, or the definition, calls it.
    pub(super) rust: String,
    pub(super) nullable: bool,
    pub(super) array: bool,
    pub(super) unsigned: bool,
    /// The longest text.
    pub(super) max_length: Option<u64>,
    /// Whether `mod sql_types` defines it.
    pub(super) custom: bool,
}

impl SqlType {
    fn new(sql: impl Into<String>, rust: impl Into<String>, nullable: bool) -> Self {
        Self {
            sql: sql.into(),
            schema: None,
            rust: rust.into(),
            nullable,
            array: false,
            unsigned: false,
            max_length: None,
            custom: false,
        }
    }

    /// A type of Diesel's own that is never NULL.
    pub(super) fn plain(rust: &str) -> Self {
        Self::new(rust, rust, false)
    }
}

/// As `table!` writes it.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing says that an element of an array is not NULL.
        let around = [
            (self.nullable, "Nullable<", ">"),
            (self.array, "Array<Nullable<", ">>"),
            (self.unsigned, "Unsigned<", ">"),
        ];
        let around = || around.iter().filter(|(there, ..)| *there);
        around().try_for_each(|(_, open, _)| f.write_str(open))?;
        f.write_str(&self.rust)?;
        around().try_for_each(|(_, _, close)| f.write_str(close))
    }
}

/// The type of a column, and what is to be said about it.
pub(super) fn of_column(
    catalogue: &Catalogue,
    table: &Table,
    column: &Column,
    options: &Options,
    warnings: &mut Vec<String>,
) -> CliResult<SqlType> {
    let ty = match catalogue.dialect {
        Dialect::Sqlite => sqlite::of_column(catalogue, table, column, options),
        Dialect::Postgres => Some(postgres::of_column(catalogue, column, options)),
        Dialect::Mysql => mysql::of_column(column),
    };
    let ty = ty.ok_or_else(|| unsupported(catalogue.dialect, table, column))?;
    if catalogue.dialect == Dialect::Postgres && ty.array {
        if let name @ ("varchar" | "citext") = ty.sql.as_str() {
            warnings.push(format!(
                "column `{}` of table `{}` is a `{name}[]`, which Diesel can not compare with a list of \
                 strings: `text[]` is what it can",
                column.name, table.name
            ));
        }
    }
    Ok(ty)
}

fn unsupported(dialect: Dialect, table: &Table, column: &Column) -> CliError {
    let types = match dialect {
        Dialect::Sqlite => "give the column a type that Diesel has, such as `TEXT` or `INTEGER`",
        Dialect::Postgres | Dialect::Mysql => "give the column a type whose name is one word",
    };
    CliError::usage(format!(
        "column `{}` of table `{}` has the type `{}`, which Diesel does not have",
        column.name, table.name, column.ty.text
    ))
    .help(types)
    .help("or leave the table out: `filter = { except_tables = [\"^…$\"] }` below `[print_schema]` in diesel.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_type() {
        for (nullable, array, unsigned, expected) in [
            (false, false, false, "T"),
            (true, false, false, "Nullable<T>"),
            (false, true, false, "Array<Nullable<T>>"),
            (true, true, false, "Nullable<Array<Nullable<T>>>"),
            (true, false, true, "Nullable<Unsigned<T>>"),
        ] {
            let ty = SqlType { array, unsigned, ..SqlType::new("t", "T", nullable) };
            assert_eq!(ty.to_string(), expected);
        }
    }
}
