//! `Class`: what a cell must look like for a column, as far as it can be told without the database.

use crate::catalogue::{Catalogue, Column, TypeKind};
use dbmig_build::Dialect;

/// What a cell must look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    /// A whole number between two.
    Integer(i128, i128),
    /// A number with so many digits before and after its point.
    Decimal(Option<(usize, usize)>),
    /// A number.
    Float,
    /// `true` or `false`.
    Boolean,
    /// A text of at most so many characters.
    Text(Option<u64>),
    /// Digits of hexadecimal, two a byte, at most so many bytes; `\x` or `0x` may stand before them.
    Hex(Option<u64>),
    /// `2026-11-21`.
    Date,
    /// `12:30:00`.
    Time,
    /// `2026-11-21 12:30:00`; with a time zone where the flag says so.
    DateTime(bool),
    /// A UUID.
    Uuid,
    /// One value of JSON.
    Json,
    /// One of these.
    OneOf(Vec<String>),
    /// The database decides.
    Any,
}

impl Class {
    /// What `type` of a side file can be.
    pub(super) const NAMES: [&'static str; 11] = [
        "text", "integer", "decimal", "float", "boolean", "date", "time", "datetime", "uuid",
        "json", "hex",
    ];

    /// The class that a side file names.
    pub(super) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text(None),
            "integer" => Self::Integer(i128::from(i64::MIN), i128::from(u64::MAX)),
            "decimal" => Self::Decimal(None),
            "float" => Self::Float,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "time" => Self::Time,
            "datetime" => Self::DateTime(true),
            "uuid" => Self::Uuid,
            "json" => Self::Json,
            "hex" => Self::Hex(None),
            _ => return None,
        })
    }

    /// What a column takes.
    pub(super) fn of(catalogue: &Catalogue, column: &Column) -> Self {
        let ty = &column.ty;
        if ty.array {
            return Self::Any;
        }
        match catalogue.dialect {
            Dialect::Sqlite => sqlite(&ty.name.name.to_ascii_lowercase(), &ty.text, ty.length),
            Dialect::Mysql => mysql(&ty.name.name, &ty.text, ty.length),
            Dialect::Postgres if ty.kind == TypeKind::Enum => catalogue
                .enums
                .iter()
                .find(|one| one.name == ty.name)
                .map_or(Self::Any, |one| Self::OneOf(one.labels.clone())),
            Dialect::Postgres if ty.kind == TypeKind::Base && ty.name.schema.is_none() => {
                postgres(&ty.name.name, &ty.text, ty.length)
            }
            Dialect::Postgres => Self::Any,
        }
    }

    /// Brings a cell into the form that the database is sent, or says what it should be.
    ///
    /// # Errors
    ///
    /// What was expected: `a whole number`.
    pub(super) fn read(&self, dialect: Dialect, text: &str) -> Result<String, String> {
        let plain = |ok: bool, expected: &str| match ok {
            true => Ok(text.to_owned()),
            false => Err(expected.to_owned()),
        };
        match self {
            Self::Any => Ok(text.to_owned()),
            Self::Integer(min, max) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err("a whole number".into());
                }
                match text.parse::<i128>() {
                    Ok(number) if (*min..=*max).contains(&number) => Ok(number.to_string()),
                    _ => Err(format!("a number from {min} to {max}")),
                }
            }
            Self::Decimal(limit) => decimal(text, *limit, dialect).map(|()| text.to_owned()),
            Self::Float => {
                let special = dialect == Dialect::Postgres
                    && matches!(text, "NaN" | "Infinity" | "-Infinity");
                plain(special || is_float(text), "a number")
            }
            Self::Boolean => {
                let [yes, no] = match dialect {
                    Dialect::Postgres => ["true", "false"],
                    Dialect::Sqlite | Dialect::Mysql => ["1", "0"],
                };
                match text {
                    "true" | "t" | "1" => Ok(yes.to_owned()),
                    "false" | "f" | "0" => Ok(no.to_owned()),
                    // A `tinyint(1)` is a number as well.
                    _ if dialect == Dialect::Mysql => signed(8).read(dialect, text),
                    _ => Err("`true` or `false`".into()),
                }
            }
            Self::Text(longest) => {
                if dialect == Dialect::Postgres && text.contains('\0') {
                    return Err("a text without NUL".into());
                }
                let found = text.chars().count();
                match longest {
                    Some(longest) if found as u64 > *longest => {
                        Err(format!("at most {longest} characters, not {found}"))
                    }
                    _ => Ok(text.to_owned()),
                }
            }
            Self::Hex(longest) => {
                let digits = text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x"));
                let digits = digits.unwrap_or(text);
                if digits.len() % 2 > 0 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return Err("bytes in hexadecimal digits".into());
                }
                match longest {
                    Some(longest) if (digits.len() / 2) as u64 > *longest => {
                        Err(format!("at most {longest} bytes, not {}", digits.len() / 2))
                    }
                    _ => Ok(digits.to_ascii_uppercase()),
                }
            }
            Self::Date => plain(is_date(text) || is_special(dialect, text), "a date: `2026-11-21`"),
            Self::Time => plain(is_time(text, dialect == Dialect::Postgres), "a time: `12:30:00`"),
            Self::DateTime(zone) => {
                let zone = *zone && dialect != Dialect::Mysql;
                let ok = is_date_time(text, zone) || is_special(dialect, text);
                match plain(ok, "a date and a time: `2026-11-21 12:30:00`")? {
                    text if dialect == Dialect::Mysql => Ok(text.replacen('T', " ", 1)),
                    text => Ok(text),
                }
            }
            Self::Uuid => {
                let bytes = text.as_bytes();
                let ok = bytes.len() == 36
                    && bytes.iter().enumerate().all(|(at, byte)| match at {
                        8 | 13 | 18 | 23 => *byte == b'-',
                        _ => byte.is_ascii_hexdigit(),
                    });
                plain(ok, "a UUID").map(|text| text.to_ascii_lowercase())
            }
            Self::Json => plain(super::json::is_json(text), "one value of JSON"),
            Self::OneOf(labels) => plain(
                labels.iter().any(|label| label == text),
                &format!("one of {}", super::words(labels)),
            ),
        }
    }
}

/// The numbers in the parentheses of a type.
fn numbers(text: &str) -> Vec<usize> {
    let inside = text.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    let inside = inside.map(|(inside, _)| inside).unwrap_or_default();
    inside.split(',').filter_map(|number| number.trim().parse().ok()).collect()
}

fn digits_of(text: &str) -> Option<(usize, usize)> {
    match numbers(text)[..] {
        [precision] => Some((precision, 0)),
        [precision, scale, ..] if scale <= precision => Some((precision - scale, scale)),
        _ => None,
    }
}

const fn signed(bits: u32) -> Class {
    let most = 1_i128 << (bits - 1);
    Class::Integer(-most, most - 1)
}

fn sqlite(name: &str, text: &str, length: Option<u64>) -> Class {
    let has = |word: &str| name.contains(word);
    if has("bool") {
        Class::Boolean
    } else if has("int") {
        signed(64)
    } else if has("uuid") {
        Class::Any
    } else if has("char") || has("clob") || has("text") {
        // SQLite does not hold to a length, but Diesel's other backends and people do.
        Class::Text(length.or_else(|| numbers(text).first().map(|&n| n as u64)))
    } else if has("blob") || has("binary") {
        Class::Hex(None)
    } else if has("datetime") || has("timestamp") {
        Class::DateTime(true)
    } else if has("date") {
        Class::Date
    } else if has("time") {
        Class::Time
    } else if has("json") {
        Class::Json
    } else if has("real") || has("floa") || has("doub") {
        Class::Float
    } else if has("numeric") || has("decimal") {
        Class::Decimal(digits_of(text))
    } else {
        Class::Any
    }
}

fn mysql(name: &str, text: &str, length: Option<u64>) -> Class {
    let lower = text.to_ascii_lowercase();
    let whole = |bits: u32| match lower.contains("unsigned") {
        true => Class::Integer(0, (1 << bits) - 1),
        false => signed(bits),
    };
    match name {
        "tinyint" if lower.starts_with("tinyint(1)") => Class::Boolean,
        "tinyint" => whole(8),
        "smallint" => whole(16),
        "mediumint" => whole(24),
        "int" => whole(32),
        "bigint" => whole(64),
        "decimal" => Class::Decimal(digits_of(text)),
        "float" | "double" => Class::Float,
        "char" | "varchar" => {
            Class::Text(length.or_else(|| numbers(text).first().map(|&n| n as u64)))
        }
        "tinytext" | "text" | "mediumtext" | "longtext" => Class::Text(None),
        "binary" | "varbinary" => Class::Hex(length),
        "tinyblob" | "blob" | "mediumblob" | "longblob" => Class::Hex(None),
        "date" => Class::Date,
        "time" => Class::Time,
        "datetime" | "timestamp" => Class::DateTime(false),
        "year" => Class::Integer(1901, 2155),
        "uuid" => Class::Uuid,
        "json" => Class::Json,
        "enum" => labels(text).map_or(Class::Any, Class::OneOf),
        _ => Class::Any,
    }
}

/// The words of `enum('a','it''s')`.
fn labels(text: &str) -> Option<Vec<String>> {
    let inside = text.split_once('(')?.1.strip_suffix(')')?;
    let mut labels = Vec::new();
    let mut rest = inside.trim();
    while let Some(begun) = rest.strip_prefix('\'') {
        let mut label = String::new();
        let mut parts = begun;
        loop {
            let (part, after) = parts.split_once('\'')?;
            label.push_str(part);
            match after.strip_prefix('\'') {
                Some(more) => {
                    label.push('\'');
                    parts = more;
                }
                None => {
                    rest = after.trim_start().trim_start_matches(',').trim_start();
                    break;
                }
            }
        }
        labels.push(label);
    }
    (rest.is_empty() && !labels.is_empty()).then_some(labels)
}

fn postgres(name: &str, text: &str, length: Option<u64>) -> Class {
    match name {
        "int2" => signed(16),
        "int4" => signed(32),
        "int8" => signed(64),
        "numeric" => Class::Decimal(digits_of(text)),
        "float4" | "float8" => Class::Float,
        "bool" => Class::Boolean,
        "varchar" | "bpchar" => Class::Text(length),
        "text" => Class::Text(None),
        "bytea" => Class::Hex(None),
        "date" => Class::Date,
        "time" | "timetz" => Class::Time,
        "timestamp" | "timestamptz" => Class::DateTime(true),
        "uuid" => Class::Uuid,
        "json" | "jsonb" => Class::Json,
        _ => Class::Any,
    }
}

fn is_float(text: &str) -> bool {
    let begins =
        text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    begins && text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn decimal(text: &str, limit: Option<(usize, usize)>, dialect: Dialect) -> Result<(), String> {
    if dialect == Dialect::Postgres && text == "NaN" {
        return Ok(());
    }
    if !is_float(text) {
        return Err("a number".into());
    }
    let Some((before, after)) = limit else { return Ok(()) };
    if text.contains(['e', 'E']) {
        return Ok(());
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let whole = whole.trim_start_matches(['-', '+']).trim_start_matches('0');
    if whole.len() > before {
        return Err(format!("at most {before} digits before the point"));
    }
    // More of them would be rounded away without a word.
    if part.trim_end_matches('0').len() > after {
        return Err(format!("at most {after} digits after the point"));
    }
    Ok(())
}

fn number(text: &str, digits: usize, from: u32, to: u32) -> bool {
    text.len() == digits
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.parse::<u32>().is_ok_and(|number| (from..=to).contains(&number))
}

fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    if !number(year, 4, 0, 9999) || !number(month, 2, 1, 12) {
        return false;
    }
    let year: u32 = year.parse().unwrap_or(0);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        "02" if leap => 29,
        "02" => 28,
        "04" | "06" | "09" | "11" => 30,
        _ => 31,
    };
    number(day, 2, 1, days)
}

fn is_time(text: &str, zone: bool) -> bool {
    let end = text.find(['+', '-', 'Z']).filter(|_| zone).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let hours = parts.next().is_some_and(|hours| number(hours, 2, 0, 23));
    let minutes = parts.next().is_some_and(|minutes| number(minutes, 2, 0, 59));
    let seconds = parts.next().is_none_or(|seconds| number(seconds, 2, 0, 59));
    let fraction =
        (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    let zone = match zone.strip_prefix(['+', '-']) {
        None => zone.is_empty() || zone == "Z",
        Some(offset) => {
            let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
            number(hours, 2, 0, 15) && number(minutes, 2, 0, 59)
        }
    };
    hours && minutes && seconds && parts.next().is_none() && fraction && zone
}

fn is_date_time(text: &str, zone: bool) -> bool {
    match text.split_once(['T', ' ']) {
        Some((date, time)) => is_date(date) && is_time(time, zone),
        None => is_date(text),
    }
}

/// What PostgreSQL takes beside dates.
fn is_special(dialect: Dialect, text: &str) -> bool {
    dialect == Dialect::Postgres && matches!(text, "infinity" | "-infinity")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        use Class::{Boolean, Date, DateTime, Decimal, Float, Hex, Json, Text, Time, Uuid};
        let byte = signed(8);
        let labels = Class::OneOf(vec!["a".into(), "it's".into()]);
        for (class, good, bad) in [
            (
                &byte,
                &["1", "-128", "127", "007"][..],
                &["", "128", "-129", "1.5", "x", "+1", " 1"][..],
            ),
            (
                &Decimal(Some((3, 2))),
                &["999.99", "-1", "0001.500", "1e2"],
                &["1000", "1.005", "x", ""],
            ),
            (&Float, &["1", "-.5", "1e300"], &["1e999", "nan", "inf", "x", ""]),
            (&Boolean, &["true", "f", "1"], &["yes", "2", "TRUE", ""]),
            (&Text(Some(2)), &["", "éé"], &["abc"]),
            (&Hex(Some(2)), &["", "00ff", "\\x00FF", "0xab"], &["0", "zz", "000000"]),
            (&Date, &["2024-02-29"], &["2023-02-29", "2024-13-01", "24-01-01", "2024-1-1", "x"]),
            (&Time, &["12:30", "23:59:59.123456"], &["24:00:00", "12", "12:60", "12:30:00."]),
            (
                &DateTime(true),
                &[
                    "2024-02-29 12:30:00",
                    "2024-02-29T12:30:00Z",
                    "2024-02-29 12:30:00.5+02:00",
                    "2024-02-29",
                ],
                &["2024-02-30 12:30:00", "2024-02-29 25:00:00", "x", "2024-02-29 12:30:00+99"],
            ),
            (
                &Uuid,
                &["00112233-4455-6677-8899-aabbccddeeff"],
                &["00112233", "zz112233-4455-6677-8899-aabbccddeeff"],
            ),
            (&Json, &["{}", "1", "null"], &["{", "", "a"]),
            (&labels, &["a", "it's"], &["b", "A", ""]),
        ] {
            for text in good {
                let dialect = if *class == Time { Dialect::Sqlite } else { Dialect::Postgres };
                assert!(class.read(dialect, text).is_ok(), "{class:?} {text}");
            }
            for text in bad {
                assert!(class.read(Dialect::Sqlite, text).is_err(), "{class:?} {text}");
            }
        }
        assert_eq!(Boolean.read(Dialect::Sqlite, "true").as_deref(), Ok("1"));
        assert_eq!(
            DateTime(false).read(Dialect::Mysql, "2024-02-29T12:30:00").as_deref(),
            Ok("2024-02-29 12:30:00")
        );
        assert!(DateTime(false).read(Dialect::Mysql, "2024-02-29T12:30:00Z").is_err());
    }

    #[test]
    fn types() {
        assert_eq!(
            mysql("enum", "enum('a','it''s')", None),
            Class::OneOf(vec!["a".into(), "it's".into()])
        );
        assert_eq!(mysql("int", "int(10) unsigned", None), Class::Integer(0, 4_294_967_295));
        assert_eq!(sqlite("varchar(5)", "VARCHAR(5)", None), Class::Text(Some(5)));
        assert_eq!(postgres("numeric", "numeric(5,2)", None), Class::Decimal(Some((3, 2))));
    }
}
