//! The table of types: word, what it is on SQLite, PostgreSQL, and MySQL.
//!
//! SQLite's are those that Diesel tells apart by their name. Where a dialect has no such type, it is the one
//! that Diesel reads as the same Rust type, or nothing. MariaDB has no column of its own: what is here it
//! takes as MySQL does, and its `uuid` and `inet6` have no counterpart in Diesel.

use super::Sql::{Checked, Either, Is, No};
use super::{Args, Literal, Sql, TypeWord};

const POSTGRES_ONLY: &str = "only PostgreSQL has it";

macro_rules! types {
    ($($word:literal $(| $alias:literal)* , $args:expr, $literal:ident,
       $sqlite:expr, $postgres:expr, $mysql:expr;)*) => {
        /// Every type that has a word.
        pub(in crate::generate) const TABLE: &[TypeWord] = &[$(TypeWord {
            word: $word,
            aliases: &[$($alias),*],
            args: $args,
            literal: Literal::$literal,
            sqlite: $sqlite,
            postgres: $postgres,
            mysql: $mysql,
        }),*];
    };
}

const fn same(form: &'static str) -> Sql {
    Is(form, "")
}

const fn postgres_only() -> Sql {
    No(POSTGRES_ONLY)
}

/// What a number of digits, and of those behind the point, looks like.
const DIGITS: Args = Args::Needed("10,2");

types! {
    // Text.
    "string" | "varchar", Args::Length, Text,
        Either("TEXT", "VARCHAR({})", ""),
        Either("character varying(255)", "character varying({})", "varchar"),
        Either("varchar(255)", "varchar({})", "");
    "char", Args::Length, Text,
        Either("CHAR(1)", "CHAR({})", ""), Either("character(1)", "character({})", "bpchar"),
        Either("char(1)", "char({})", "");
    "text", Args::None, Text, same("TEXT"), same("text"), same("text");
    "mediumtext", Args::None, Text, same("TEXT"), same("text"), same("mediumtext");
    "longtext", Args::None, Text, same("TEXT"), same("text"), same("longtext");
    "citext", Args::None, Text, same("TEXT"), same("citext"), same("varchar(255)");

    // Numbers.
    "tinyint", Args::None, Number, same("SMALLINT"), Is("smallint", "int2"), same("tinyint");
    "smallint" | "int2", Args::None, Number, same("SMALLINT"), Is("smallint", "int2"), same("smallint");
    "mediumint", Args::None, Number, same("INTEGER"), Is("integer", "int4"), same("mediumint");
    "int" | "integer" | "int4", Args::None, Number, same("INTEGER"), Is("integer", "int4"), same("int");
    "bigint" | "int8", Args::None, Number, same("BIGINT"), Is("bigint", "int8"), same("bigint");
    "float" | "real", Args::None, Number, same("REAL"), Is("real", "float4"), same("float");
    "double" | "float8", Args::None, Number,
        same("DOUBLE"), Is("double precision", "float8"), same("double");
    "decimal" | "numeric" | "number", DIGITS, Number,
        same("DECIMAL({})"), Is("numeric({})", "numeric"), same("decimal({})");
    "money", Args::None, Number,
        same("DECIMAL(19,4)"), Is("numeric(19,4)", "numeric"), same("decimal(19,4)");
    "bool" | "boolean", Args::None, Bool, same("BOOLEAN"), Is("boolean", "bool"), same("tinyint(1)");

    // Time.
    "timestamp" | "datetime" | "timestamptz", Args::Length, Moment,
        same("TIMESTAMP"),
        Either("timestamp with time zone", "timestamp({}) with time zone", "timestamptz"),
        Either("datetime(6)", "datetime({})", "");
    "date" | "dateonly", Args::None, Moment, same("DATE"), same("date"), same("date");
    "time", Args::None, Moment, same("TIME"), Is("time without time zone", "time"), same("time");
    "interval", Args::None, Text, postgres_only(), same("interval"), postgres_only();

    // Bytes and documents.
    "blob" | "binary" | "bytea", Args::None, Text, same("BLOB"), same("bytea"), same("blob");
    "longblob", Args::None, Text, same("BLOB"), same("bytea"), same("longblob");
    "uuid", Args::None, Uuid, same("TEXT"), same("uuid"), same("char(36)");
    "json", Args::None, Document,
        Checked("TEXT", "json_valid({c})"), same("json"), same("json");

    "jsonb", Args::None, Document,
        Checked("TEXT", "json_valid({c})"), same("jsonb"), same("json");


    // Networks, and what only PostgreSQL has.
    "inet", Args::None, Text, same("TEXT"), same("inet"), same("varchar(45)");
    "cidr", Args::None, Text, same("TEXT"), same("cidr"), same("varchar(49)");
    "macaddr", Args::None, Text, same("TEXT"), same("macaddr"), same("char(17)");
    "tsvector", Args::None, Text, postgres_only(), same("tsvector"), postgres_only();
    "hstore", Args::None, Text, postgres_only(), same("hstore"), postgres_only();
    "int4range", Args::None, Text, postgres_only(), same("int4range"), postgres_only();
    "int8range", Args::None, Text, postgres_only(), same("int8range"), postgres_only();
    "numrange", Args::None, Text, postgres_only(), same("numrange"), postgres_only();
    "daterange", Args::None, Text, postgres_only(), same("daterange"), postgres_only();
    "tstzrange", Args::None, Text, postgres_only(), same("tstzrange"), postgres_only();
}
