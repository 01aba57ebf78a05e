//! Reads a migrations directory into a [`RawSet`]. Judges nothing.

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use crate::{RawFile, RawMigration, RawSet, lock};

/// Reads the migrations directory `dir`; findings will call it `shown`.
///
/// Plain files and names that begin with `.` are ignored, as Diesel does; every other directory is a
/// migration. What can not be read is noted in the result, never skipped in silence.
pub fn load(dir: &Path, shown: &str) -> RawSet {
    let mut raw = RawSet { path: shown.to_owned(), ..RawSet::default() };
    match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            raw.unreadable
                .push((shown.to_owned(), "the migrations directory is not a directory".into()));
            return raw;
        }
        Err(error) => {
            raw.unreadable.push((
                shown.to_owned(),
                format!("could not open the migrations directory: {error}"),
            ));
            return raw;
        }
    }
    for entry in WalkDir::new(dir).min_depth(1).max_depth(1).follow_links(true).sort_by_file_name()
    {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                raw.unreadable.push((shown.to_owned(), error.to_string()));
                continue;
            }
        };
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if hidden || !entry.file_type().is_dir() {
            continue;
        }
        match entry.file_name().to_str() {
            Some(name) => raw.migrations.push(migration(entry.path(), name)),
            None => raw.undecodable_names.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
    raw.lock = read(&dir.join(lock::FILE_NAME));
    raw
}

fn migration(dir: &Path, name: &str) -> RawMigration {
    RawMigration {
        dir_name: name.to_owned(),
        up: read(&dir.join("up.sql")),
        down: read(&dir.join("down.sql")),
        metadata: read(&dir.join("metadata.toml")),
    }
}

fn read(path: &Path) -> RawFile {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => RawFile::Absent,
        Err(error) => RawFile::Unreadable(format!("could not open it: {error}")),
        // Opening a pipe would wait for a writer that never comes.
        Ok(metadata) if !metadata.is_file() => {
            RawFile::Unreadable("it is not a regular file".into())
        }
        Ok(_) => match fs::read(path) {
            Ok(bytes) => RawFile::Bytes(bytes),
            Err(error) => RawFile::Unreadable(format!("could not read it: {error}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_diesel_reads() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["2_b", "1_a", ".hidden"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("README.md"), "x").unwrap();
        fs::write(dir.path().join("1_a/up.sql"), "select 1").unwrap();
        fs::create_dir(dir.path().join("2_b/up.sql")).unwrap();
        fs::write(dir.path().join(lock::FILE_NAME), "lock").unwrap();
        let raw = load(dir.path(), "migrations");
        let names: Vec<_> = raw.migrations.iter().map(|m| m.dir_name.as_str()).collect();
        assert_eq!(names, ["1_a", "2_b"]);
        assert_eq!(raw.migrations[0].up, RawFile::Bytes(b"select 1".to_vec()));
        assert_eq!(raw.migrations[0].down, RawFile::Absent);
        assert_eq!(raw.migrations[1].up, RawFile::Unreadable("it is not a regular file".into()));
        assert_eq!(raw.lock, RawFile::Bytes(b"lock".to_vec()));
        assert!(raw.unreadable.is_empty());
    }

    #[test]
    fn no_directory_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("migrations");
        assert_eq!(load(&file, "migrations").unreadable.len(), 1);
        fs::write(&file, "").unwrap();
        assert!(load(&file, "migrations").unreadable[0].1.contains("not a directory"));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_not_utf8_is_said() {
        use std::os::unix::ffi::OsStrExt as _;
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join(std::ffi::OsStr::from_bytes(b"1_\xff"))).unwrap();
        assert_eq!(load(dir.path(), "m").undecodable_names, ["1_\u{fffd}"]);
    }
}
