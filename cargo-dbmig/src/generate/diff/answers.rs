//! What the options of the command line settle beforehand.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::error::{CliError, CliResult};

/// What a person knows and a schema does not tell.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    renames: BTreeMap<String, String>,
    drops: BTreeSet<String>,
    fills: BTreeMap<String, String>,
    unfilled: BTreeSet<String>,
    types: BTreeMap<String, String>,
    values: BTreeMap<String, Vec<String>>,
    counted: BTreeSet<String>,
    /// A `joinable!` asks for no foreign key.
    pub no_joins: bool,
    /// The options that something asked for.
    used: RefCell<BTreeSet<String>>,
}

/// `a=b`, cut at the first `=`.
fn pair<'a>(option: &str, text: &'a str, form: &str) -> CliResult<(&'a str, &'a str)> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
            Ok((key.trim(), value.trim()))
        }
        _ => Err(CliError::usage(format!("`{option} {text}` is not `{option} {form}`"))),
    }
}

/// What stands for a value in a proposal.
pub(super) const PLACEHOLDER: &str = "<value>";

/// A proposal that was pasted as it is would make a type that nobody wants.
fn completed(option: &str, text: &str) -> CliResult<()> {
    if !text.contains(PLACEHOLDER) {
        return Ok(());
    }
    Err(CliError::usage(format!("`{option} {text}`: write a value in place of `{PLACEHOLDER}`")))
}

impl Answers {
    /// `--rename users.name=full_name`, `--rename users=people`.
    ///
    /// # Errors
    ///
    /// It is not of that form; as of the others below.
    pub fn rename(&mut self, text: &str) -> CliResult<()> {
        let (old, new) = pair("--rename", text, "<OLD>=<NEW>")?;
        self.renames.insert(old.to_owned(), new.to_owned());
        Ok(())
    }

    /// `--drop users.name`: it goes, whatever comes.
    pub fn drop(&mut self, text: &str) {
        self.drops.insert(text.trim().to_owned());
    }

    /// `--fill "users.age=0"`: what rows get that have nothing there, in SQL.
    ///
    /// # Errors
    ///
    /// As [`Answers::rename`].
    pub fn fill(&mut self, text: &str) -> CliResult<()> {
        let (column, value) = pair("--fill", text, "<TABLE>.<COLUMN>=<SQL>")?;
        completed("--fill", text)?;
        self.take_fill(column, value);
        Ok(())
    }

    pub(super) fn take_fill(&mut self, column: &str, value: &str) {
        self.fills.insert(column.to_owned(), value.to_owned());
    }

    /// `--no-fill users.age`: there are no such rows.
    pub fn leave(&mut self, text: &str) {
        self.unfilled.insert(text.trim().to_owned());
    }

    /// `--type "users.price=numeric(10,2)"`.
    ///
    /// # Errors
    ///
    /// As [`Answers::rename`].
    pub fn typed(&mut self, text: &str) -> CliResult<()> {
        let (column, ty) = pair("--type", text, "<TABLE>.<COLUMN>=<SQL type>")?;
        completed("--type", text)?;
        self.take_type(column, ty);
        Ok(())
    }

    pub(super) fn take_type(&mut self, column: &str, ty: &str) {
        self.types.insert(column.to_owned(), ty.to_owned());
    }

    /// `--values mood=happy,sad`: the values of an enum type.
    ///
    /// # Errors
    ///
    /// As [`Answers::rename`].
    pub fn values(&mut self, text: &str) -> CliResult<()> {
        let (name, values) = pair("--values", text, "<TYPE>=<VALUE>,<VALUE>…")?;
        completed("--values", text)?;
        let values: Vec<_> = values.split(',').map(|value| value.trim().to_owned()).collect();
        self.take_values(name, values);
        Ok(())
    }

    pub(super) fn take_values(&mut self, name: &str, values: Vec<String>) {
        self.values.insert(name.to_owned(), values);
    }

    /// `--auto-increment users.id`: the database numbers its rows.
    pub fn count(&mut self, text: &str) {
        self.counted.insert(text.trim().to_owned());
    }

    /// Whether a type was said, which no difference may ask for.
    pub fn says_types(&self) -> bool {
        !self.types.is_empty()
    }

    fn use_up(&self, option: &str, key: &str) {
        self.used.borrow_mut().insert(format!("{option} {key}"));
    }

    /// What something is called from now on, by one of the names that it goes by.
    pub(super) fn new_name(&self, known_as: &[String]) -> Option<(&str, &str)> {
        known_as.iter().find_map(|name| self.renames.get_key_value(name)).map(|(k, v)| (&**k, &**v))
    }

    /// A rename was done.
    pub(super) fn renamed(&self, old: &str) {
        self.use_up("--rename", old);
    }

    pub(super) fn drops(&self, known_as: &[String]) -> bool {
        let found = known_as.iter().find(|name| self.drops.contains(*name));
        found.iter().for_each(|name| self.use_up("--drop", name));
        found.is_some()
    }

    /// The value for rows that have none; `Some(None)` where there are no such rows.
    pub(super) fn filled(&self, column: &str) -> Option<Option<&str>> {
        if let Some(value) = self.fills.get(column) {
            self.use_up("--fill", column);
            return Some(Some(value));
        }
        let left = self.unfilled.contains(column);
        left.then(|| self.use_up("--no-fill", column)).map(|()| None)
    }

    pub(in crate::generate) fn type_of(&self, column: &str) -> Option<&str> {
        let found = self.types.get(column)?;
        self.use_up("--type", column);
        Some(found)
    }

    pub(super) fn values_of(&self, name: &str) -> Option<&[String]> {
        let found = self.values.get(name)?;
        self.use_up("--values", name);
        Some(found)
    }

    pub(in crate::generate) fn counts(&self, column: &str) -> bool {
        let found = self.counted.contains(column);
        if found {
            self.use_up("--auto-increment", column);
        }
        found
    }

    /// The options that nothing asked for: what was meant by them is not what happens.
    pub fn unused(&self) -> Vec<String> {
        let used = self.used.borrow();
        let keys = |option: &str, keys: Vec<&String>| -> Vec<String> {
            keys.into_iter().map(|key| format!("{option} {key}")).collect()
        };
        let all = [
            keys("--rename", self.renames.keys().collect()),
            keys("--drop", self.drops.iter().collect()),
            keys("--fill", self.fills.keys().collect()),
            keys("--no-fill", self.unfilled.iter().collect()),
            keys("--type", self.types.keys().collect()),
            keys("--values", self.values.keys().collect()),
            keys("--auto-increment", self.counted.iter().collect()),
        ];
        all.concat().into_iter().filter(|option| !used.contains(option)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let mut answers = Answers::default();
        answers.rename("users.name = full_name").unwrap();
        answers.fill("users.age=a = b").unwrap();
        answers.values("mood=a, b").unwrap();
        assert_eq!(answers.new_name(&["users.name".into()]), Some(("users.name", "full_name")));
        assert_eq!(answers.filled("users.age"), Some(Some("a = b")));
        assert_eq!(answers.values_of("mood"), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(answers.unused(), ["--rename users.name"]);
        assert!(answers.values("mood=<value>,<value>").is_err());
        for text in ["users.name", "=a", "a=", ""] {
            assert!(answers.rename(text).is_err(), "{text}");
        }
    }
}
