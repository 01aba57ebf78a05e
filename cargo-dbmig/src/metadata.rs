//! Strict reading of `metadata.toml`: what the build only reads in part, the CLI reads in full.
//!
//! The effective settings are those that Diesel would take, also where the file is broken; what is wrong
//! is said beside them.

use std::ops::Range;

use dbmig_build::metadata::{Scalar, Unfinished};
use dbmig_build::{Code, DBMIG_KEYS, SettingsProblem, SettingsRead, required_backfill};
use toml_edit::{Item, TableLike, Value};

use crate::config::{Source, nearest};

/// Reads the text of a `metadata.toml`.
pub fn read(text: &str) -> SettingsRead {
    let source = Source::new("metadata.toml", text);
    let document = match toml_edit::Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            // Diesel swallows the error and runs the migration in a transaction.
            let message = format!("not valid TOML: {}", error.message().replace('\n', " "));
            let mut reader = Reader::new(source);
            reader.problem(error.span(), message, "Diesel ignores the file: mend it");
            return reader.read;
        }
    };
    let mut reader = Reader::new(source);
    let mut transaction = None;
    for (key, item) in document.iter() {
        match key {
            "run_in_transaction" => match item.as_bool() {
                Some(on) => transaction = Some(on),
                None => {
                    // Diesel takes the whole file as broken then.
                    transaction = Some(true);
                    let message = "`run_in_transaction` must be `true` or `false`";
                    reader.problem(
                        item.span(),
                        message,
                        "write `run_in_transaction = true` or `false`, without quotes",
                    );
                }
            },
            "dbmig" => reader.own(item),
            key => {
                let help = match nearest(key, ["run_in_transaction", "dbmig"]) {
                    Some(known) => format!("did you mean `{known}`?"),
                    None => "known are `run_in_transaction` and the table `[dbmig]`".to_owned(),
                };
                reader.problem(span_of_key(&document, key), format!("unknown key `{key}`"), help);
            }
        }
    }
    match transaction {
        Some(on) => reader.read.settings.run_in_transaction = on,
        None => {
            reader.read.settings.run_in_transaction = false;
            reader.read.problems.push(SettingsRead::transaction_missing());
        }
    }
    reader.read
}

/// The text with another backfill that it requires, all else as it stands; `None` where `moved` knows no
/// other name for what it requires, a version or a directory.
pub fn with_required(text: &str, moved: impl Fn(&str) -> Option<String>) -> Option<String> {
    let document = toml_edit::Document::parse(text).ok()?;
    let value = document.get("dbmig")?.get("requires")?;
    let to = moved(value.as_str()?.strip_prefix("backfill:")?.trim())?;
    let mut text = text.to_owned();
    text.replace_range(value.span()?, &format!("\"backfill:{to}\""));
    Some(text)
}

fn span_of_key(table: &toml_edit::Table, key: &str) -> Option<Range<usize>> {
    table.get_key_value(key).and_then(|(key, _)| key.span())
}

struct Reader<'a> {
    source: Source<'a>,
    read: SettingsRead,
}

impl<'a> Reader<'a> {
    fn new(source: Source<'a>) -> Self {
        Self { source, read: SettingsRead::default() }
    }

    fn problem(
        &mut self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let place = self.source.start_of(span);
        self.read.problems.push(SettingsProblem {
            code: Code::InvalidMetadata,
            line: place.line,
            column: place.column,
            message: message.into(),
            help: help.into(),
        });
    }

    /// The `[dbmig]` table.
    fn own(&mut self, item: &Item) {
        let Some(table) = item.as_table_like() else {
            return self.problem(item.span(), "`dbmig` must be a table", "write `[dbmig]`");
        };
        for (key, item) in table.iter() {
            let span = item.span();
            match (key, item.as_value()) {
                ("irreversible", Some(Value::String(reason)))
                    if !reason.value().trim().is_empty() =>
                {
                    self.read.settings.irreversible = Some(reason.value().clone());
                }
                ("irreversible", _) => {
                    self.problem(
                        span,
                        "`irreversible` must be a reason",
                        "write `irreversible = \"<why>\"`",
                    );
                }
                ("foreign_keys", value) => match on_or_off(value) {
                    Some(on) => self.read.settings.foreign_keys_off = !on,
                    None => self.problem(
                        span,
                        "`foreign_keys` must be \"on\" or \"off\"",
                        "write `foreign_keys = \"off\"`",
                    ),
                },
                ("split", value) => match on_or_off(value) {
                    Some(on) => self.read.settings.split_off = !on,
                    None => self.problem(
                        span,
                        "`split` must be \"on\" or \"off\"",
                        "write `split = \"off\"`",
                    ),
                },
                ("requires", value) => {
                    let required = value.and_then(Value::as_str).and_then(required_backfill);
                    match required {
                        Some(version) => self.read.settings.requires = Some(version),
                        None => self.problem(
                            span,
                            "`requires` must name a backfill",
                            "write `requires = \"backfill:<version>\"`",
                        ),
                    }
                }
                ("precondition", _) => self.preconditions(item),
                (key, _) => {
                    let help = match nearest(key, DBMIG_KEYS) {
                        Some(known) => format!("did you mean `{known}`?"),
                        None => format!("known are {}", crate::config::listed(DBMIG_KEYS)),
                    };
                    self.problem(span, format!("unknown key `{key}` in `[dbmig]`"), help);
                }
            }
        }
    }
}

/// A table, and where it stands.
type Spanned<'t> = (&'t dyn TableLike, Option<Range<usize>>);

impl Reader<'_> {
    /// `[[dbmig.precondition]]`, or a list of inline tables.
    fn preconditions(&mut self, item: &Item) {
        let listed: Option<Vec<Spanned<'_>>> = match item {
            Item::ArrayOfTables(tables) => {
                Some(tables.iter().map(|table| (table as &dyn TableLike, table.span())).collect())
            }
            Item::Value(Value::Array(values)) => values
                .iter()
                .map(|value| Some((value.as_inline_table()? as &dyn TableLike, value.span())))
                .collect(),
            _ => None,
        };
        let Some(listed) = listed else {
            return self.problem(
                item.span(),
                "`precondition` must be a list of tables",
                "write `[[dbmig.precondition]]`, and `query = \"SELECT …\"` below it",
            );
        };
        for (table, span) in listed {
            let place = self.source.start_of(span);
            let mut unfinished = Unfinished::new((place.line, place.column));
            for (key, item) in table.iter() {
                let place = self.source.start_of(item.span());
                let place = (place.line, place.column);
                let scalar = match item.as_value() {
                    Some(Value::String(text)) => Some(Scalar::Text(text.value().clone())),
                    Some(Value::Integer(number)) => Some(Scalar::Int(*number.value())),
                    Some(Value::Boolean(truth)) => Some(Scalar::Bool(*truth.value())),
                    _ => None,
                };
                let Some(scalar) = scalar else {
                    unfinished.is_wrong();
                    let message =
                        format!("`{key}` of a precondition must be text, a whole number, or truth");
                    self.problem(item.span(), message, "write it in quotes");
                    continue;
                };
                if let Err(problem) = unfinished.take(key, scalar, place) {
                    self.read.problems.push(problem);
                }
            }
            unfinished.finish(&mut self.read);
        }
    }
}

fn on_or_off(value: Option<&Value>) -> Option<bool> {
    match value.and_then(Value::as_str) {
        Some("on") => Some(true),
        Some("off") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_build_on_what_generate_writes() {
        for text in [
            "run_in_transaction = true\n",
            "run_in_transaction = false # why\n[dbmig]\nirreversible = \"x\"\nforeign_keys = \"off\"\nsplit = \"off\"\nrequires = \"backfill:2024-01-01\"\n",
            "",
            "run_in_transaction = true\n\n[[dbmig.precondition]]\nquery = \"SELECT 1;\" # why\nexpect = 1\n\
             [[dbmig.precondition]]\n  query = 'SELECT \"é\", 2'\non_fail = \"skip\"\n\
             [dbmig]\nsplit = \"off\"\n",
            "run_in_transaction = true\n[[dbmig.precondition]]\nquery = \"\"\"\nSELECT 1\n  FROM t\"\"\"\nexpect = true\n",
            "run_in_transaction = true\n  [[dbmig.precondition]]\n  expect = 1\n",
            "run_in_transaction = true\n[[dbmig.precondition]]\nquery = 1\nqery = \"\"\n  on_fail = \"stop\"\n",
        ] {
            assert_eq!(read(text), dbmig_build::read_subset(text), "{text:?}");
        }
    }

    #[test]
    fn takes_what_diesel_takes_and_says_what_is_wrong() {
        for (text, transaction, problems) in [
            ("run_in_transaction = \"false\"\n", true, vec![(1, 22, "must be `true` or `false`")]),
            ("run_in_transaction = tru\n", true, vec![(1, 22, "not valid TOML")]),
            (
                "run-in-transaction = true\n",
                false,
                vec![(1, 1, "unknown key `run-in-transaction`"), (1, 1, "is not set")],
            ),
            (
                "run_in_transaction = true\n[dbmig]\nsplt = \"off\"\n",
                true,
                vec![(3, 8, "unknown key `splt`")],
            ),
            (
                "run_in_transaction = true\n[dbmig]\nirreversible = true\n",
                true,
                vec![(3, 16, "must be a reason")],
            ),
            (
                "run_in_transaction = true\n[dbmig]\nrequires = \"2024\"\n",
                true,
                vec![(3, 12, "must name a backfill")],
            ),
            (
                "run_in_transaction = true\n[dbmig]\nprecondition = \"SELECT 1\"\n",
                true,
                vec![(3, 16, "must be a list of tables")],
            ),
            (
                "run_in_transaction = true\n[[dbmig.precondition]]\nquery = [1]\n",
                true,
                vec![(3, 9, "`query` of a precondition must be text")],
            ),
            (
                "run_in_transaction = true\n[dbmig]\nprecondition = [{ query = \"x\", on_fail = \"contnue\" }]\n",
                true,
                vec![(3, 42, "`on_fail` must be what happens")],
            ),
        ] {
            let read = read(text);
            assert_eq!(read.settings.run_in_transaction, transaction, "{text:?}");
            assert_eq!(read.problems.len(), problems.len(), "{text:?}: {:?}", read.problems);
            for (problem, (line, column, message)) in read.problems.iter().zip(problems) {
                assert_eq!((problem.line, problem.column), (line, column), "{text:?}");
                assert!(problem.message.contains(message), "{}", problem.message);
            }
        }
    }
}
