//! `FileChange`: one file as it is and as it shall be; shown as a difference, written atomically.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::error::{CliError, CliResult};
use crate::scaffold::relative_path;

/// A file to be created or rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Its text now; `None` if it does not exist.
    pub before: Option<String>,
    /// Its text after [`FileChange::apply`].
    pub after: String,
}

impl FileChange {
    /// The change from `before` to `after`; `None` if that is no change. A file whose lines all end in
    /// CRLF keeps them.
    pub fn new(path: impl Into<PathBuf>, before: Option<String>, after: String) -> Option<Self> {
        let after = match &before {
            Some(before) if is_crlf(before) => after.replace("\r\n", "\n").replace('\n', "\r\n"),
            _ => after,
        };
        (before.as_ref() != Some(&after)).then(|| Self { path: path.into(), before, after })
    }

    /// The text of a file for `before`: `None` if it does not exist.
    ///
    /// # Errors
    /// The file exists and cannot be read, or is not UTF-8.
    pub fn current(path: &Path) -> CliResult<Option<String>> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(CliError::io("read", path, &error)),
        }
    }

    /// The difference in unified format, with paths relative to `cwd`.
    pub fn diff(&self, cwd: &Path) -> String {
        let shown = relative_path(cwd, &self.path);
        let shown = shown.trim_start_matches('/');
        let old_name = match self.before {
            Some(_) => format!("a/{shown}"),
            None => "/dev/null".to_owned(),
        };
        let new_name = format!("b/{shown}");
        let before = self.before.as_deref().unwrap_or_default();
        let diff = TextDiff::from_lines(before, &self.after);
        let text = diff.unified_diff().header(&old_name, &new_name).to_string();
        if text.is_empty() {
            // An empty new file has no lines to differ in, but it is a change.
            return format!("--- {old_name}\n+++ {new_name}\n");
        }
        text
    }

    /// Writes the file: a new one in the same folder, then renamed over the old one, so that nobody ever
    /// sees half of it. Parent folders are created.
    ///
    /// # Errors
    /// The file is not what it was when the change was planned, or it cannot be written.
    pub fn apply(&self) -> CliResult<()> {
        let now = Self::current(&self.path)?;
        if now.as_ref() == Some(&self.after) {
            return Ok(());
        }
        if now != self.before {
            return Err(CliError::usage(format!(
                "`{}` was changed by someone else in the meantime, and is left as it is",
                self.path.display()
            ))
            .help("run the command again"));
        }
        // A symbolic link stays one: what it points to is replaced.
        let target = match &self.before {
            Some(_) => fs::canonicalize(&self.path)
                .map_err(|error| CliError::io("resolve", &self.path, &error))?,
            None if self.path.is_symlink() => {
                return Err(CliError::usage(format!(
                    "`{}` is a symbolic link to a file that does not exist",
                    self.path.display()
                ))
                .help("remove the link, or create what it points to"));
            }
            None => self.path.clone(),
        };
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| CliError::io("create the folder", folder, &error))?;
        }
        let written = create_beside(&target).and_then(|(scratch, file)| {
            // The error that matters is the first one; a leftover scratch file is only litter.
            self.write_through(file, &scratch, &target)
                .inspect_err(|_| drop(fs::remove_file(&scratch)))
        });
        written.map_err(|error| CliError::io("write", &self.path, &error))
    }

    fn write_through(&self, mut file: File, scratch: &Path, target: &Path) -> std::io::Result<()> {
        file.write_all(self.after.as_bytes())?;
        if self.before.is_some() {
            fs::set_permissions(scratch, fs::metadata(target)?.permissions())?;
        }
        file.sync_all()?;
        drop(file);
        fs::rename(scratch, target)
    }
}

fn is_crlf(text: &str) -> bool {
    let lines = text.matches('\n').count();
    lines > 0 && text.matches("\r\n").count() == lines
}

/// A new file in the folder of `target`. In a container every process may have the same number, and one
/// that was killed leaves its file behind: what is there already is never touched.
fn create_beside(target: &Path) -> std::io::Result<(PathBuf, File)> {
    const TRIES: usize = 1000;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let process = std::process::id();
    let mut tried = 0;
    loop {
        tried += 1;
        let scratch = target.with_file_name(format!(".{name}.{process}-{tried}.dbmig-tmp"));
        match OpenOptions::new().write(true).create_new(true).open(&scratch) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tried < TRIES => {}
            result => return result.map(|file| (scratch, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn equal_texts_are_no_change() {
        assert_eq!(FileChange::new("f", Some("a".into()), "a".into()), None);
        assert!(FileChange::new("f", None, String::new()).is_some());
        let crlf = FileChange::new("f", Some("a\r\nb\r\n".into()), "a\r\nb\r\nc\n".into()).unwrap();
        assert_eq!(crlf.after, "a\r\nb\r\nc\r\n");
        assert_eq!(FileChange::new("f", Some("a\r\n".into()), "a\n".into()), None);
    }

    #[test]
    fn differences_are_unified() {
        let cwd = Path::new("/ws");
        let cases = [
            (Some("a\nb\n"), "a\nc\n", "--- a/x/f\n+++ b/x/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"),
            (None, "a\n", "--- /dev/null\n+++ b/x/f\n@@ -0,0 +1 @@\n+a\n"),
            (None, "", "--- /dev/null\n+++ b/x/f\n"),
        ];
        for (before, after, expected) in cases {
            let before = before.map(str::to_owned);
            let change = FileChange::new("/ws/x/f", before, after.into()).unwrap();
            assert_eq!(change.diff(cwd), expected);
        }
    }

    #[test]
    fn applying_twice_is_applying_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/folder/f");
        let change = FileChange::new(&path, None, "a\n".into()).unwrap();
        change.apply().unwrap();
        change.apply().unwrap();
        assert_eq!(FileChange::current(&path).unwrap().as_deref(), Some("a\n"));
        assert_eq!(names(path.parent().unwrap()), ["f"]);
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, "theirs").unwrap();
        for before in [None, Some("older".to_owned())] {
            let error = FileChange::new(&path, before, "ours".into()).unwrap().apply().unwrap_err();
            assert!(error.message.contains("changed by someone else"), "{}", error.message);
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "a").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        FileChange::new(&link, Some("a".into()), "b".into()).unwrap().apply().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "b");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(folder.path()), ["link", "real"]);

        let dangling = folder.path().join("dangling");
        symlink(folder.path().join("nowhere"), &dangling).unwrap();
        let error = FileChange::new(&dangling, None, "c".into()).unwrap().apply().unwrap_err();
        assert!(error.message.contains("symbolic link"), "{}", error.message);
        assert!(dangling.is_symlink());
    }

    #[test]
    fn what_a_killed_process_left_behind_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        let (left, _) = create_beside(&path).unwrap();
        FileChange::new(&path, None, "a".into()).unwrap().apply().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a");
        assert!(left.exists(), "it may belong to a process that is alive");
    }

    /// RELIABILITY T26: 8 writers and 8 readers; a reader sees one whole text or another.
    #[test]
    fn no_reader_sees_half_a_lock_file() {
        use dbmig_build::{Dialect, LockFile};
        use std::sync::atomic::{AtomicUsize, Ordering};
        const FIXTURE: &str =
            include_str!("../../../dbmig-build/tests/fixtures/lock/format-1.lock");
        let rounds: usize =
            std::env::var("DBMIG_TEST_ROUNDS").map_or(200, |rounds| rounds.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dbmig.lock");
        // Texts of different lengths, so that half of one under the end of another would show.
        let mut shorter = LockFile::parse(FIXTURE).unwrap();
        let newest = shorter.newest().cloned().unwrap();
        shorter.remove(&newest);
        let small = LockFile::for_dialects(vec![Dialect::Sqlite]);
        let texts = [FIXTURE.to_owned(), small.render(), shorter.render()];
        fs::write(&path, &texts[0]).unwrap();
        let (written, read, left) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(8));
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let (path, texts, written, left) = (&path, &texts, &written, &left);
                scope.spawn(move || {
                    for round in 0..rounds {
                        let before = FileChange::current(path).unwrap();
                        let after = texts[(writer + round) % texts.len()].clone();
                        // Somebody else may have been faster: that is told, and nothing is written.
                        match FileChange::new(path, before, after).map(|change| change.apply()) {
                            Some(Ok(())) => drop(written.fetch_add(1, Ordering::Relaxed)),
                            Some(Err(error)) => {
                                assert!(error.message.contains("by someone else"), "{error:?}");
                            }
                            None => {}
                        }
                    }
                    left.fetch_sub(1, Ordering::Relaxed);
                });
            }
            for _ in 0..8 {
                let (path, read, left) = (&path, &read, &left);
                scope.spawn(move || {
                    while left.load(Ordering::Relaxed) > 0 {
                        let text = fs::read_to_string(path).unwrap();
                        LockFile::parse(&text).unwrap_or_else(|error| panic!("{error:?}: {text}"));
                        read.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert!(written.into_inner() > rounds && read.into_inner() > 0);
        assert_eq!(names(folder.path()), ["dbmig.lock"], "litter");
    }
}
