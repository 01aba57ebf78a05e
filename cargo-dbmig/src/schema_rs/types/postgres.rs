//! PostgreSQL: types by the server's own names.

use dbmig_runtime::catalogue::{Catalogue, Column, Domain, TypeKind};
use heck::ToUpperCamelCase as _;

use super::SqlType;
use crate::schema_rs::Options;

/// Where the server's own types are.
const OWN_SCHEMA: &str = "pg_catalog";

/// The server's own types that Diesel does not have. What an extension brings is of the same kind, and in
/// a schema that definitions need not name.
const OWN: [&str; 42] = [
    "aclitem",
    "box",
    "cid",
    "circle",
    "gtsvector",
    "int2vector",
    "jsonpath",
    "line",
    "lseg",
    "name",
    "oidvector",
    "path",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_ndistinct",
    "pg_node_tree",
    "pg_snapshot",
    "point",
    "polygon",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdatabase",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "tid",
    "timetz",
    "tsquery",
    "tsvector",
    "txid_snapshot",
    "varbit",
    "xid",
    "xml",
];

pub(super) fn of_column(catalogue: &Catalogue, column: &Column, options: &Options) -> SqlType {
    let domain = Some(column).filter(|c| c.ty.kind == TypeKind::Domain && !c.ty.array);
    let domain = domain
        .and_then(|column| catalogue.domains.iter().find(|domain| domain.name == column.ty.name));
    let nullable = column.nullable && domain.is_none_or(|domain| domain.nullable);
    match domain {
        Some(domain) if is_own_type(domain, options) => {
            let mut ty = named(&domain.name.name, domain.name.schema.clone(), nullable);
            ty.max_length = Base::parse(&domain.base).length;
            ty
        }
        Some(domain) => of_base(&Base::parse(&domain.base), nullable),
        None => {
            let name = &column.ty.name;
            let schema = match &name.schema {
                None if column.ty.kind == TypeKind::Base => own_schema(&name.name),
                schema => schema.clone(),
            };
            let mut ty = named(&name.name, schema, nullable);
            ty.array = column.ty.array;
            // Bits are counted as well, which is no length of a text.
            let written = || Base::parse(&column.ty.text).length;
            ty.max_length = column.ty.length.or_else(written).filter(|_| !column.ty.array);
            ty
        }
    }
}

/// Whether columns are of domains that were not read, because they are in other schemas.
pub(in crate::schema_rs) fn lacks_domains(catalogue: &Catalogue) -> bool {
    let known = |column: &Column| catalogue.domains.iter().any(|one| one.name == column.ty.name);
    let mut columns = catalogue.tables.iter().flat_map(|table| &table.columns);
    columns.any(|column| column.ty.kind == TypeKind::Domain && !known(column))
}

fn is_own_type(domain: &Domain, options: &Options) -> bool {
    options.domains.iter().any(|pattern| pattern.fits(&domain.name.name))
}

fn named(name: &str, schema: Option<String>, nullable: bool) -> SqlType {
    SqlType { schema, ..SqlType::new(name, name.to_upper_camel_case(), nullable) }
}

fn own_schema(name: &str) -> Option<String> {
    (OWN.contains(&name) || name == "xid8" || name == "char").then(|| OWN_SCHEMA.to_owned())
}

fn of_base(base: &Base, nullable: bool) -> SqlType {
    let schema = base.schema.clone().or_else(|| own_schema(&base.name));
    let mut ty = named(&base.name, schema, nullable);
    ty.array = base.array;
    ty.max_length = base.length;
    ty
}

/// A type as a definition writes it, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Base {
    schema: Option<String>,
    /// The server's own name.
    name: String,
    array: bool,
    /// The longest text, where it says so.
    length: Option<u64>,
}

impl Base {
    fn parse(text: &str) -> Self {
        let (text, array) = match text.strip_suffix("[]") {
            Some(element) => (element, true),
            None => (text, false),
        };
        // `timestamp(3) with time zone`: the number stands in the middle.
        let (head, rest) = text.split_once('(').unwrap_or((text, ""));
        let (number, tail) = rest.split_once(')').unwrap_or((rest, ""));
        let written = format!("{head}{tail}");
        let (schema, name) = match parts(&written) {
            (Some(schema), name) => (Some(schema), name),
            (None, _) => (None, internal(&written)),
        };
        let has_length = matches!(&*name, "varchar" | "bpchar" | "bit" | "varbit");
        let length = number.parse().ok().filter(|_| has_length && !array);
        Self { schema: schema.filter(|schema| schema != OWN_SCHEMA), name, array, length }
    }
}

/// The schema and the name of what may be quoted.
pub(in crate::schema_rs) fn parts(text: &str) -> (Option<String>, String) {
    let (mut schema, mut name) = (None, String::new());
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => name.push('"'),
            '"' => quoted = !quoted,
            '.' if !quoted => schema = Some(std::mem::take(&mut name)),
            c => name.push(c),
        }
    }
    (schema, name)
}

/// The server's own name for what SQL has words for.
fn internal(written: &str) -> String {
    let name = match written {
        "bigint" => "int8",
        "bit varying" => "varbit",
        "boolean" => "bool",
        "character" => "bpchar",
        "character varying" => "varchar",
        "double precision" => "float8",
        "integer" => "int4",
        "real" => "float4",
        "smallint" => "int2",
        "time with time zone" => "timetz",
        "time without time zone" => "time",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        // `interval day to second`.
        _ if written.starts_with("interval") => "interval",
        _ => return parts(written).1,
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_types_are_taken_apart() {
        for (text, schema, name, array, length) in [
            ("integer", None, "int4", false, None),
            ("integer[]", None, "int4", true, None),
            ("character varying(50)", None, "varchar", false, Some(50)),
            ("character varying", None, "varchar", false, None),
            ("character varying(50)[]", None, "varchar", true, None),
            ("character(3)", None, "bpchar", false, Some(3)),
            ("\"char\"", None, "char", false, None),
            ("bit varying(7)", None, "varbit", false, Some(7)),
            ("numeric(10,2)", None, "numeric", false, None),
            ("timestamp(3) with time zone", None, "timestamptz", false, None),
            ("interval day to second(3)", None, "interval", false, None),
            ("text", None, "text", false, None),
            ("mood", None, "mood", false, None),
            ("\"My Type\"", None, "My Type", false, None),
            ("v2.\"a.b\"", Some("v2"), "a.b", false, None),
            ("\"a\"\"b\"", None, "a\"b", false, None),
        ] {
            let expected =
                Base { schema: schema.map(str::to_owned), name: name.to_owned(), array, length };
            assert_eq!(Base::parse(text), expected, "{text}");
        }
    }
}
