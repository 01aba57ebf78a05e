//! Reads a migrations directory into a [`RawSet`]. Judges nothing.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::{RawFile, RawMigration, RawNamed, RawSet, Repeatable, backfill, lock};

/// No migration is larger: what is does not belong into memory, nor into a binary.
const READ_AT_MOST: u64 = 256 * 1024 * 1024;

/// Below this many migrations a second thread costs more than it saves.
const WORTH_A_THREAD: usize = 200;

/// Reads the migrations directory `dir`; findings will call it `shown`.
///
/// Names that begin with `.` are ignored, as Diesel does; every other directory is a migration, and plain
/// files are noted by name only. What can not be read is noted in the result, never skipped in silence.
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
    let found = walk(dir, &mut raw);
    raw.migrations = read_all(&found);
    raw.lock = match fs::metadata(dir.join(lock::FILE_NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => RawFile::Absent,
        metadata => {
            read(&dir.join(lock::FILE_NAME), metadata.is_ok_and(|metadata| metadata.is_file()))
        }
    };
    raw
}

/// A migration directory: its name, and which of the four files it has.
struct Found {
    name: String,
    files: [Option<(PathBuf, bool)>; 4],
}

/// The files of a migration, in the order of [`Found::files`].
const FILES: [&str; 4] = ["up.sql", "down.sql", "metadata.toml", backfill::FILE_NAME];

/// One walk over both levels: listing a directory is cheaper than asking for three files.
fn walk(dir: &Path, raw: &mut RawSet) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut root = Root { dir, real: None };
    let visible = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let walk = WalkDir::new(dir).min_depth(1).max_depth(2).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(visible) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let at = error.path().and_then(|path| path.strip_prefix(dir).ok());
                let path = at.map_or_else(
                    || raw.path.clone(),
                    |below| raw.path_of(&[&below.to_string_lossy()]),
                );
                let reason =
                    error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                raw.unreadable.push((path, format!("could not read it: {reason}")));
                continue;
            }
        };
        let is_link = entry.file_type().is_symlink();
        if entry.depth() == 1 && (entry.file_type().is_dir() || is_link && entry.path().is_dir()) {
            let Some(name) = entry.file_name().to_str() else {
                raw.undecodable_names.push(entry.file_name().to_string_lossy().into_owned());
                continue;
            };
            let mut files = [None, None, None, None];
            if is_link && root.leaves(entry.path()) {
                raw.links_outside.push(name.to_owned());
            }
            // Like Diesel, a link to a directory is a migration; a walk does not enter it by itself.
            if is_link {
                for (slot, file) in files.iter_mut().zip(FILES) {
                    let path = entry.path().join(file);
                    *slot = fs::metadata(&path).ok().map(|metadata| (path, metadata.is_file()));
                }
            }
            found.push(Found { name: name.to_owned(), files });
        } else if entry.depth() == 1 {
            let name = entry.file_name();
            if is_link && fs::metadata(entry.path()).is_err() {
                let path = raw.path_of(&[&name.to_string_lossy()]);
                raw.unreadable.push((path, "it is a link that leads nowhere".into()));
                continue;
            }
            if let Some(name) = name.to_str().filter(|name| Repeatable::is_name(name)) {
                if is_link && root.leaves(entry.path()) {
                    raw.links_outside.push(name.to_owned());
                }
                let is_file = entry.file_type().is_file() || entry.path().is_file();
                let content = read(entry.path(), is_file);
                raw.repeatables.push(RawNamed { name: name.to_owned(), content });
                continue;
            }
            // A name that is not UTF-8 matters for a directory only.
            raw.strays
                .extend(name.to_str().filter(|name| *name != lock::FILE_NAME).map(str::to_owned));
        } else if let Some(slot) = slot_of(&entry, found.last_mut()) {
            let is_file = entry.file_type().is_file() || is_link && entry.path().is_file();
            if is_link && root.leaves(entry.path()) {
                let below = entry.path().strip_prefix(dir).unwrap_or(entry.path());
                raw.links_outside.push(below.to_string_lossy().replace('\\', "/"));
            }
            *slot = Some((entry.into_path(), is_file));
        }
    }
    found
}

/// The directory itself, without links; looked up when the first link is met.
struct Root<'d> {
    dir: &'d Path,
    real: Option<PathBuf>,
}

impl Root<'_> {
    /// The link leads to something outside.
    fn leaves(&mut self, link: &Path) -> bool {
        if self.real.is_none() {
            self.real = self.dir.canonicalize().ok();
        }
        match (link.canonicalize(), &self.real) {
            (Ok(target), Some(root)) => !target.starts_with(root),
            // Leads nowhere: reading it says so.
            _ => false,
        }
    }
}

/// Where an entry of the second level belongs, if it is one of the four files.
fn slot_of<'f>(
    entry: &DirEntry,
    last: Option<&'f mut Found>,
) -> Option<&'f mut Option<(PathBuf, bool)>> {
    let last = last.filter(|last| {
        let parent = entry.path().parent().and_then(Path::file_name);
        entry.depth() == 2 && parent.is_some_and(|parent| parent == last.name.as_str())
    })?;
    let index = FILES.iter().position(|file| entry.file_name() == *file)?;
    Some(&mut last.files[index])
}

/// Reads the files of all migrations; the time goes into system calls, so a second thread helps.
fn read_all(found: &[Found]) -> Vec<RawMigration> {
    let read_part = |part: &[Found]| part.iter().map(migration).collect::<Vec<_>>();
    if found.len() < WORTH_A_THREAD {
        return read_part(found);
    }
    let (first, second) = found.split_at(found.len() / 2);
    std::thread::scope(|scope| {
        let second = scope.spawn(move || read_part(second));
        let mut migrations = read_part(first);
        migrations.extend(second.join().expect("reading does not panic"));
        migrations
    })
}

fn migration(found: &Found) -> RawMigration {
    let [up, down, metadata, backfill] = &found.files;
    let file = |file: &Option<(PathBuf, bool)>| match file {
        None => RawFile::Absent,
        Some((path, is_file)) => read(path, *is_file),
    };
    RawMigration {
        dir_name: found.name.clone(),
        up: file(up),
        down: file(down),
        metadata: file(metadata),
        backfill: file(backfill),
    }
}

/// Reads a file. What is no regular one is not opened: a pipe would wait for a writer that never comes.
pub(crate) fn read(path: &Path, is_file: bool) -> RawFile {
    if !is_file {
        return RawFile::Unreadable("it is not a regular file".into());
    }
    let content = || -> io::Result<Vec<u8>> {
        // Most files are small: one read, and one that says it was all. `fs::read` asks for the size first.
        let mut bytes = Vec::with_capacity(4096);
        File::open(path)?.take(READ_AT_MOST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > READ_AT_MOST {
            return Err(io::Error::other("it is larger than 256 MiB"));
        }
        bytes.shrink_to_fit();
        Ok(bytes)
    };
    match content() {
        Ok(bytes) => RawFile::Bytes(bytes),
        Err(error) => RawFile::Unreadable(format!("could not read it: {error}")),
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
        fs::write(dir.path().join("R__views.sql"), "select 2").unwrap();
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
        assert_eq!(raw.strays, ["README.md"]);
        let content = RawFile::Bytes(b"select 2".to_vec());
        assert_eq!(raw.repeatables, [RawNamed { name: "R__views.sql".into(), content }]);
        assert!(raw.unreadable.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_pipes_are_not_opened() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("up.sql"), "select 1").unwrap();
        symlink(elsewhere.path(), dir.path().join("1_a")).unwrap();
        fs::create_dir(dir.path().join("2_b")).unwrap();
        symlink(elsewhere.path().join("up.sql"), dir.path().join("2_b/up.sql")).unwrap();
        symlink("/nonexistent", dir.path().join("2_b/down.sql")).unwrap();
        symlink("/dev/zero", dir.path().join("2_b/metadata.toml")).unwrap();
        let raw = load(dir.path(), "m");
        assert_eq!(raw.migrations[0].up, RawFile::Bytes(b"select 1".to_vec()));
        assert_eq!(raw.migrations[0].down, RawFile::Absent);
        assert_eq!(raw.migrations[1].up, RawFile::Bytes(b"select 1".to_vec()));
        assert_eq!(raw.links_outside, ["1_a", "2_b/metadata.toml", "2_b/up.sql"]);
        for file in [&raw.migrations[1].down, &raw.migrations[1].metadata] {
            assert_eq!(*file, RawFile::Unreadable("it is not a regular file".into()));
        }
    }

    #[test]
    fn many_are_read_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..WORTH_A_THREAD + 1 {
            fs::create_dir(dir.path().join(format!("{number:04}_x"))).unwrap();
            fs::write(dir.path().join(format!("{number:04}_x/up.sql")), number.to_string())
                .unwrap();
        }
        let raw = load(dir.path(), "m");
        for (number, migration) in raw.migrations.iter().enumerate() {
            assert_eq!(migration.dir_name, format!("{number:04}_x"));
            assert_eq!(migration.up, RawFile::Bytes(number.to_string().into_bytes()));
        }
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
