//! More for a migration that is still a draft.

use std::path::Path;

use dbmig_build::sql::{TokenKind, tokens};
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet, Version};
use toml_edit::DocumentMut;

use super::generating::{DOWN_FRAME, UP_FRAME};
use crate::error::{CliError, CliResult};
use crate::generate::Part;
use crate::metadata;
use crate::scaffold::FileChange;

/// A draft as it will be.
#[derive(Debug)]
pub struct Amended {
    /// Its directory.
    pub dir_name: String,
    /// The files that change.
    pub changes: Vec<FileChange>,
}

/// The newest migration, which must be a draft.
///
/// # Errors
///
/// There is none, it is locked, or it changes rows in windows.
pub fn newest_draft(raw: &RawSet, set: &MigrationSet) -> CliResult<String> {
    let Some(newest) = set.iter().last() else {
        return Err(CliError::usage("there is no migration to amend").help("leave `--amend` out"));
    };
    let name = newest.dir_name.to_string();
    if !newest.is_draft() {
        return Err(CliError::usage(format!("the newest migration, `{name}`, is locked"))
            .help("leave `--amend` out: what is locked does not change"));
    }
    let found = raw.migrations.iter().find(|one| one.dir_name == name);
    if found.is_some_and(|one| one.backfill.bytes().is_some()) {
        return Err(CliError::usage(format!("`{name}` changes rows in windows, and nothing else"))
            .help("leave `--amend` out"));
    }
    Ok(name)
}

/// Leaves the newest migration out where nothing was written into it yet: it could not be applied.
pub fn leave_out_empty(raw: &mut RawSet) {
    let version = |one: &RawMigration| Version::of_directory(&one.dir_name);
    let newest = raw.migrations.iter().max_by_key(|one| version(one));
    let empty = newest.filter(|one| {
        let text = one.up.bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.is_some_and(|text| text.replacen(UP_FRAME, "", 1).trim().is_empty())
    });
    if let Some(name) = empty.map(|one| one.dir_name.clone()) {
        raw.migrations.retain(|one| one.dir_name != name);
    }
}

/// Adds to a draft: behind what its `up.sql` does, and before what its `down.sql` does.
///
/// # Errors
///
/// It takes more than one migration, or one that runs in another way.
pub fn plan(
    dir: &Path,
    raw: &mut RawSet,
    dir_name: &str,
    parts: &[Part],
    dialect: Dialect,
) -> CliResult<Amended> {
    let [part] = parts else {
        return Err(CliError::usage(format!(
            "on tables that others may be using this takes {} migrations, and a draft is one",
            parts.len()
        ))
        .help("leave `--amend` out, or take the short form: `--unsafe`"));
    };
    let Some(found) = raw.migrations.iter_mut().find(|one| one.dir_name == dir_name) else {
        return Err(CliError::usage(format!("there is no migration `{dir_name}`")));
    };
    let text = |file: &RawFile| -> CliResult<Option<String>> {
        let Some(bytes) = file.bytes() else { return Ok(None) };
        String::from_utf8(bytes.to_vec())
            .map(Some)
            .map_err(|_| CliError::usage(format!("a file of `{dir_name}` is not UTF-8")))
    };
    let (up, down) = (text(&found.up)?, text(&found.down)?);
    let about = text(&found.metadata)?;
    let settings = metadata::read(about.as_deref().unwrap_or_default()).settings;
    if part.no_transaction && settings.run_in_transaction {
        return Err(CliError::usage(format!(
            "what is missing can not run in a transaction, and `{dir_name}` runs in one"
        ))
        .help("leave `--amend` out, or take the short form: `--unsafe`"));
    }
    let more_up = behind(up.as_deref().unwrap_or_default(), &part.up, dialect);
    let more_down = match &down {
        Some(old) => before(old, &part.down),
        None if settings.irreversible.is_some() => String::new(),
        None => part.down.clone(),
    };
    let folder = dir.join(dir_name);
    let mut changes = Vec::new();
    changes.extend(FileChange::new(folder.join("up.sql"), up, more_up.clone()));
    found.up = RawFile::Bytes(more_up.into_bytes());
    if settings.irreversible.is_none() {
        changes.extend(FileChange::new(folder.join("down.sql"), down, more_down.clone()));
        found.down = RawFile::Bytes(more_down.into_bytes());
    }
    if part.foreign_keys_off && !settings.foreign_keys_off {
        let text = keys_off(about.as_deref().unwrap_or_default())?;
        changes.extend(FileChange::new(folder.join("metadata.toml"), about, text.clone()));
        found.metadata = RawFile::Bytes(text.into_bytes());
    }
    let dir_name = dir_name.to_owned();
    Ok(Amended { dir_name, changes })
}

/// What is new comes last; the frame of an empty file goes.
fn behind(old: &str, new: &str, dialect: Dialect) -> String {
    let old = old.replacen(UP_FRAME, "", 1);
    let old = old.trim_end();
    if old.trim().is_empty() {
        return new.to_owned();
    }
    let last = tokens(old, dialect).filter(|token| !token.is_trivia()).last();
    let ended = last.is_none_or(|token| token.kind == TokenKind::Terminator);
    let commented = tokens(old, dialect).last();
    let commented = commented.is_some_and(|token| token.kind == TokenKind::LineComment);
    // Behind a comment it would be part of it.
    let end = match (ended, commented) {
        (true, _) => "",
        (false, true) => "\n;",
        (false, false) => ";",
    };
    format!("{old}{end}\n{new}")
}

/// What came last goes first.
fn before(old: &str, new: &str) -> String {
    let old = old.replacen(DOWN_FRAME, "", 1);
    format!("{new}{}", old.trim_start_matches('\n'))
}

fn keys_off(text: &str) -> CliResult<String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        CliError::usage("`metadata.toml` can not be read").cause(error.message().to_owned())
    })?;
    document["dbmig"].or_insert(toml_edit::table())["foreign_keys"] = toml_edit::value("off");
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays() {
        for (old, expected) in [
            (UP_FRAME, "B;\n"),
            ("", "B;\n"),
            ("-- why\nA;", "-- why\nA;\nB;\n"),
            ("A;\n\n", "A;\nB;\n"),
            ("A\n", "A;\nB;\n"),
            ("A -- why", "A -- why\n;\nB;\n"),
            ("A; -- why", "A; -- why\nB;\n"),
        ] {
            assert_eq!(behind(old, "B;\n", Dialect::Sqlite), expected, "{old:?}");
        }
        assert_eq!(before(DOWN_FRAME, "A;\n"), "A;\n");
        assert_eq!(before("A;\n", "B;\n"), "B;\nA;\n");
        let text = keys_off("run_in_transaction = true\n").unwrap();
        assert_eq!(text, "run_in_transaction = true\n\n[dbmig]\nforeign_keys = \"off\"\n");
    }
}
