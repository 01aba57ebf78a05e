//! One table as `schema.rs` has it, for what goes with it.

use dbmig_runtime::catalogue::{Catalogue, Table};

use super::name::rust_name;
use super::{Options, tables};
use crate::error::{CliError, CliResult};

/// A table as `schema.rs` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedTable {
    /// Its name in Rust.
    pub rust: String,
    /// The columns of its key, as they are called in Rust.
    pub key: Vec<String>,
    /// Its columns, in the order of the table.
    pub columns: Vec<Described>,
}

/// A column as `schema.rs` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its name in Rust.
    pub rust: String,
    /// The type of SQL, without what stands around it.
    pub sql_type: String,
    /// Whether it is `Nullable`.
    pub nullable: bool,
    /// Whether it is an `Array`.
    pub array: bool,
    /// Whether it is `Unsigned`.
    pub unsigned: bool,
}

/// Describes a table.
///
/// # Errors
///
/// It has no primary key, a type that Diesel does not have, or is one that `schema.rs` leaves out.
pub fn describe(
    catalogue: &Catalogue,
    table: &Table,
    options: &Options,
) -> CliResult<DescribedTable> {
    let all = tables::collect(catalogue, options, &mut Vec::new())?;
    let found = all.iter().find(|other| other.table.name == table.name);
    let found = found.ok_or_else(|| {
        CliError::usage(format!("`{}` is a table that `schema.rs` leaves out", table.name))
    })?;
    let of = |name: &str| found.columns.iter().find(|column| column.sql == name);
    let columns = table.columns.iter().filter_map(|column| {
        let written = of(&column.name)?;
        Some(Described {
            rust: rust_name(&column.name, Some(&found.rust)),
            sql_type: written.ty.rust.clone(),
            nullable: written.ty.nullable,
            array: written.ty.array,
            unsigned: written.ty.unsigned,
        })
    });
    Ok(DescribedTable {
        rust: found.rust.clone(),
        key: found.key.clone(),
        columns: columns.collect(),
    })
}
