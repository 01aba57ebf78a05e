//! `Settings`: what a migration's `metadata.toml` says, after defaults.
//!
//! The file is Diesel's; our keys stand in its `[dbmig]` table, which Diesel ignores. The CLI reads it
//! with a TOML parser and writes the effective settings into the lock, where the build takes them from.
//! For drafts the build reads the subset that `generate` writes: `key = value` lines and one table.

use crate::metadata::{Scalar, Unfinished, scalar};
use crate::{Code, Precondition, Version};

/// How a migration wants to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// One transaction around the migration and its history rows.
    pub run_in_transaction: bool,
    /// Why there is no way back; declares that `down.sql` is not expected.
    pub irreversible: Option<String>,
    /// SQLite: switch `foreign_keys` off around the transaction, and check them before the commit.
    pub foreign_keys_off: bool,
    /// Send the file whole instead of statement by statement.
    pub split_off: bool,
    /// The backfill that has to be done, and verified, before it runs.
    pub requires: Option<Version>,
    /// What is asked before it runs, in this order.
    pub preconditions: Vec<Precondition>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            run_in_transaction: true,
            irreversible: None,
            foreign_keys_off: false,
            split_off: false,
            requires: None,
            preconditions: vec![],
        }
    }
}

/// The version in `backfill:<version>`; a directory name does as well.
pub fn required_backfill(text: &str) -> Option<Version> {
    let version = Version::of_directory(text.strip_prefix("backfill:")?.trim());
    (!version.as_str().is_empty()).then_some(version)
}

impl Settings {
    /// One line that [`Settings::from_text`] reads back: what the lock and the history keep.
    pub fn to_text(&self) -> String {
        let mut line = String::new();
        crate::lock::push_settings(&mut line, self);
        line.trim_start().to_owned()
    }

    /// Reads what [`Settings::to_text`] wrote; `None` when it holds anything else.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut settings = Self::default();
        for field in crate::fields::parse(text).ok()? {
            if !crate::lock::read_setting(&mut settings, field.key.as_deref(), &field.value) {
                return None;
            }
        }
        Some(settings)
    }
}

/// Something in a `metadata.toml` that is not in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// What kind of finding it makes.
    pub code: Code,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The outcome of reading a `metadata.toml`: settings as Diesel would take them, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsRead {
    /// The effective settings.
    pub settings: Settings,
    /// What is not in order.
    pub problems: Vec<SettingsProblem>,
    /// Where the query of each precondition stands: line and column, 1-based.
    pub precondition_places: Vec<(usize, usize)>,
}

/// Reads the text of a `metadata.toml`. The CLI gives a strict TOML reader, the build [`read_subset`].
pub type ReadSettings = fn(&str) -> SettingsRead;

/// The keys of the `[dbmig]` table.
pub const DBMIG_KEYS: [&str; 5] =
    ["irreversible", "foreign_keys", "split", "requires", "precondition"];

impl SettingsRead {
    /// Some of the file was not read.
    pub fn is_partial(&self) -> bool {
        self.problems.iter().any(|problem| problem.code == Code::MetadataNotRead)
    }

    /// The problem of a file that does not say `run_in_transaction`: Diesel reads that as `false`.
    pub fn transaction_missing() -> SettingsProblem {
        SettingsProblem {
            code: Code::MetadataTransactionMissing,
            line: 1,
            column: 1,
            message: "`run_in_transaction` is not set, which Diesel reads as `false`".into(),
            help: "write `run_in_transaction = true` (or `false`) in the first line".into(),
        }
    }
}

/// What the lines of a file belong to.
enum Table {
    Top,
    Dbmig,
    Precondition(Unfinished),
}

/// Reads the subset of TOML that `generate` writes.
///
/// Anything else is reported as `metadata-not-read`: the CLI reads it in full, the build does not.
pub fn read_subset(text: &str) -> SettingsRead {
    let mut out = SettingsRead::default();
    let mut transaction = None;
    let mut table = Table::Top;
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate();
    while let Some((index, raw)) = lines.next() {
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let column = raw.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let next = match line {
            "[dbmig]" => Some(Table::Dbmig),
            "[[dbmig.precondition]]" => {
                Some(Table::Precondition(Unfinished::new((index + 1, column))))
            }
            _ => None,
        };
        if let Some(next) = next {
            if let Table::Precondition(unfinished) = std::mem::replace(&mut table, next) {
                unfinished.finish(&mut out);
            }
            continue;
        }
        let understood = match line.split_once('=') {
            Some((key, value)) => {
                let at = raw.len() - raw.trim_start().len() + line.len() - value.trim_start().len();
                let place = (index + 1, raw[..at].chars().count() + 1);
                let value = scalar(value.trim(), &mut || lines.next().map(|(_, line)| line));
                take(&mut table, &mut out, &mut transaction, (key.trim(), place), value)
            }
            None => false,
        };
        if !understood {
            out.problems.push(SettingsProblem {
                code: Code::MetadataNotRead,
                line: index + 1,
                column,
                message: format!("`{line}` is not read by the build"),
                help: "`cargo dbmig check` reads the whole file".into(),
            });
        }
    }
    if let Table::Precondition(unfinished) = table {
        unfinished.finish(&mut out);
    }
    match transaction {
        Some(on) => out.settings.run_in_transaction = on,
        None => {
            // A line that was not understood may be the key in another spelling: do not claim it is missing.
            if !out.is_partial() {
                out.problems.push(SettingsRead::transaction_missing());
            }
            out.settings.run_in_transaction = false;
        }
    }
    out
}

/// Takes a key with its value; `false` where the build does not read it.
fn take(
    table: &mut Table,
    out: &mut SettingsRead,
    transaction: &mut Option<bool>,
    (key, place): (&str, (usize, usize)),
    value: Option<Scalar>,
) -> bool {
    let Some(value) = value else {
        if let Table::Precondition(unfinished) = table {
            unfinished.is_wrong();
        }
        return false;
    };
    match (table, key, value) {
        (Table::Top, "run_in_transaction", Scalar::Bool(on)) => {
            *transaction = Some(on);
            true
        }
        (Table::Dbmig, "irreversible", Scalar::Text(reason)) => {
            out.settings.irreversible = Some(reason);
            true
        }
        (Table::Dbmig, "foreign_keys", Scalar::Text(state)) if state == "off" || state == "on" => {
            out.settings.foreign_keys_off = state == "off";
            true
        }
        (Table::Dbmig, "split", Scalar::Text(state)) if state == "off" || state == "on" => {
            out.settings.split_off = state == "off";
            true
        }
        (Table::Dbmig, "requires", Scalar::Text(what)) => {
            out.settings.requires = required_backfill(&what);
            out.settings.requires.is_some()
        }
        (Table::Precondition(unfinished), key, value) => {
            if let Err(problem) = unfinished.take(key, value, place) {
                out.problems.push(problem);
            }
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_read_back() {
        let all = Settings {
            run_in_transaction: false,
            irreversible: Some("a \"b\"".into()),
            foreign_keys_off: true,
            split_off: true,
            requires: Some(Version::new("20240101")),
            preconditions: vec![
                Precondition {
                    query: "SELECT \"a\" FROM t".into(),
                    expect: Some("0".into()),
                    on_fail: crate::OnFail::MarkApplied,
                },
                Precondition { query: "x".into(), expect: None, on_fail: crate::OnFail::Halt },
            ],
        };
        for settings in [Settings::default(), all] {
            assert_eq!(Settings::from_text(&settings.to_text()), Some(settings));
        }
        assert_eq!(Settings::from_text("colour=red"), None);
    }

    fn codes(text: &str) -> (bool, Vec<Code>) {
        let read = read_subset(text);
        (read.settings.run_in_transaction, read.problems.iter().map(|p| p.code).collect())
    }

    #[test]
    fn reads_what_generate_writes() {
        let text = "run_in_transaction = false # why\n\n[dbmig]\nirreversible = \"data is gone\"\nforeign_keys = \"off\"\nsplit = \"off\"\nrequires = \"backfill:2024-01-01-000000_x\"\n";
        let read = read_subset(text);
        assert_eq!(read.problems, []);
        assert_eq!(
            read.settings,
            Settings {
                run_in_transaction: false,
                irreversible: Some("data is gone".into()),
                foreign_keys_off: true,
                split_off: true,
                requires: Some(Version::new("20240101000000")),
                preconditions: vec![],
            }
        );
    }

    #[test]
    fn a_file_without_the_key_means_no_transaction_as_in_diesel() {
        for text in ["", "# nothing\n", "[dbmig]\nsplit = \"off\"\n"] {
            assert_eq!(codes(text), (false, vec![Code::MetadataTransactionMissing]), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_said_to_be_not_read() {
        for text in
            ["run_in_transaction = \"false\"\n", "run_in_transaction\n", "[other]\n", "a.b = 1\n"]
        {
            assert_eq!(codes(text), (false, vec![Code::MetadataNotRead]), "{text:?}");
        }
    }
}
