//! `Section`: one TOML table read strictly. Unknown keys and wrong types are errors with their place.

use std::ops::Range;
use std::path::PathBuf;

use toml_edit::{Item, TableLike};

use super::place::{Place, Source};
use super::suggest::{listed, nearest};
use crate::error::{CliError, CliResult};

/// A table of `dbmig.toml` and its name in messages.
pub(super) struct Section<'a> {
    source: Source<'a>,
    label: String,
    table: &'a dyn TableLike,
}

impl<'a> Section<'a> {
    /// A table whose keys are names that the user chooses.
    pub(super) fn open(source: Source<'a>, label: String, table: &'a dyn TableLike) -> Self {
        Self { source, label, table }
    }

    /// A table that has only the `known` keys.
    pub(super) fn strict(
        source: Source<'a>,
        label: String,
        table: &'a dyn TableLike,
        known: &[&str],
    ) -> CliResult<Self> {
        let section = Self::open(source, label, table);
        // In the order of the file, whatever order the parser keeps.
        let unknown = section.keys().into_iter().find(|(key, _)| !known.contains(key));
        match unknown {
            Some((key, span)) => Err(section.unknown_key(key, span, known)),
            None => Ok(section),
        }
    }

    fn unknown_key(&self, key: &str, span: Option<Range<usize>>, known: &[&str]) -> CliError {
        let error = self
            .source
            .error(span, format_args!("unknown key `{key}` in {}", self.label))
            .note(format!("known keys: {}", listed(known.iter().copied())));
        match nearest(key, known.iter().copied()) {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error,
        }
    }

    /// The keys with the places of their names, in the order of the file.
    pub(super) fn keys(&self) -> Vec<(&'a str, Option<Range<usize>>)> {
        let table = self.table;
        let mut keys: Vec<_> = table.iter().map(|(key, _)| (key, self.key_span(key))).collect();
        keys.sort_by_key(|(_, span)| span.as_ref().map_or(0, |span| span.start));
        keys
    }

    fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table
            .key(key)
            .and_then(toml_edit::Key::span)
            .or_else(|| self.table.get(key).and_then(Item::span))
    }

    /// The place of a key.
    pub(super) fn place(&self, key: &str) -> Place {
        self.source.start_of(self.key_span(key))
    }

    /// An error at the name of a key.
    pub(super) fn key_error(&self, key: &str, message: impl std::fmt::Display) -> CliError {
        self.source.error(self.key_span(key), message)
    }

    /// An error at the value of a key.
    pub(super) fn value_error(&self, key: &str, message: impl std::fmt::Display) -> CliError {
        let span = self.table.get(key).and_then(Item::span).or_else(|| self.key_span(key));
        self.source.error(span, message)
    }

    fn wrong_type(&self, key: &str, expected: &str, item: &Item) -> CliError {
        // The value itself is never shown: it may be a secret.
        let found = item.type_name();
        self.value_error(
            key,
            format_args!("`{key}` in {} must be {expected}, found {found}", self.label),
        )
    }

    /// Whether the key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A string that is not empty.
    pub(super) fn string(&self, key: &str) -> CliResult<Option<String>> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let text = item.as_str().ok_or_else(|| self.wrong_type(key, "a string", item))?;
        if text.trim().is_empty() {
            return Err(self.value_error(key, format_args!("`{key}` in {} is empty", self.label)));
        }
        Ok(Some(text.to_owned()))
    }

    /// A path.
    pub(super) fn path(&self, key: &str) -> CliResult<Option<PathBuf>> {
        Ok(self.string(key)?.map(PathBuf::from))
    }

    /// A string that `parse` understands; its error says what is expected.
    pub(super) fn parsed<T>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> CliResult<Option<T>> {
        let Some(text) = self.string(key)? else { return Ok(None) };
        parse(&text).map(Some).map_err(|reason| {
            self.value_error(key, format_args!("`{key}` in {}: {reason}", self.label))
        })
    }

    /// A boolean.
    pub(super) fn boolean(&self, key: &str) -> CliResult<Option<bool>> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        item.as_bool().map(Some).ok_or_else(|| self.wrong_type(key, "`true` or `false`", item))
    }

    /// A TCP port.
    pub(super) fn port(&self, key: &str) -> CliResult<Option<u16>> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let number = item.as_integer().ok_or_else(|| self.wrong_type(key, "a number", item))?;
        match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(Some(port)),
            _ => Err(self.value_error(key, format_args!("`{key}` must be between 1 and 65535"))),
        }
    }

    /// How often: a whole number, from zero.
    pub(super) fn count(&self, key: &str) -> CliResult<Option<u32>> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let number = item.as_integer().ok_or_else(|| self.wrong_type(key, "a number", item))?;
        u32::try_from(number).map(Some).map_err(|_| {
            self.value_error(key, format_args!("`{key}` must be between 0 and {}", u32::MAX))
        })
    }

    /// A list of strings with at least one.
    pub(super) fn strings(&self, key: &str) -> CliResult<Option<Vec<String>>> {
        let strings = self.list(key)?;
        if strings.as_ref().is_some_and(Vec::is_empty) {
            return Err(self.value_error(key, format_args!("`{key}` in {} is empty", self.label)));
        }
        Ok(strings)
    }

    /// A list of strings.
    pub(super) fn list(&self, key: &str) -> CliResult<Option<Vec<String>>> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let wrong = || self.wrong_type(key, "an array of strings", item);
        let array = item.as_array().ok_or_else(wrong)?;
        let strings = array.iter().map(|value| value.as_str().map(str::to_owned));
        strings.collect::<Option<Vec<String>>>().map(Some).ok_or_else(|| {
            let message = format_args!("`{key}` in {} must be an array of strings", self.label);
            self.value_error(key, message)
        })
    }

    /// Whether there is a table under the key.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(Item::is_table_like)
    }

    /// The table under a key, not yet judged.
    pub(super) fn table(&self, key: &str) -> CliResult<Option<&'a dyn TableLike>> {
        let table: &'a dyn TableLike = self.table;
        let Some(item) = table.get(key) else { return Ok(None) };
        item.as_table_like().map(Some).ok_or_else(|| self.wrong_type(key, "a table", item))
    }
}
