//! Values that sit on boundaries, as literals of the dialect, the plainest first.

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};

use crate::catalogue::{Catalogue, Column, TypeKind};
use crate::sql::literal;

/// How long a text becomes at most: longer than what people narrow columns to.
const LONGEST: u64 = 3000;
/// So many characters at most are the same in front of some values that are not: what is unique by its first
/// ones meets a duplicate.
const PREFIX: usize = 200;

/// What a column can be given, never NULL. Empty for a type of which nothing is known.
pub(super) fn pool(catalogue: &Catalogue, column: &Column) -> Vec<String> {
    let dialect = catalogue.dialect;
    if column.ty.array {
        let mut one = column.clone();
        one.ty.array = false;
        let element = pool(catalogue, &one).into_iter().next();
        let text = column.ty.text.as_str();
        let filled = element.map(|element| format!("CAST(ARRAY[{element}] AS {text})"));
        return [format!("CAST('{{}}' AS {text})")].into_iter().chain(filled).collect();
    }
    let found = match dialect {
        Dialect::Sqlite => sqlite(&column.ty.name.name, column.ty.length),
        Dialect::Mysql => mysql(column),
        Dialect::Postgres => postgres(catalogue, column),
    };
    let mut values: Vec<String> = Vec::with_capacity(found.len());
    for value in found {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// What the conditions of a table compare with: a text that one of them wants is rarely guessed.
pub(super) fn in_conditions(catalogue: &Catalogue, conditions: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for condition in conditions {
        for token in tokens(condition, catalogue.dialect) {
            match token.kind {
                TokenKind::String => found.push(token.text.to_owned()),
                TokenKind::Number => {
                    found.push(token.text.to_owned());
                    if let Ok(number) = token.text.parse::<i64>() {
                        found.push(number.saturating_add(1).to_string());
                        found.push(number.saturating_sub(1).to_string());
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn texts(dialect: Dialect, length: Option<u64>) -> Vec<String> {
    // Of another number than others: columns of one type differ in some row.
    let longest = length.unwrap_or(LONGEST).min(LONGEST);
    let longest = usize::try_from(longest).unwrap_or(0);
    let fit = |text: &str| -> String { text.chars().take(longest).collect() };
    let all = [
        fit("abc"),
        "é".repeat(longest),
        fit("it's \"x\" 漢字"),
        String::new(),
        fit(" b "),
        fit("0"),
        fit("2024-01-01"),
        // Four bytes a character.
        fit("😀"),
    ];
    all.iter().map(|text| literal(dialect, text)).collect()
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|&word| word.to_owned()).collect()
}

fn quoted(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| format!("'{word}'")).collect()
}

/// Integers of so many bits, signed.
fn integers(bits: u32) -> Vec<String> {
    let max = (1_i128 << (bits - 1)) - 1;
    [1, max, -max - 1, 0, -1].map(|number| number.to_string()).to_vec()
}

fn decimals(text: &str) -> Vec<String> {
    // `numeric(5,2)`, `decimal(5)`: as many nines as it takes.
    let inside = text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let mut numbers = inside.map(|(inside, _)| inside).unwrap_or_default().split(',');
    let mut next = || numbers.next().and_then(|number| number.trim().parse::<usize>().ok());
    let (precision, scale) = (next(), next().unwrap_or(0));
    let Some(precision) = precision else { return words(&["1", "1234567.875", "-0.5", "0"]) };
    let mut most = "9".repeat(precision.saturating_sub(scale).min(60));
    if most.is_empty() {
        most.push('0');
    }
    if scale > 0 {
        most.push('.');
        most.push_str(&"9".repeat(scale.min(60)));
    }
    vec!["0".into(), most.clone(), format!("-{most}")]
}

fn sqlite(declared: &str, length: Option<u64>) -> Vec<String> {
    let has = |word: &str| declared.contains(word);
    if has("bool") {
        words(&["1", "0"])
    } else if has("int") {
        let bits = if has("tiny") {
            8
        } else if has("small") || has("int2") {
            16
        } else if has("big") || has("int8") {
            64
        } else {
            32
        };
        integers(bits)
    } else if has("char") || has("clob") || has("text") {
        texts(Dialect::Sqlite, length)
    } else if has("blob") || has("binary") || declared.is_empty() {
        words(&["x'61'", "x'00ff'", "x''"])
    } else if has("datetime") || has("timestamp") {
        quoted(&["2024-02-29 23:59:59.999", "1970-01-01 00:00:00", "2024-03-31 02:30:00"])
    } else if has("date") {
        quoted(&["2024-02-29", "1970-01-01", "9999-12-31"])
    } else if has("time") {
        quoted(&["12:34:56", "00:00:00", "23:59:59"])
    } else if has("json") {
        quoted(&["{}", "[1, \"é\"]", "null"])
    } else {
        words(&["0.5", "1e300", "-1.25", "0"])
    }
}

fn mysql(column: &Column) -> Vec<String> {
    let ty = &column.ty;
    let text = ty.text.to_ascii_lowercase();
    let unsigned = text.contains("unsigned");
    let whole = |bits: u32| match unsigned {
        true => vec!["1".into(), ((1_i128 << bits) - 1).to_string(), "0".into()],
        false => integers(bits),
    };
    match ty.name.name.as_str() {
        "tinyint" if text.starts_with("tinyint(1)") => words(&["1", "0"]),
        "tinyint" => whole(8),
        "smallint" => whole(16),
        "mediumint" => whole(24),
        "int" | "integer" => whole(32),
        "bigint" => whole(64),
        "decimal" | "numeric" => {
            let mut all = decimals(&text);
            if unsigned {
                all.retain(|number| !number.starts_with('-'));
            }
            all
        }
        "float" | "double" | "real" if unsigned => words(&["0.5", "1000000", "0"]),
        "float" | "double" | "real" => words(&["0.5", "1000000", "-1.25", "0"]),
        "bit" => words(&["b'1'", "b'0'"]),
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" => {
            // MariaDB keeps JSON as a text with a condition.
            let mut all = texts(Dialect::Mysql, ty.length);
            if ty.name.name == "longtext" {
                all.push("'{}'".into());
            }
            all
        }
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => {
            let longest = usize::try_from(ty.length.unwrap_or(2).min(LONGEST)).unwrap_or(0);
            let bytes = |byte: &str| format!("x'{}'", byte.repeat(longest));
            vec![bytes("61"), bytes("ff"), "x''".into()]
        }
        "enum" | "set" => {
            let inside = ty.text.find('(').map_or("", |at| &ty.text[at..]);
            let labels = tokens(inside, Dialect::Mysql).filter(|t| t.kind == TokenKind::String);
            labels.map(|token| token.text.to_owned()).collect()
        }
        "date" => quoted(&["2024-02-29", "1970-01-01", "9999-12-31"]),
        "datetime" => {
            quoted(&["2024-02-29 23:59:59", "1970-01-02 00:00:01", "9999-12-31 23:59:59"])
        }
        "timestamp" => {
            quoted(&["2024-02-29 23:59:59", "1970-01-02 00:00:01", "2038-01-18 03:14:07"])
        }
        "time" => quoted(&["12:34:56", "-838:59:59", "838:59:59"]),
        "year" => words(&["2024", "1901", "2155"]),
        "json" => quoted(&["{}", "[1, \"é\"]", "null"]),
        "inet4" => quoted(&["127.0.0.1"]),
        "inet6" => quoted(&["::1"]),
        "uuid" => quoted(&["00000000-0000-4000-8000-000000000001"]),
        "geometry" | "point" => words(&["ST_GeomFromText('POINT(0 0)')"]),
        "linestring" => words(&["ST_GeomFromText('LINESTRING(0 0, 1 1)')"]),
        "polygon" => words(&["ST_GeomFromText('POLYGON((0 0, 0 1, 1 1, 0 0))')"]),
        _ => vec![],
    }
}

fn postgres(catalogue: &Catalogue, column: &Column) -> Vec<String> {
    let ty = &column.ty;
    match ty.kind {
        TypeKind::Enum => {
            let found = catalogue.enums.iter().find(|found| found.name == ty.name);
            let labels = found.map(|found| found.labels.as_slice()).unwrap_or_default();
            return labels.iter().map(|label| literal(Dialect::Postgres, label)).collect();
        }
        TypeKind::Domain => {
            let Some(domain) = catalogue.domains.iter().find(|found| found.name == ty.name) else {
                return vec![];
            };
            let conditions: Vec<_> = domain.checks.iter().map(|c| c.expression.as_str()).collect();
            let mut base = postgres_base(base_name(&domain.base), &domain.base, None);
            base.extend(in_conditions(catalogue, &conditions));
            return base;
        }
        TypeKind::Composite => {
            let Some(found) = catalogue.composites.iter().find(|found| found.name == ty.name)
            else {
                return vec![];
            };
            let commas = ",".repeat(found.fields.len().saturating_sub(1));
            return vec![format!("'({commas})'")];
        }
        TypeKind::Range => return quoted(&["empty"]),
        TypeKind::Base => {}
    }
    postgres_base(&ty.name.name, &ty.text, ty.length)
}

/// `character varying(20)` is `varchar`.
fn base_name(text: &str) -> &str {
    let head = text.split('(').next().unwrap_or(text).trim();
    match head {
        "character varying" => "varchar",
        "character" => "bpchar",
        "smallint" => "int2",
        "integer" => "int4",
        "bigint" => "int8",
        "real" => "float4",
        "double precision" => "float8",
        "boolean" => "bool",
        "timestamp without time zone" => "timestamp",
        "timestamp with time zone" => "timestamptz",
        "time without time zone" => "time",
        other => other,
    }
}

fn postgres_base(name: &str, text: &str, length: Option<u64>) -> Vec<String> {
    match name {
        "int2" => integers(16),
        "int4" => integers(32),
        "int8" => integers(64),
        "oid" => words(&["1", "0"]),
        "numeric" => decimals(text),
        "float4" | "float8" => words(&["0.5", "1e30", "-1.25", "'NaN'", "0"]),
        "money" => quoted(&["1.00", "-1.00"]),
        "bool" => words(&["true", "false"]),
        "text" | "varchar" | "bpchar" | "citext" | "name" | "char" => {
            texts(Dialect::Postgres, if name == "char" { Some(1) } else { length })
        }
        "bytea" => quoted(&["\\x61", "\\x00ff", "\\x"]),
        "uuid" => quoted(&[
            "00000000-0000-4000-8000-000000000001",
            "ffffffff-ffff-4fff-bfff-ffffffffffff",
        ]),
        "json" | "jsonb" => quoted(&["{}", "[1, \"é\"]", "null"]),
        "timestamp" => quoted(&["2024-02-29 23:59:59.999999", "1970-01-01 00:00:00", "infinity"]),
        "timestamptz" => quoted(&["2024-03-31 02:30:00+01", "1970-01-01 00:00:00+00", "infinity"]),
        "date" => quoted(&["2024-02-29", "1970-01-01", "infinity"]),
        "time" => quoted(&["12:34:56.789", "00:00:00", "24:00:00"]),
        "timetz" => quoted(&["12:34:56+01", "00:00:00+00"]),
        "interval" => quoted(&["1 day", "1 mon -1 days 02:03:04.5", "0"]),
        "inet" => quoted(&["127.0.0.1", "::1"]),
        "cidr" => quoted(&["10.0.0.0/8", "::/0"]),
        "macaddr" => quoted(&["08:00:2b:01:02:03"]),
        "macaddr8" => quoted(&["08:00:2b:01:02:03:04:05"]),
        "bit" => {
            let count = usize::try_from(length.unwrap_or(1)).unwrap_or(1);
            vec![format!("B'{}'", "1".repeat(count)), format!("B'{}'", "0".repeat(count))]
        }
        "varbit" => words(&["B'1'", "B''"]),
        "tsvector" => quoted(&["a:1 b:2", ""]),
        "tsquery" => quoted(&["a & b"]),
        "xml" => quoted(&["<a/>"]),
        "hstore" => quoted(&["a=>1", ""]),
        "ltree" => quoted(&["a.b", ""]),
        "point" => quoted(&["(0,0)"]),
        "line" => quoted(&["{1,-1,0}"]),
        "lseg" | "box" => quoted(&["(0,0),(1,1)"]),
        "path" | "polygon" => quoted(&["((0,0),(1,1))"]),
        "circle" => quoted(&["<(0,0),1>"]),
        "pg_lsn" => quoted(&["0/0"]),
        name if name.ends_with("multirange") => quoted(&["{}"]),
        name if name.ends_with("range") => quoted(&["empty"]),
        _ => vec![],
    }
}

/// A value like `like` that no other row has. With `alike` texts are given that differ in little: two in the
/// case of a letter, others behind a long beginning that they share.
pub(super) fn distinct(
    dialect: Dialect,
    column: &Column,
    like: &str,
    number: usize,
    alike: bool,
) -> String {
    let name = column.ty.name.name.as_str();
    let text = column.ty.text.to_ascii_lowercase();
    let is = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if column.ty.array {
        return like.to_owned();
    }
    if name == "uuid" {
        return format!("'00000000-0000-4000-8000-{number:012}'");
    }
    if is(&["bool", "tinyint(1)"]) {
        return like.to_owned();
    }
    if is(&["timestamp", "datetime"]) {
        let (day, hour) = (1 + number % 28, number / 28 % 24);
        return format!("'2023-01-{day:02} {hour:02}:00:00'");
    }
    if text == "date" {
        return format!("'2023-{:02}-{:02}'", 1 + number / 28 % 12, 1 + number % 28);
    }
    if is(&["char", "text", "clob"]) && !is(&["\"char\""]) {
        let longest = usize::try_from(column.ty.length.unwrap_or(LONGEST)).unwrap_or(20);
        let text = match number % 4 {
            _ if !alike => format!("{number}-é"),
            0 => format!("{}-a é", number / 4),
            1 => format!("{}-A é", number / 4),
            2 if longest > 100 => format!("{}{number}", "p".repeat(PREFIX.min(longest - 20))),
            _ => format!("{number}-é"),
        };
        let text: String = text.chars().take(longest.max(1)).collect();
        return literal(dialect, &text);
    }
    if is(&["blob", "binary"]) {
        return format!("x'{number:04x}'");
    }
    if is(&["bytea"]) {
        return format!("'\\x{number:04x}'");
    }
    if is(&["int", "num", "dec", "real", "double", "float", "serial"])
        && !is(&["interval", "point"])
    {
        return (number + 10).to_string();
    }
    like.to_owned()
}
