//! The tables that are written, with their names and types in Rust.

use dbmig_runtime::Dialect;
use dbmig_runtime::catalogue::{self, Catalogue, Name};
use heck::ToUpperCamelCase as _;

use super::name::rust_name;
use super::partitions;
use super::types::{self, SqlType};
use super::{Options, Sorting};
use crate::error::{CliError, CliResult};

/// A table as it is written.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) table: &'a catalogue::Table,
    pub(super) rust: String,
    /// The Rust names of the columns of the primary key.
    pub(super) key: Vec<String>,
    pub(super) columns: Vec<Column<'a>>,
}

/// A column as it is written.
#[derive(Debug)]
pub(super) struct Column<'a> {
    pub(super) sql: &'a str,
    pub(super) rust: String,
    pub(super) ty: SqlType,
    pub(super) comment: Option<&'a str>,
}

/// The tables that are written, in the order of their names.
pub(super) fn collect<'a>(
    catalogue: &'a Catalogue,
    options: &Options,
    warnings: &mut Vec<String>,
) -> CliResult<Vec<Table<'a>>> {
    if catalogue.dialect == Dialect::Sqlite && options.schema.is_some() {
        return Err(CliError::usage("sqlite has no schemas")
            .help("leave `schema` out: in `[print_schema]` of diesel.toml, or `--schema`"));
    }
    catalogue
        .tables
        .iter()
        .filter(|table| is_in_schema(&table.name, options.schema.as_deref()))
        .filter(|table| is_written(catalogue.dialect, table, options))
        .map(|table| read(catalogue, table, options, warnings))
        .collect()
}

/// The default schema has no name, also where it was asked for by its name.
fn is_in_schema(name: &Name, schema: Option<&str>) -> bool {
    match (name.schema.as_deref(), schema) {
        (None, _) => true,
        (own, schema) => own == schema,
    }
}

fn is_written(dialect: Dialect, table: &catalogue::Table, options: &Options) -> bool {
    let name = &table.name.name;
    let start: String = name.chars().take(6).collect();
    // What begins like this is SQLite's own, or may become so.
    let own = dialect == Dialect::Sqlite && start.eq_ignore_ascii_case("sqlite");
    // MariaDB lists them apart from tables, where Diesel does not look.
    let apart = table.options.contains_key("system_versioned");
    !own && !apart && !name.starts_with("__") && options.filter.holds(name)
}

fn read<'a>(
    catalogue: &'a Catalogue,
    table: &'a catalogue::Table,
    options: &Options,
    warnings: &mut Vec<String>,
) -> CliResult<Table<'a>> {
    let rust = rust_name(&table.name.name, None);
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let mut ty = types::of_column(catalogue, table, column, options, warnings)?;
        let name = rust_name(&column.name, Some(&rust));
        ty.custom = is_custom(catalogue.dialect, &ty, options);
        if ty.custom && catalogue.dialect == Dialect::Mysql {
            // An enum of MySQL is a type of its column alone.
            ty.rust = format!("{rust} {name} {}", ty.rust).to_upper_camel_case();
        }
        let comment = column.comment.as_deref();
        columns.push(Column { sql: &column.name, rust: name, ty, comment });
    }
    let key = primary_key(catalogue, table)?;
    if let (Dialect::Sqlite, None, [rowid]) = (catalogue.dialect, &table.primary_key, &key[..]) {
        columns.insert(0, rowid_column(rowid, options));
    }
    if options.sorting == Sorting::Name {
        sort(catalogue, &mut columns);
    }
    warn_of_equal_names(table, &columns, warnings);
    let key = key.into_iter().map(|column| rust_name(column, Some(&rust))).collect();
    Ok(Table { table, rust, key, columns })
}

fn is_custom(dialect: Dialect, ty: &SqlType, options: &Options) -> bool {
    options.define_types
        && !types::is_known(dialect, &ty.rust)
        && !options.except_types.iter().any(|pattern| pattern.fits(&ty.rust))
}

/// The columns of the primary key; the rowid where SQLite has nothing else.
pub(super) fn primary_key<'a>(
    catalogue: &'a Catalogue,
    table: &'a catalogue::Table,
) -> CliResult<Vec<&'a str>> {
    match (catalogue.dialect, partitions::primary_key(catalogue, table)) {
        // In the order of the table, as Diesel has it.
        (Dialect::Sqlite, Some(key)) => {
            let columns = table.columns.iter().map(|column| column.name.as_str());
            Some(columns.filter(|name| key.columns.iter().any(|part| part == name)).collect())
        }
        (Dialect::Sqlite, None) => types::rowid(table).map(|name| vec![name]),
        (_, key) => key.map(|key| key.columns.iter().map(String::as_str).collect()),
    }
    .ok_or_else(|| {
        let name = &table.name;
        CliError::usage(format!("table `{name}` has no primary key, and Diesel needs one"))
            .help(format!("give it one: `cargo dbmig generate add_key_to_{}`", name.name))
            .help(format!(
                "or leave it out: `filter = {{ except_tables = [\"^{}$\"] }}` below `[print_schema]` in \
                 diesel.toml",
                regex::escape(&name.name)
            ))
    })
}

/// The column that SQLite does not show.
fn rowid_column<'a>(name: &'a str, options: &Options) -> Column<'a> {
    let rust = if options.bigint_keys { "BigInt" } else { "Integer" };
    Column { sql: name, rust: name.to_owned(), ty: SqlType::plain(rust), comment: None }
}

fn sort(catalogue: &Catalogue, columns: &mut [Column<'_>]) {
    match catalogue.dialect {
        // The servers sort them, each by its own rule for names: what stands between the letters moves.
        Dialect::Mysql if catalogue.server.starts_with("mariadb") => {
            columns.sort_by_key(|column| column.sql.to_uppercase());
        }
        Dialect::Mysql => columns.sort_by_key(|column| column.sql.to_lowercase()),
        Dialect::Sqlite | Dialect::Postgres => columns.sort_by_key(|column| column.sql),
    }
}

fn warn_of_equal_names(
    table: &catalogue::Table,
    columns: &[Column<'_>],
    warnings: &mut Vec<String>,
) {
    for (index, column) in columns.iter().enumerate() {
        if let Some(first) = columns[..index].iter().find(|other| other.rust == column.rust) {
            warnings.push(format!(
                "columns `{}` and `{}` of table `{}` are both called `{}` in Rust, which does not compile: \
                 rename one of them with `patch_file`",
                first.sql, column.sql, table.name, column.rust
            ));
        }
    }
}
