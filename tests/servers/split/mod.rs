//! The servers as the oracle of the lexer: they cut a text themselves when it is sent whole. What they
//! make of the whole must be what they make of our statements, one by one.

#[cfg(feature = "full-tests")]
mod corpus;
pub(crate) mod dump;
mod mysql;
mod postgres;

use std::fs;
use std::path::Path;

use dbmig_build::Dialect;
use dbmig_build::sql::{self, Split};

/// Texts that are hard to cut, in the order of their names.
fn hazards(folder: &str) -> Vec<(String, String)> {
    let dir =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/servers/split/hazards").join(folder);
    let entries = fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_string_lossy().into_owned(), text)
        })
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", dir.display());
    files
}

/// The text cut, without doubt.
fn surely<'a>(name: &str, text: &'a str, dialect: Dialect) -> Result<Split<'a>, String> {
    let split = sql::split(text, dialect);
    match split.unsure {
        Some(unsure) => Err(format!("{name}: {}:{} {}", unsure.line, unsure.column, unsure.reason)),
        None if split.statements.is_empty() => Err(format!("{name}: no statement")),
        None => Ok(split),
    }
}

/// The first line that differs, or nothing.
pub(crate) fn difference(whole: &str, pieces: &str) -> Option<String> {
    let line = whole.lines().zip(pieces.lines()).position(|(whole, piece)| whole != piece);
    let line = match line {
        Some(line) => line,
        None if whole.lines().count() == pieces.lines().count() => return None,
        None => whole.lines().count().min(pieces.lines().count()),
    };
    let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
    Some(format!(
        "line {} of the dump\n  whole   {}\n  pieces  {}",
        line + 1,
        at(whole),
        at(pieces)
    ))
}

/// Every problem of a run at once.
#[track_caller]
fn report(problems: &[String], count: usize) {
    assert!(problems.is_empty(), "{} of {count}:\n{}", problems.len(), problems.join("\n"));
    println!("{count} texts");
}
