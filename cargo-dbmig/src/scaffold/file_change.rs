//! `FileChange`: one file as it is and as it shall be; shown as a difference, written atomically.

use std::fs::{self, OpenOptions};
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
            None => self.path.clone(),
        };
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| CliError::io("create the folder", folder, &error))?;
        }
        let scratch = scratch_beside(&target);
        let written = self.write_through(&scratch, &target);
        if written.is_err() {
            // The error that matters is the first one; a leftover scratch file is only litter.
            let _ = fs::remove_file(&scratch);
        }
        written.map_err(|error| CliError::io("write", &self.path, &error))
    }

    fn write_through(&self, scratch: &Path, target: &Path) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(scratch)?;
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

fn scratch_beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.dbmig-tmp", std::process::id()))
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
    }
}
