//! `Class`: what a cell must look like for a column, as far as it can be told without the database.

mod forms;
mod types;

use std::borrow::Cow;

use dbmig_build::Dialect;

use self::forms::{decimal, is_date, is_date_time, is_float, is_special, is_time};
use self::types::{mysql, postgres, signed, sqlite};
use crate::catalogue::{Catalogue, Column, TypeKind};

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
    pub(super) fn read<'t>(&self, dialect: Dialect, text: &'t str) -> Result<Cow<'t, str>, String> {
        let plain = |ok: bool, expected: &str| match ok {
            true => Ok(Cow::Borrowed(text)),
            false => Err(expected.to_owned()),
        };
        match self {
            Self::Any => Ok(Cow::Borrowed(text)),
            Self::Integer(min, max) => {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err("a whole number".into());
                }
                match text.parse::<i128>() {
                    Ok(number) if !(*min..=*max).contains(&number) => {
                        Err(format!("a number from {min} to {max}"))
                    }
                    // As it would be written.
                    Ok(_) if text == "0" || !digits.starts_with('0') => Ok(Cow::Borrowed(text)),
                    Ok(number) => Ok(Cow::Owned(number.to_string())),
                    Err(_) => Err(format!("a number from {min} to {max}")),
                }
            }
            Self::Decimal(limit) => decimal(text, *limit, dialect).map(|()| Cow::Borrowed(text)),
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
                    "true" | "t" | "1" => Ok(Cow::Borrowed(yes)),
                    "false" | "f" | "0" => Ok(Cow::Borrowed(no)),
                    // A `tinyint(1)` is a number as well.
                    _ if dialect == Dialect::Mysql => signed(8).read(dialect, text),
                    _ => Err("`true` or `false`".into()),
                }
            }
            Self::Text(longest) => {
                if dialect == Dialect::Postgres && text.contains('\0') {
                    return Err("a text without NUL".into());
                }
                match longest {
                    // No text has more characters than bytes.
                    Some(longest) if text.len() as u64 > *longest => {
                        let found = text.chars().count();
                        match found as u64 > *longest {
                            true => Err(format!("at most {longest} characters, not {found}")),
                            false => Ok(Cow::Borrowed(text)),
                        }
                    }
                    _ => Ok(Cow::Borrowed(text)),
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
                    _ if digits.bytes().any(|b| b.is_ascii_lowercase()) => {
                        Ok(Cow::Owned(digits.to_ascii_uppercase()))
                    }
                    _ => Ok(Cow::Borrowed(digits)),
                }
            }
            Self::Date => plain(is_date(text) || is_special(dialect, text), "a date: `2026-11-21`"),
            Self::Time => plain(is_time(text, dialect == Dialect::Postgres), "a time: `12:30:00`"),
            Self::DateTime(zone) => {
                let zone = *zone && dialect != Dialect::Mysql;
                let ok = is_date_time(text, zone) || is_special(dialect, text);
                match plain(ok, "a date and a time: `2026-11-21 12:30:00`")? {
                    text if dialect == Dialect::Mysql && text.contains('T') => {
                        Ok(Cow::Owned(text.replacen('T', " ", 1)))
                    }
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
                match plain(ok, "a UUID")? {
                    text if text.bytes().any(|b| b.is_ascii_uppercase()) => {
                        Ok(Cow::Owned(text.to_ascii_lowercase()))
                    }
                    text => Ok(text),
                }
            }
            Self::Json => plain(super::json::is_json(text), "one value of JSON"),
            Self::OneOf(labels) => match labels.iter().any(|label| label == text) {
                true => Ok(Cow::Borrowed(text)),
                false => Err(format!("one of {}", super::words(labels))),
            },
        }
    }
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
}
