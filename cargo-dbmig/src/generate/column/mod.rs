//! What a column is to be: `name:type(args)[:modifier…]`, read and checked; knows nothing of a dialect.

mod modifier;
mod split;

use dbmig_runtime::catalogue::Action;

use super::types::{self, Args, TypeWord};
use super::words::{plural, snake};
use crate::config::{listed, nearest};
use crate::error::{CliError, CliResult};

pub(super) use modifier::action;

/// A column as somebody asked for it.
#[derive(Debug, Clone)]
pub(super) struct ColumnWish {
    /// Its name.
    pub(super) name: String,
    /// What it holds.
    pub(super) ty: TypeWish,
    /// Whether it takes NULL, where somebody said so.
    pub(super) null: Option<bool>,
    pub(super) unique: bool,
    pub(super) index: bool,
    pub(super) primary_key: bool,
    pub(super) unsigned: bool,
    pub(super) default: Option<String>,
    pub(super) reference: Option<Reference>,
    pub(super) check: Option<String>,
    pub(super) comment: Option<String>,
    /// The column that it stands behind (MySQL).
    pub(super) after: Option<String>,
    /// As it was typed.
    pub(super) typed: String,
}

/// What a column holds.
#[derive(Debug, Clone)]
pub(super) enum TypeWish {
    /// A word of the table, what stands in its parentheses, and whether it is an array of it.
    Word { word: &'static TypeWord, args: String, array: bool },
    /// One of these values.
    Enum(Vec<String>),
    /// A type of PostgreSQL by its own name: `pg:…`.
    Own { text: String, array: bool },
    /// Whatever the key is that it points to.
    OfKey,
}

/// What a column points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) table: String,
    /// Its key, where none was named.
    pub(super) column: Option<String>,
    pub(super) on_delete: Action,
    pub(super) on_update: Action,
}

/// Reads the columns of a command line: one a word, or several with commas between (Sequelize's form).
///
/// # Errors
///
/// A word that is no column, a type or a modifier that nobody knows, two columns of one name.
pub(super) fn columns(words: &[String]) -> CliResult<Vec<ColumnWish>> {
    let mut all: Vec<ColumnWish> = Vec::new();
    for word in words {
        for item in split::at(word, ',').into_iter().filter(|item| !item.trim().is_empty()) {
            let column = column(item.trim())?;
            if all.iter().any(|other| other.name == column.name) {
                return Err(CliError::usage(format!("two columns are called `{}`", column.name)));
            }
            all.push(column);
        }
    }
    Ok(all)
}

/// Reads one column.
pub(super) fn column(text: &str) -> CliResult<ColumnWish> {
    let wrong = |what: String| CliError::usage(format!("`{text}`: {what}"));
    if let Some(open) = split::unclosed(text) {
        return Err(wrong(format!("`{open}` is not closed")).help("put the word in single quotes"));
    }
    let mut parts = split::at(text, ':').into_iter();
    let name = checked_name(parts.next().unwrap_or_default().trim()).map_err(wrong)?;
    let mut parts = parts.map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    if parts.is_empty() {
        return Err(wrong("a column needs a type".to_owned())
            .help(format!("say what it holds, such as `{name}:string`"))
            .note(format!("types: {}", type_list())));
    }
    let mut wish = ColumnWish {
        ty: TypeWish::OfKey,
        null: None,
        unique: false,
        index: false,
        primary_key: false,
        unsigned: false,
        default: None,
        reference: None,
        check: None,
        comment: None,
        after: None,
        typed: text.to_owned(),
        name,
    };
    let used = read_type(&mut wish, &parts).map_err(|error| match error {
        TypeError::Said(what) => wrong(what),
        TypeError::Unknown(word) => unknown_type(text, &word),
    })?;
    parts.drain(..used);
    modifier::read(&mut wish, &parts)?;
    Ok(wish)
}

enum TypeError {
    Said(String),
    Unknown(String),
}

/// Reads the type; how many parts it takes.
fn read_type(wish: &mut ColumnWish, parts: &[&str]) -> Result<usize, TypeError> {
    let (word, args) = with_parentheses(parts[0]);
    let said = |what: String| Err(TypeError::Said(what));
    match word.to_ascii_lowercase().as_str() {
        "references" | "reference" | "belongs_to" => {
            let one = wish.name.strip_suffix("_id").unwrap_or(&wish.name).to_owned();
            wish.name = format!("{one}_id");
            let reference = match args {
                Some(target) => Reference::parse(target).map_err(TypeError::Said)?,
                None => Reference::to(plural(&one)),
            };
            wish.index = true;
            wish.reference = Some(reference);
            Ok(1)
        }
        "enum" => {
            let (values, used) = match (args, parts.get(1)) {
                (Some(values), _) => (values, 1),
                (None, Some(next)) if next.starts_with('{') || next.starts_with('[') => {
                    (&next[1..next.len() - 1], 2)
                }
                _ => {
                    return said(
                        "an enum needs its values, such as `enum:{draft,sent}`".to_owned(),
                    );
                }
            };
            wish.ty = TypeWish::Enum(values_of(values).map_err(TypeError::Said)?);
            Ok(used)
        }
        "array" => {
            let Some(element) = args.or(parts.get(1).copied()) else {
                return said(
                    "an array needs the type of its elements, such as `array:string`".into(),
                );
            };
            let used = if args.is_some() { 1 } else { 2 };
            let (word, args) = with_parentheses(element);
            if word.eq_ignore_ascii_case("pg") {
                let Some(own) = parts.get(used) else {
                    return said("`pg` needs the name of a type, such as `pg:point`".to_owned());
                };
                wish.ty = TypeWish::Own { text: (*own).to_owned(), array: true };
                return Ok(used + 1);
            }
            wish.ty = of_word(word, args, true)?;
            Ok(used)
        }
        "pg" => {
            let Some(own) = parts.get(1) else {
                return said("`pg` needs the name of a type, such as `pg:point`".to_owned());
            };
            let (text, array) = match own.strip_suffix("[]") {
                Some(element) => (element, true),
                None => (*own, false),
            };
            wish.ty = TypeWish::Own { text: text.to_owned(), array };
            Ok(2)
        }
        _ => {
            let (word, array) = match word.strip_suffix("[]") {
                Some(element) => (element, true),
                None => (word, false),
            };
            wish.ty = of_word(word, args, array)?;
            Ok(1)
        }
    }
}

fn of_word(word: &str, args: Option<&str>, array: bool) -> Result<TypeWish, TypeError> {
    let row = TypeWord::find(word).ok_or_else(|| TypeError::Unknown(word.to_owned()))?;
    let args: String = args.unwrap_or_default().split_whitespace().collect();
    let numbers = || args.split(',').all(|one| one.parse::<u32>().is_ok());
    let said = match row.args {
        Args::None if !args.is_empty() => Some(format!("`{}` takes no length", row.word)),
        Args::Length if !args.is_empty() && args.parse::<u32>().is_err() => {
            Some(format!("`{}({args})`: a length is a number", row.word))
        }
        Args::Needed(example) if args.is_empty() => {
            Some(format!("`{0}` needs its digits, such as `{0}({example})`", row.word))
        }
        Args::Needed(example) if !numbers() || args.split(',').count() > 2 => {
            Some(format!("`{0}({args})`: write it as `{0}({example})`", row.word))
        }
        _ => None,
    };
    match said {
        Some(said) => Err(TypeError::Said(said)),
        None => Ok(TypeWish::Word { word: row, args, array }),
    }
}

/// `word(inside)`, also `word[]`.
fn with_parentheses(part: &str) -> (&str, Option<&str>) {
    match part.split_once('(').map(|(word, rest)| (word, rest.rsplit_once(')'))) {
        Some((word, Some((inside, "")))) => (word.trim(), Some(inside)),
        _ => (part, None),
    }
}

/// The values of an enum: bare, or in quotes.
fn values_of(text: &str) -> Result<Vec<String>, String> {
    let unquoted = |value: &str| {
        let value = value.trim();
        let inner = ['\'', '"'].iter().find_map(|quote| {
            value.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote))
        });
        inner.map_or_else(|| value.to_owned(), |inner| inner.replace("''", "'"))
    };
    let values: Vec<String> = split::at(text, ',').into_iter().map(unquoted).collect();
    if let Some(empty) = values.iter().position(String::is_empty) {
        return Err(format!("value {} of the enum is empty", empty + 1));
    }
    match values.iter().enumerate().find(|(at, value)| values[..*at].contains(value)) {
        Some((_, twice)) => Err(format!("the enum has `{twice}` twice")),
        None => Ok(values),
    }
}

/// The items of a list with commas; those in parentheses and quotes stay together.
pub(super) fn split_list(text: &str) -> Vec<String> {
    let items = split::at(text, ',').into_iter().map(str::trim);
    items.filter(|item| !item.is_empty()).map(ToOwned::to_owned).collect()
}

/// A name as an expression writes it.
pub(super) fn written_name(name: &str, dialect: dbmig_build::Dialect) -> String {
    super::plain::written(name, dialect)
}

/// The name of a column; `CamelCase` becomes `snake_case`.
pub(super) fn checked_name(name: &str) -> Result<String, String> {
    let odd = name.chars().find(|c| !(c.is_alphanumeric() || "_- ".contains(*c)));
    let name = snake(name);
    if name.is_empty() {
        return Err("the name is empty".to_owned());
    }
    match odd {
        Some(c) => Err(format!("a name does not hold {c:?}")),
        None if name.len() > 63 => Err("a name has at most 63 bytes".to_owned()),
        None => Ok(name),
    }
}

fn unknown_type(text: &str, word: &str) -> CliError {
    let mut error = CliError::usage(format!("`{text}`: unknown type `{word}`"));
    let more = ["enum", "references", "array", "pg"];
    if let Some(near) = nearest(word, types::words().chain(more)) {
        error = error.help(format!("did you mean `{near}`?"));
    }
    error
        .note(format!("types: {}", type_list()))
        .help("a type of PostgreSQL's own is written `pg:<type>`")
}

fn type_list() -> String {
    let mut words: Vec<_> = types::TABLE.iter().map(|row| row.word).collect();
    words.extend(["enum:{a,b}", "references", "array:<type>", "pg:<type>"]);
    listed(words)
}

impl Reference {
    fn to(table: impl Into<String>) -> Self {
        Self {
            table: table.into(),
            column: None,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        }
    }

    /// `table` or `table.column`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (table, column) = match text.split_once('.') {
            Some((table, column)) => (table, Some(checked_name(column)?)),
            None => (text, None),
        };
        Ok(Self { column, ..Self::to(checked_name(table)?) })
    }
}

#[cfg(test)]
mod tests;
