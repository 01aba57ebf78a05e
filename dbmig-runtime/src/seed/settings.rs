//! The side file of a data file, `NNN_<name>.toml`: what the data file itself can not say.
//!
//! ```toml
//! table = "roles"              # else the name of the file without its number
//! mode = "upsert"              # insert, ignore, upsert, sync, update-only, truncate
//! key = ["name"]               # by which a row is known again
//!
//! [columns.boss]               # a column of the data file
//! column = "boss_id"           # what the table calls it
//! references = "users.email"   # the cell is this column of the parent, not its key
//! default = "x"                # for cells that are NULL
//! type = "date"                # what the cells must look like, beside what the table says
//! skip = true                  # not for the table
//! expression = "lower(email)"  # computed when the row is inserted; no column of the data file
//! ```
//!
//! A part of TOML: tables, and texts, `true`, `false`, and lists of texts on one line. The runtime reads it
//! without a crate for all of TOML.

use std::collections::BTreeMap;

use super::cell::{Malformed, Place};
use super::class::Class;

/// What is done with the rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Rows are new.
    Insert,
    /// Rows that are there stay as they are.
    Ignore,
    /// Rows that are there get the values of the file.
    Upsert,
    /// The same, and rows that the file does not have are deleted.
    Sync,
    /// Rows that are there get the values of the file; no new ones.
    UpdateOnly,
    /// All rows of the table are deleted first. Never on a protected environment.
    Truncate,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 6] =
        [Self::Insert, Self::Ignore, Self::Upsert, Self::Sync, Self::UpdateOnly, Self::Truncate];

    /// The word of the side file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Ignore => "ignore",
            Self::Upsert => "upsert",
            Self::Sync => "sync",
            Self::UpdateOnly => "update-only",
            Self::Truncate => "truncate",
        }
    }

    /// Whether rows are known by a key.
    pub const fn needs_key(self) -> bool {
        !matches!(self, Self::Insert | Self::Truncate)
    }
}

/// What a side file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// The table, perhaps with its schema before a dot.
    pub(super) table: Option<(String, Place)>,
    /// The mode.
    pub(super) mode: Option<Mode>,
    /// The columns of the table by which a row is known.
    pub(super) key: Option<(Vec<String>, Place)>,
    /// What it says of columns, by the name in the data file.
    pub(super) columns: BTreeMap<String, ColumnSettings>,
}

/// What a side file says of a column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ColumnSettings {
    /// Where it begins to.
    pub(super) place: Place,
    /// The name in the table.
    pub(super) column: Option<String>,
    /// Table and column of the parent, by which it is found.
    pub(super) references: Option<(String, String)>,
    /// Instead of NULL.
    pub(super) default: Option<String>,
    /// What the cells look like.
    pub(super) class: Option<Class>,
    /// Left out.
    pub(super) skip: bool,
    /// SQL.
    pub(super) expression: Option<String>,
}

impl Settings {
    /// Reads a side file.
    ///
    /// # Errors
    ///
    /// The first line that is not understood.
    pub(super) fn parse(text: &str) -> Result<Self, Malformed> {
        let mut settings = Self::default();
        let mut column: Option<String> = None;
        for (index, whole) in text.lines().enumerate() {
            let at = |part: &str| {
                let before = whole.len() - part.len();
                (index + 1, whole.get(..before).unwrap_or_default().chars().count() + 1)
            };
            let line = whole.trim_start();
            let place = at(line);
            let wrong = |message: &str| Err(Malformed::new(place, message));
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                let inside = rest.split_once(']').filter(|(_, after)| is_over(after));
                let name = inside.and_then(|(name, _)| name.trim().strip_prefix("columns."));
                let Some(name) = name.and_then(|name| key(name.trim())) else {
                    return wrong("expected `[columns.<name>]`");
                };
                let new = ColumnSettings { place, ..ColumnSettings::default() };
                if settings.columns.insert(name.clone(), new).is_some() {
                    return wrong("this column stands twice");
                }
                column = Some(name);
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                return wrong("expected `key = value`");
            };
            let value = value.trim_start();
            let value_place = at(value);
            let value = match Value::parse(value) {
                Some(value) => value,
                None => {
                    return Err(Malformed::new(
                        value_place,
                        "expected a text in quotes, `true`, `false`, or a list of texts, on one line",
                    ));
                }
            };
            let set = match column.as_ref().and_then(|name| settings.columns.get_mut(name)) {
                Some(column) => column.set(name.trim(), value),
                None => settings.set(name.trim(), value, value_place),
            };
            set.map_err(|message| {
                let about_key = message.starts_with("there is no setting");
                Malformed::new(if about_key { place } else { value_place }, message)
            })?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: Value, place: Place) -> Result<(), String> {
        match (name, value) {
            ("table", Value::Text(text)) => self.table = Some((text, place)),
            ("mode", Value::Text(text)) => {
                self.mode = Some(one_of(&text, Mode::ALL, Mode::as_str)?);
            }
            ("key", Value::Text(text)) => self.key = Some((vec![text], place)),
            ("key", Value::List(list)) if !list.is_empty() => self.key = Some((list, place)),
            ("table" | "mode", _) => return Err("expected a text in quotes".into()),
            ("key", _) => return Err("expected the names of columns".into()),
            _ => return Err(unknown(name, "`table`, `mode`, `key`, or `[columns.<name>]`")),
        }
        Ok(())
    }
}

impl ColumnSettings {
    fn set(&mut self, name: &str, value: Value) -> Result<(), String> {
        match (name, value) {
            ("skip", Value::Bool(skip)) => self.skip = skip,
            ("skip", _) => return Err("expected `true` or `false`".into()),
            ("column", Value::Text(text)) => self.column = Some(text),
            ("default", Value::Text(text)) => self.default = Some(text),
            ("expression", Value::Text(text)) => self.expression = Some(text),
            ("type", Value::Text(text)) => {
                one_of(&text, Class::NAMES, |name| name)?;
                self.class = Class::by_name(&text);
            }
            ("references", Value::Text(text)) => {
                let parts = text.rsplit_once('.').filter(|(a, b)| !a.is_empty() && !b.is_empty());
                let (table, column) = parts.ok_or("expected `<table>.<column>`")?;
                self.references = Some((table.to_owned(), column.to_owned()));
            }
            ("column" | "default" | "expression" | "type" | "references", _) => {
                return Err("expected a text in quotes".into());
            }
            _ => {
                return Err(unknown(
                    name,
                    "`column`, `references`, `default`, `type`, `skip`, or `expression`",
                ));
            }
        }
        Ok(())
    }
}

fn unknown(name: &str, known: &str) -> String {
    format!("there is no setting `{name}`: expected {known}")
}

fn one_of<T: Copy, const N: usize>(
    text: &str,
    all: [T; N],
    word: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    all.into_iter().find(|one| word(*one) == text).ok_or_else(|| {
        let words: Vec<_> = all.into_iter().map(|one| format!("`{}`", word(one))).collect();
        format!("expected one of {}", words.join(", "))
    })
}

enum Value {
    Text(String),
    Bool(bool),
    List(Vec<String>),
}

impl Value {
    fn parse(text: &str) -> Option<Self> {
        let (value, rest) = match text.as_bytes().first()? {
            b'"' | b'\'' => quoted(text).map(|(text, rest)| (Self::Text(text), rest))?,
            b'[' => {
                let mut list = Vec::new();
                let mut rest = text[1..].trim_start();
                while !rest.starts_with(']') {
                    let (one, after) = quoted(rest)?;
                    list.push(one);
                    rest = after.trim_start();
                    match rest.strip_prefix(',') {
                        Some(after) => rest = after.trim_start(),
                        None if rest.starts_with(']') => {}
                        None => return None,
                    }
                }
                (Self::List(list), &rest[1..])
            }
            _ => match (text.strip_prefix("true"), text.strip_prefix("false")) {
                (Some(rest), _) => (Self::Bool(true), rest),
                (_, Some(rest)) => (Self::Bool(false), rest),
                _ => return None,
            },
        };
        is_over(rest).then_some(value)
    }
}

/// Nothing but a comment.
fn is_over(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with('#')
}

/// A bare or a quoted key.
fn key(text: &str) -> Option<String> {
    if text.starts_with(['"', '\'']) {
        return quoted(text).filter(|(_, rest)| rest.is_empty()).map(|(text, _)| text);
    }
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (!text.is_empty() && text.chars().all(bare)).then(|| text.to_owned())
}

/// A text in quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.split_once('\'').map(|(text, rest)| (text.to_owned(), rest));
    }
    let mut chars = text.strip_prefix('"')?.char_indices();
    let mut found = String::new();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((found, &text[at + 2..])),
            '\\' => found.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                c @ ('"' | '\\') => c,
                _ => return None,
            }),
            c => found.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it() {
        let text = "# a comment\ntable = \"a.roles\"  # more\nmode = 'update-only'\nkey = [\"name\", 'x']\n\n\
                    [columns.boss]\ncolumn = \"boss_id\"\nreferences = \"s.users.email\"\ndefault = \"\\\"x\\n\"\n\
                    [columns.\"a b\"]\nskip = true\n[columns.e]\nexpression = \"lower(name)\"\ntype = \"date\"\n";
        let settings = Settings::parse(text).unwrap();
        assert_eq!(settings.table, Some(("a.roles".into(), (2, 9))));
        assert_eq!(settings.mode, Some(Mode::UpdateOnly));
        assert_eq!(settings.key, Some((vec!["name".into(), "x".into()], (4, 7))));
        let boss = &settings.columns["boss"];
        assert_eq!(boss.column.as_deref(), Some("boss_id"));
        assert_eq!(boss.references, Some(("s.users".into(), "email".into())));
        assert_eq!(boss.default.as_deref(), Some("\"x\n"));
        assert!(settings.columns["a b"].skip);
        assert_eq!(settings.columns["e"].class, Some(Class::Date));
    }

    #[test]
    fn what_is_not_understood_has_its_place() {
        for (text, place, message) in [
            (
                "x = 1",
                (1, 5),
                "expected a text in quotes, `true`, `false`, or a list of texts, on one line",
            ),
            ("tabel = \"x\"", (1, 1), "there is no setting `tabel`"),
            ("\n  mode = \"upsrt\"", (2, 10), "expected one of `insert`, `ignore`"),
            ("key = []", (1, 7), "expected the names of columns"),
            ("[table]", (1, 1), "expected `[columns.<name>]`"),
            ("[columns.a]\n[columns.a]", (2, 1), "this column stands twice"),
            ("[columns.a]\nreferences = \"x\"", (2, 14), "expected `<table>.<column>`"),
            ("[columns.a]\nskip = \"x\"", (2, 8), "expected `true` or `false`"),
            ("table = \"x\" y", (1, 9), "expected a text in quotes"),
        ] {
            let malformed = Settings::parse(text).unwrap_err();
            assert_eq!(malformed.place, place, "{text}");
            assert!(malformed.message.starts_with(message), "{text}: {}", malformed.message);
        }
    }
}
