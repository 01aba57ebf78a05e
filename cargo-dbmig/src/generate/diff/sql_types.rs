//! From a type of Diesel back to one of SQL.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::change::Rename;
use dbmig_runtime::catalogue::{
    Catalogue, ColumnType, Composite, EnumType, Name, TypeKind, quoted,
};
use heck::ToUpperCamelCase as _;

use super::answers::PLACEHOLDER;
use super::{Answers, Question, Settled};
use crate::schema_rs::{canonical, inside};

/// What was settled beforehand.
pub(in crate::generate) struct Asked<'a> {
    pub(in crate::generate) answers: &'a Answers,
    pub(in crate::generate) renames: &'a [Rename],
}

/// The column that a type is wanted for.
pub(in crate::generate) struct Wanted<'a> {
    /// `users.age`.
    pub(in crate::generate) place: String,
    /// The type as it is written of databases, without `Nullable`.
    pub(in crate::generate) ty: &'a str,
    pub(in crate::generate) length: Option<u64>,
    /// SQLite: whether the column is all of the key.
    pub(in crate::generate) key: bool,
}

/// A type, and what has to be made for it.
pub(in crate::generate) struct Found {
    pub(in crate::generate) ty: ColumnType,
    pub(in crate::generate) values: Option<EnumType>,
    pub(in crate::generate) composite: Option<Composite>,
}

impl From<ColumnType> for Found {
    fn from(ty: ColumnType) -> Self {
        Self { ty, values: None, composite: None }
    }
}

/// The type of SQL. Where too little is told there is a question, and the type is none that is ever used.
pub(in crate::generate) fn sql_type(
    catalogue: &Catalogue,
    file: &Settled<'_>,
    wanted: &Wanted<'_>,
    answers: &Answers,
    questions: &mut Vec<Question>,
) -> Found {
    if let Some(text) = answers.type_of(&wanted.place) {
        return typed(catalogue, text).into();
    }
    let found = match catalogue.dialect {
        Dialect::Sqlite => sqlite(wanted, file.file.options.bigint_keys),
        Dialect::Postgres => return postgres(catalogue, file, wanted, answers, questions),
        Dialect::Mysql => mysql(wanted),
    };
    match found {
        Ok(ty) => ty.into(),
        Err((why, proposed)) => {
            questions.push(Question::Type { column: wanted.place.clone(), why, proposed });
            base("text", "text").into()
        }
    }
}

fn base(text: &str, name: &str) -> ColumnType {
    ColumnType {
        text: text.to_owned(),
        name: Name::new(name),
        array: false,
        length: None,
        kind: TypeKind::Base,
    }
}

/// A type as somebody typed it.
fn typed(catalogue: &Catalogue, text: &str) -> ColumnType {
    let (element, array) = match text.strip_suffix("[]") {
        Some(element) => (element, true),
        None => (text, false),
    };
    let plain = element.split('(').next().unwrap_or(element).trim().trim_matches('"');
    let known = catalogue.enums.iter().any(|one| one.name == Name::new(plain));
    let kind =
        if known || plain.eq_ignore_ascii_case("enum") { TypeKind::Enum } else { TypeKind::Base };
    ColumnType { array, kind, ..base(text, &plain.to_lowercase()) }
}

/// SQLite keeps what Diesel reads out of the words of a type.
fn sqlite(wanted: &Wanted<'_>, bigint_keys: bool) -> Result<ColumnType, (String, String)> {
    let text = match wanted.ty {
        "BigInt" if bigint_keys && wanted.key => "INTEGER",
        "Bool" => "BOOLEAN",
        "SmallInt" => "SMALLINT",
        "Integer" => "INTEGER",
        "BigInt" => "BIGINT",
        "Text" => "TEXT",
        "Binary" => "BLOB",
        "Float" => "REAL",
        "Double" => "DOUBLE",
        "Timestamp" => "TIMESTAMP",
        "Date" => "DATE",
        "Time" => "TIME",
        other => {
            let why = format!("`{other}` is no type that is read back from sqlite");
            return Err((why, "TEXT".to_owned()));
        }
    };
    Ok(base(text, &text.to_lowercase()))
}

fn mysql(wanted: &Wanted<'_>) -> Result<ColumnType, (String, String)> {
    let (ty, unsigned) = match inside(wanted.ty, "Unsigned") {
        Some(inner) => (inner, " unsigned"),
        None => (wanted.ty, ""),
    };
    let or = |otherwise: u64| wanted.length.unwrap_or(otherwise);
    let text = match ty {
        "Bool" => "tinyint(1)".to_owned(),
        "Tinyint" | "Smallint" | "Bigint" | "Float" | "Double" | "Tinytext" | "Text"
        | "Mediumtext" | "Longtext" | "Tinyblob" | "Blob" | "Mediumblob" | "Longblob" | "Date"
        | "Time" | "Datetime" | "Timestamp" | "Json" => ty.to_lowercase(),
        "Integer" => "int".to_owned(),
        "Varchar" => format!("varchar({})", or(255)),
        "Char" => format!("char({})", or(1)),
        "Binary" => format!("binary({})", or(1)),
        "Varbinary" => format!("varbinary({})", or(255)),
        "Bit" => format!("bit({})", or(1)),
        // Without digits behind the point it would round all that is written into it.
        "Decimal" => {
            let why = "`Numeric` does not say how many digits there are".to_owned();
            return Err((why, format!("decimal(20,6){unsigned}")));
        }
        other => {
            let proposed = match other {
                _ if other.ends_with("Enum") => format!("enum('{PLACEHOLDER}','{PLACEHOLDER}')"),
                _ if other.ends_with("Set") => format!("set('{PLACEHOLDER}','{PLACEHOLDER}')"),
                _ => other.to_lowercase(),
            };
            return Err((format!("`{other}` does not say what it holds"), proposed));
        }
    };
    let name = text.split('(').next().unwrap_or(&text).to_owned();
    Ok(base(&format!("{text}{unsigned}"), &name))
}

/// The server's own types, by what they are called in Rust: as a definition writes it, and its own name.
const POSTGRES: [(&str, &str, &str); 39] = [
    ("Bool", "boolean", "bool"),
    ("Int2", "smallint", "int2"),
    ("Int4", "integer", "int4"),
    ("Int8", "bigint", "int8"),
    ("Float4", "real", "float4"),
    ("Float8", "double precision", "float8"),
    ("Numeric", "numeric", "numeric"),
    ("Money", "money", "money"),
    ("Text", "text", "text"),
    ("Citext", "citext", "citext"),
    ("Bytea", "bytea", "bytea"),
    ("Date", "date", "date"),
    ("Time", "time without time zone", "time"),
    ("Timetz", "time with time zone", "timetz"),
    ("Timestamp", "timestamp without time zone", "timestamp"),
    ("Timestamptz", "timestamp with time zone", "timestamptz"),
    ("Interval", "interval", "interval"),
    ("Uuid", "uuid", "uuid"),
    ("Json", "json", "json"),
    ("Jsonb", "jsonb", "jsonb"),
    ("Inet", "inet", "inet"),
    ("Cidr", "cidr", "cidr"),
    ("Macaddr", "macaddr", "macaddr"),
    ("Macaddr8", "macaddr8", "macaddr8"),
    ("Oid", "oid", "oid"),
    ("PgLsn", "pg_lsn", "pg_lsn"),
    ("Tsvector", "tsvector", "tsvector"),
    ("Int4range", "int4range", "int4range"),
    ("Int8range", "int8range", "int8range"),
    ("Numrange", "numrange", "numrange"),
    ("Daterange", "daterange", "daterange"),
    ("Tsrange", "tsrange", "tsrange"),
    ("Tstzrange", "tstzrange", "tstzrange"),
    ("Int4multirange", "int4multirange", "int4multirange"),
    ("Int8multirange", "int8multirange", "int8multirange"),
    ("Nummultirange", "nummultirange", "nummultirange"),
    ("Datemultirange", "datemultirange", "datemultirange"),
    ("Tsmultirange", "tsmultirange", "tsmultirange"),
    ("Tstzmultirange", "tstzmultirange", "tstzmultirange"),
];

fn postgres(
    catalogue: &Catalogue,
    file: &Settled<'_>,
    wanted: &Wanted<'_>,
    answers: &Answers,
    questions: &mut Vec<Question>,
) -> Found {
    if let Some(element) = inside(wanted.ty, "Array") {
        let element = inside(element, "Nullable").unwrap_or(element);
        let wanted = Wanted { ty: element, place: wanted.place.clone(), ..*wanted };
        let mut found = postgres(catalogue, file, &wanted, answers, questions);
        found.ty.text.push_str("[]");
        found.ty.array = true;
        return found;
    }
    let sized = |name: &str, own: &str, otherwise: &str| {
        let length = wanted.length.map_or_else(|| otherwise.to_owned(), |n| format!("({n})"));
        Found::from(ColumnType { length: wanted.length, ..base(&format!("{name}{length}"), own) })
    };
    match wanted.ty {
        "Varchar" => return sized("character varying", "varchar", ""),
        "Bpchar" => return sized("character", "bpchar", "(1)"),
        "Bit" => return sized("bit", "bit", "(1)"),
        "Varbit" => return sized("bit varying", "varbit", ""),
        _ => {}
    }
    if let Some(fields) = record(wanted.ty) {
        return composite(catalogue, wanted, &fields, questions);
    }
    let defined = file.told.types.get(wanted.ty);
    let own = POSTGRES.iter().find(|(rust, ..)| *rust == wanted.ty);
    if let Some((_, text, name)) = own.filter(|_| defined.is_none()) {
        return base(text, name).into();
    }
    let made = made_types(catalogue);
    let name = match defined {
        Some((schema, name)) => {
            Name::within(schema.clone().filter(|schema| schema != "public"), name.clone())
        }
        // Its definition stands elsewhere.
        None => {
            let fits = |name: &&Name| name.name.to_upper_camel_case() == wanted.ty;
            match made.iter().map(|(name, _)| *name).find(fits) {
                Some(name) => name.clone(),
                None => Name::new(heck::ToSnakeCase::to_snake_case(wanted.ty)),
            }
        }
    };
    if let Some((_, kind)) = made.iter().find(|(known, _)| **known == name) {
        return named(&name, *kind).into();
    }
    if name.schema.as_deref() == Some("pg_catalog") {
        return base(&name.name, &name.name).into();
    }
    // Of an extension, most likely: then another column has it as well.
    let columns = catalogue.tables.iter().flat_map(|table| &table.columns);
    if let Some(known) = columns.map(|column| &column.ty).find(|ty| ty.name == name && !ty.array) {
        return known.clone().into();
    }
    match answers.values_of(&name.to_string()) {
        Some(labels) => {
            let values = EnumType { name: name.clone(), labels: labels.to_vec(), comment: None };
            Found { values: Some(values), ..named(&name, TypeKind::Enum).into() }
        }
        None => {
            let (name, column) = (name.to_string(), wanted.place.clone());
            questions.push(Question::Values { name, column });
            base("text", "text").into()
        }
    }
}

/// The types of the fields of `Record<(A, B)>`.
pub(super) fn record(ty: &str) -> Option<Vec<String>> {
    let inner = ty.strip_prefix("Record<(")?.strip_suffix(")>")?;
    let fields = inner.split(',').map(|one| canonical(Dialect::Postgres, one.trim()));
    Some(fields.filter(|one| !one.is_empty()).collect())
}

/// Whether a type of the database has these fields, whatever they are called.
pub(super) fn has_fields(composite: &Composite, fields: &[String]) -> bool {
    let own = composite.fields.iter().map(|(_, ty)| rust_of(ty));
    own.eq(fields.iter().map(|field| Some(field.as_str())))
}

/// What Diesel calls a type of the server's own.
fn rust_of(text: &str) -> Option<&'static str> {
    let own = POSTGRES.iter().find(|(_, written, _)| *written == text);
    own.map(|(rust, ..)| *rust).or((text == "character varying").then_some("Varchar"))
}

/// The composite type of a `Record`: the one that there is for this column, or a new one, called after it.
fn composite(
    catalogue: &Catalogue,
    wanted: &Wanted<'_>,
    fields: &[String],
    questions: &mut Vec<Question>,
) -> Found {
    let name = Name::new(wanted.place.replace('.', "_"));
    if let Some(known) = catalogue.composites.iter().find(|one| one.name == name) {
        return named(&known.name, TypeKind::Composite).into();
    }
    let written = |(at, field): (usize, &String)| {
        let text = POSTGRES.iter().find(|(rust, ..)| rust == field).map(|(_, text, _)| *text);
        let text = text.or((field == "Varchar").then_some("character varying"))?;
        Some((format!("field_{at}"), text.to_owned()))
    };
    match fields.iter().enumerate().map(written).collect::<Option<Vec<_>>>() {
        Some(fields) => {
            let made = Composite { name: name.clone(), fields, comment: None };
            Found { composite: Some(made), ..named(&name, TypeKind::Composite).into() }
        }
        None => {
            let why = format!("the fields of `{}` are not of the server's own types", wanted.ty);
            let proposed = name.name;
            questions.push(Question::Type { column: wanted.place.clone(), why, proposed });
            base("text", "text").into()
        }
    }
}

/// The types that somebody made.
fn made_types(catalogue: &Catalogue) -> Vec<(&Name, TypeKind)> {
    let enums = catalogue.enums.iter().map(|one| (&one.name, TypeKind::Enum));
    let domains = catalogue.domains.iter().map(|one| (&one.name, TypeKind::Domain));
    let composites = catalogue.composites.iter().map(|one| (&one.name, TypeKind::Composite));
    enums.chain(domains).chain(composites).collect()
}

fn named(name: &Name, kind: TypeKind) -> ColumnType {
    let mut text = quoted(Dialect::Postgres, &name.name);
    if let Some(schema) = &name.schema {
        text = format!("{}.{text}", quoted(Dialect::Postgres, schema));
    }
    ColumnType { name: name.clone(), kind, ..base(&text, &name.name) }
}
