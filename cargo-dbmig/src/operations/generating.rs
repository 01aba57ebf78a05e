//! Writes a new, empty migration.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use dbmig_build::backfill::{FILE_NAME, STOPPER};
use dbmig_build::{RawSet, Version};

use crate::error::{CliError, CliResult};

/// What to write besides the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMigration {
    /// The part behind the version.
    pub label: String,
    /// The version as the user wants it; otherwise made from the clock.
    pub version: Option<String>,
    /// No `down.sql`.
    pub no_down: bool,
    /// Why there is no way back.
    pub irreversible: Option<String>,
    /// Outside a transaction.
    pub no_transaction: bool,
    /// The text of its `backfill.sql`; its `up.sql` then stops Diesel.
    pub backfill: Option<String>,
    /// SQLite: with foreign keys off.
    pub foreign_keys_off: bool,
    /// The text of `up.sql`; otherwise one that asks for it.
    pub up: Option<String>,
    /// The text of `down.sql`; otherwise one that asks for it.
    pub down: Option<String>,
}

/// A file to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// Decides the directory and the files of a new migration.
///
/// # Errors
///
/// The name or the version can not be used.
pub fn plan(
    dir: &Path,
    raw: &RawSet,
    new: &NewMigration,
    now: SystemTime,
) -> CliResult<Vec<NewFile>> {
    let label = label_of(&new.label)?;
    let version = match &new.version {
        Some(version) => checked_version(version, raw)?,
        None => next_version(raw, now),
    };
    if Version::of_directory(&version).as_str().len() > Version::MAX_BYTES {
        return Err(CliError::usage(format!(
            "no version of at most {} characters comes to mind that sorts after the newest",
            Version::MAX_BYTES
        ))
        .help("choose one: `--version <VERSION>`"));
    }
    let folder = dir.join(format!("{version}_{label}"));
    let file = |name: &str, text: &str| NewFile { path: folder.join(name), text: text.to_owned() };
    if let Some(text) = &new.backfill {
        let up = format!(
            "-- Only cargo dbmig runs this migration: `backfill.sql` changes the rows.\n{STOPPER}\n"
        );
        return Ok(vec![
            file("up.sql", &up),
            file("down.sql", BACKFILL_DOWN),
            file("metadata.toml", &metadata(new)),
            file(FILE_NAME, text),
        ]);
    }
    let up = new.up.as_deref().unwrap_or(UP_FRAME);
    let mut files = vec![file("up.sql", up)];
    if !new.no_down && new.irreversible.is_none() {
        let down = new.down.as_deref();
        let down = down.unwrap_or(DOWN_FRAME);
        files.push(file("down.sql", down));
    }
    files.push(file("metadata.toml", &metadata(new)));
    Ok(files)
}

/// An `up.sql` with nothing in it, in Diesel's words.
pub const UP_FRAME: &str = "-- Your SQL goes here\n";

/// A `down.sql` with nothing in it, in Diesel's words.
pub const DOWN_FRAME: &str = "-- This file should undo anything in `up.sql`\n";

/// Rows keep what they were given.
const BACKFILL_DOWN: &str = "-- The rows keep what they were given. Write what takes it back, if something must.\nSELECT 1;\n";

/// Always states `run_in_transaction`: a file without it means "no" to Diesel.
fn metadata(new: &NewMigration) -> String {
    let mut text = format!("run_in_transaction = {}\n", !new.no_transaction);
    if new.irreversible.is_some() || new.foreign_keys_off {
        text.push_str("\n[dbmig]\n");
    }
    if let Some(reason) = &new.irreversible {
        let value = toml_edit::Value::from(reason.as_str());
        text.push_str(&format!("irreversible = {value}\n"));
    }
    if new.foreign_keys_off {
        text.push_str("foreign_keys = \"off\"\n");
    }
    text
}

fn label_of(text: &str) -> CliResult<String> {
    let label: String = text
        .trim()
        .chars()
        .map(|c| if c.is_whitespace() || c == '/' || c == '\\' { '_' } else { c })
        .collect();
    if label.is_empty() {
        return Err(CliError::usage("the name of a migration is empty")
            .help("say what it does: `cargo dbmig generate create_users`"));
    }
    match label.chars().find(|c| !(c.is_ascii_alphanumeric() || "_-.".contains(*c))) {
        Some(c) => {
            Err(CliError::usage(format!("a migration can not be called `{text}`: it holds {c:?}"))
                .help("use letters, digits, `_`, `-`, and `.`"))
        }
        None => Ok(label),
    }
}

fn checked_version(text: &str, raw: &RawSet) -> CliResult<String> {
    let version = Version::of_directory(text);
    let usable = !version.as_str().is_empty()
        && version.as_str().len() <= Version::MAX_BYTES
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !usable {
        return Err(CliError::usage(format!("`{text}` can not be a version"))
            .help("use letters, digits, and `-`; at most 50 of them"));
    }
    match raw.migrations.iter().find(|m| Version::of_directory(&m.dir_name) == version) {
        Some(taken) => {
            Err(CliError::usage(format!("version `{version}` is taken by `{}`", taken.dir_name))
                .help("leave `--version` out: the next one is found by itself"))
        }
        None => Ok(text.to_owned()),
    }
}

/// `YYYY-MM-DD-HHMMSS-XXXX`, Diesel's form since 2.3, and after every version there is.
///
/// When the newest lies ahead of the clock, the new one takes its time stamp and counts on.
fn next_version(raw: &RawSet, now: SystemTime) -> String {
    let newest = raw.migrations.iter().map(|m| Version::of_directory(&m.dir_name)).max();
    let stamp = stamp(now);
    for counter in 0..=0xffff_u32 {
        let candidate = format!("{stamp}-{counter:04x}");
        if newest.as_ref().is_none_or(|newest| Version::of_directory(&candidate) > *newest) {
            return candidate;
        }
    }
    after(newest.as_ref().map_or("", Version::as_str))
}

/// A text of the same form that sorts after `version`.
fn after(version: &str) -> String {
    if let Some((stem, counter)) = version.split_at_checked(14).filter(|_| version.len() == 18) {
        let next = u32::from_str_radix(counter, 16).ok().map(|counter| counter + 1);
        if let Some(next) = next.filter(|next| *next <= 0xffff) {
            return format!("{stem}{next:04x}");
        }
    }
    let stem = version.trim_end_matches(|c: char| c.is_ascii_digit());
    match version.get(stem.len()..).unwrap_or_default() {
        "" => format!("{version}0000"),
        // The width stays: versions are compared as text.
        digits => match next_number(digits) {
            Some(next) => format!("{stem}{next}"),
            None => format!("{version}0"),
        },
    }
}

/// The next number of the same width; `None` behind `99…9`.
fn next_number(digits: &str) -> Option<String> {
    let kept = digits.trim_end_matches('9');
    let last = kept.chars().next_back()?.to_digit(10)?;
    let zeros = "0".repeat(digits.len() - kept.len());
    Some(format!("{}{}{zeros}", &kept[..kept.len() - 1], last + 1))
}

/// UTC, `YYYY-MM-DD-HHMMSS`.
fn stamp(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}-{:02}{:02}{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

/// Days since 1970-01-01 as a date of the Gregorian calendar, counted in 400-year cycles that begin in March.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Writes the files.
///
/// # Errors
///
/// What the file system reports. A directory that is there already is never written into.
pub fn write(files: &[NewFile]) -> CliResult<()> {
    let Some(folder) = files.first().and_then(|file| file.path.parent()) else { return Ok(()) };
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).map_err(|error| CliError::io("create", parent, &error))?;
    }
    std::fs::create_dir(folder).map_err(|error| CliError::io("create", folder, &error))?;
    for file in files {
        std::fs::write(&file.path, &file.text)
            .map_err(|error| CliError::io("write", &file.path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn set(names: &[&str]) -> RawSet {
        let migration = |name: &&str| dbmig_build::RawMigration {
            dir_name: (*name).to_owned(),
            ..dbmig_build::RawMigration::default()
        };
        RawSet { migrations: names.iter().map(migration).collect(), ..RawSet::default() }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01-000000"),
            (951_782_399, "2000-02-28-235959"),
            (951_782_400, "2000-02-29-000000"),
            (951_868_800, "2000-03-01-000000"),
            (1_767_225_599, "2025-12-31-235959"),
            (1_795_225_299, "2026-11-21-014139"),
        ] {
            assert_eq!(stamp(at(seconds)), expected);
        }
    }

    #[test]
    fn always_sorts_after_the_newest() {
        let now = at(1_795_225_299);
        for (names, expected) in [
            (&[][..], "2026-11-21-014139-0000"),
            (&["2026-11-21-014139-0000_a"], "2026-11-21-014139-0001"),
            (&["2026-11-21-014139_a"], "2026-11-21-014139-0000"),
            (&["2027-01-01-000000_a"], "20270101000001"),
            (&["2027-01-01-000000-00ff_a"], "202701010000000100"),
            (&["2027-01-01-000000-ffff_a"], "202701010000 00ffff0000"),
            (&["zzz_a"], "zzz0000"),
            (&["3000_é"], "3001"),
            (&["5_a"], "6"),
            (&["5_a", "6_b"], "7"),
            (&["9_a"], "90"),
            (&["999_a"], "9990"),
            (&["3099_a"], "3100"),
            (&["zzz0000_a"], "zzz0001"),
            (&["2027-01-01-000000-ffff0000_a"], "20270101000000ffff0001"),
        ] {
            let version = next_version(&set(names), now);
            assert_eq!(version, expected.replace(' ', ""), "{names:?}");
            for name in names {
                assert!(Version::of_directory(&version) > Version::of_directory(name), "{names:?}");
            }
        }
    }

    #[test]
    fn names_and_versions_that_can_not_be_used() {
        for (label, version) in [
            ("", None),
            (" ", None),
            ("a\"b", None),
            ("é", None),
            ("a", Some("1_")),
            ("a", Some("2024-01-01")),
            ("a", Some("")),
        ] {
            let new = NewMigration {
                label: label.into(),
                version: version.map(str::to_owned),
                ..NewMigration::default()
            };
            assert!(
                plan(Path::new("m"), &set(&["20240101_x"]), &new, at(0)).is_err(),
                "{label:?} {version:?}"
            );
        }
    }

    #[test]
    fn metadata_is_read_back() {
        let new = NewMigration {
            label: "add users".into(),
            irreversible: Some("drops \"a\" table".into()),
            no_transaction: true,
            ..NewMigration::default()
        };
        let files = plan(Path::new("m"), &set(&[]), &new, at(0)).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "m/1970-01-01-000000-0000_add_users/up.sql",
                "m/1970-01-01-000000-0000_add_users/metadata.toml"
            ]
        );
        let read = crate::metadata::read(&files[1].text);
        assert_eq!(read.problems, []);
        assert_eq!(read.settings.irreversible.as_deref(), Some("drops \"a\" table"));
        assert!(!read.settings.run_in_transaction);
    }
}
