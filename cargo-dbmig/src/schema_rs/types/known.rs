//! The types that Diesel has.

use dbmig_runtime::Dialect;

const EVERYWHERE: [&str; 32] = [
    "BigInt",
    "Bigint",
    "Binary",
    "Bit",
    "Blob",
    "Bool",
    "Char",
    "Date",
    "Decimal",
    "Double",
    "Float",
    "Float4",
    "Float8",
    "Int2",
    "Int4",
    "Int8",
    "Integer",
    "Longblob",
    "Longtext",
    "Mediumblob",
    "Mediumtext",
    "Numeric",
    "SmallInt",
    "Smallint",
    "Text",
    "Time",
    "Timestamp",
    "Tinyblob",
    "Tinytext",
    "VarChar",
    "Varbinary",
    "Varchar",
];

const POSTGRES: [&str; 34] = [
    "BigSerial",
    "Bpchar",
    "Bytea",
    "Cidr",
    "Citext",
    "Datemultirange",
    "Daterange",
    "Inet",
    "Int4multirange",
    "Int4range",
    "Int8multirange",
    "Int8range",
    "Interval",
    "Json",
    "Jsonb",
    "MacAddr",
    "MacAddr8",
    "Macaddr",
    "Macaddr8",
    "Money",
    "Nummultirange",
    "Numrange",
    "Oid",
    "PgLsn",
    "Range",
    "Record",
    "Serial",
    "SmallSerial",
    "Timestamptz",
    "Tsmultirange",
    "Tsrange",
    "Tstzmultirange",
    "Tstzrange",
    "Uuid",
];

const MYSQL: [&str; 4] = ["Datetime", "Json", "TinyInt", "Tinyint"];

/// Whether Diesel has a type of this Rust name.
pub(in crate::schema_rs) fn is_known(dialect: Dialect, rust: &str) -> bool {
    let own: &[&str] = match dialect {
        Dialect::Sqlite => &[],
        Dialect::Postgres => &POSTGRES,
        Dialect::Mysql => &MYSQL,
    };
    EVERYWHERE.contains(&rust) || own.contains(&rust)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_diesel_has() {
        for (dialect, rust, known) in [
            (Dialect::Sqlite, "Text", true),
            (Dialect::Sqlite, "Jsonb", false),
            (Dialect::Postgres, "Jsonb", true),
            (Dialect::Postgres, "Tsvector", false),
            (Dialect::Mysql, "Enum", false),
            (Dialect::Mysql, "Datetime", true),
        ] {
            assert_eq!(is_known(dialect, rust), known, "{dialect} {rust}");
        }
    }
}
