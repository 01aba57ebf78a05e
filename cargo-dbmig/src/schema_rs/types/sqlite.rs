//! SQLite: what Diesel makes of a declared type.

use dbmig_runtime::catalogue::{Catalogue, Column, Table};

use super::SqlType;
use crate::schema_rs::Options;

/// What a row is called that has no primary key, unless a column is called so.
const ROWID: [&str; 3] = ["rowid", "oid", "_rowid_"];

/// The name that reaches the rowid of a table; `None` where columns have taken all of them.
pub(in crate::schema_rs) fn rowid(table: &Table) -> Option<&'static str> {
    let taken =
        |name: &str| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    ROWID.into_iter().find(|name| !taken(name))
}

pub(super) fn of_column(
    catalogue: &Catalogue,
    table: &Table,
    column: &Column,
    options: &Options,
) -> Option<SqlType> {
    let declared = column.ty.text.to_lowercase();
    let mut rust = of_declared(&declared)?;
    if rust == "Integer" && options.bigint_keys && holds_rowids(catalogue, table, column, &declared)
    {
        rust = "BigInt";
    }
    let nullable = column.nullable && !is_never_null(table, &column.name, &declared);
    Some(SqlType::new(rust, rust, nullable))
}

/// Whether a column is part of a key that is never NULL, whatever was declared: that of a table without
/// rowids, and of a strict one if it is not the rowid itself.
fn is_never_null(table: &Table, column: &str, declared: &str) -> bool {
    let Some(key) = table.primary_key.as_ref() else { return false };
    let is_rowid = key.columns.len() == 1 && declared == "integer";
    let has = |option| table.options.contains_key(option);
    key.columns.iter().any(|one| one == column)
        && (has("without_rowid") || has("strict") && !is_rowid)
}

/// The first rule that fits, as Diesel has them.
fn of_declared(declared: &str) -> Option<&'static str> {
    let has = |part: &str| declared.contains(part);
    let any = |parts: &[&str]| parts.iter().any(|part| has(part));
    let rust = match declared {
        "boolean" | "bool" => "Bool",
        _ if has("tiny") && has("int") => "Bool",
        "int2" => "SmallInt",
        _ if has("small") && has("int") => "SmallInt",
        "int8" => "BigInt",
        _ if has("big") && has("int") => "BigInt",
        _ if has("int") => "Integer",
        _ if any(&["char", "clob", "text"]) => "Text",
        // Without a type SQLite keeps what it is given.
        "" | "generated always" => "Binary",
        _ if any(&["blob", "binary"]) => "Binary",
        _ if any(&["float", "real"]) => "Float",
        _ if any(&["double", "num", "dec"]) => "Double",
        "datetime" | "timestamp" => "Timestamp",
        "date" => "Date",
        "time" => "Time",
        _ => return None,
    };
    Some(rust)
}

/// Whether a column is the rowid of its table, or points to a table whose key that is.
fn holds_rowids(catalogue: &Catalogue, table: &Table, column: &Column, declared: &str) -> bool {
    if declared == "integer" && has_rowid_key(table, &column.name) {
        return true;
    }
    // A key of several columns is as many of one to SQLite, as Diesel reads it.
    let keys = table.foreign_keys.iter().filter(|key| key.columns.contains(&column.name));
    // Of several the last one counts.
    let parent = keys.map(|key| &key.table).max().and_then(|name| catalogue.table(name));
    parent.is_some_and(|parent| {
        !parent.options.contains_key("without_rowid")
            && parent.primary_key.as_ref().is_none_or(|key| key.columns.len() == 1)
    })
}

/// Whether `column` is all of the key of a table with rowids.
fn has_rowid_key(table: &Table, column: &str) -> bool {
    let key = match &table.primary_key {
        Some(key) => key.columns == [column],
        None => rowid(table) == Some(column),
    };
    key && !table.options.contains_key("without_rowid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types() {
        for (declared, expected) in [
            ("boolean", Some("Bool")),
            ("tinyint(1)", Some("Bool")),
            ("unsigned tinyint", Some("Bool")),
            ("int2", Some("SmallInt")),
            ("smallint", Some("SmallInt")),
            ("int8", Some("BigInt")),
            ("unsigned big int", Some("BigInt")),
            ("integer", Some("Integer")),
            ("mediumint", Some("Integer")),
            ("point", Some("Integer")),
            ("varchar(255)", Some("Text")),
            ("native character(70)", Some("Text")),
            ("clob", Some("Text")),
            ("blob", Some("Binary")),
            ("varbinary(16)", Some("Binary")),
            ("", Some("Binary")),
            ("generated always", Some("Binary")),
            ("float", Some("Float")),
            ("real", Some("Float")),
            ("double precision", Some("Double")),
            ("numeric(10, 2)", Some("Double")),
            ("decimal", Some("Double")),
            ("datetime", Some("Timestamp")),
            ("timestamp", Some("Timestamp")),
            ("timestamp with time zone", None),
            ("date", Some("Date")),
            ("time", Some("Time")),
            ("json", None),
            ("uuid", None),
        ] {
            assert_eq!(of_declared(declared), expected, "{declared}");
        }
    }
}
