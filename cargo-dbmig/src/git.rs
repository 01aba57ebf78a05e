//! What git knows, through the `git` program: no checkout, nothing written.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository, with the folder that commands run in.
#[derive(Debug, Clone)]
pub struct Git {
    top: PathBuf,
}

/// Why a base can not be compared with; a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown(pub String);

impl Git {
    /// The repository that a folder belongs to; `None` without one, or without git.
    pub fn of(folder: &Path) -> Option<Self> {
        let existing = folder.ancestors().find(|folder| folder.is_dir())?;
        let top = text(command(existing, &["rev-parse", "--show-toplevel"]))?;
        Some(Self { top: PathBuf::from(top) })
    }

    /// The default branch of `origin`, such as `origin/main`.
    pub fn default_branch(&self) -> Option<String> {
        let args = ["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"];
        text(command(&self.top, &args))
    }

    /// The commit of a name.
    pub fn commit(&self, name: &str) -> Option<String> {
        let commit = format!("{name}^{{commit}}");
        text(command(&self.top, &["rev-parse", "--verify", "--quiet", &commit]))
    }

    /// While a rebase or a merge stands still: the commit of those that this branch is brought together
    /// with. On `main` or `master` it is this branch that the others have.
    pub fn other_side(&self) -> Option<String> {
        let onto = |folder: &str| {
            let path = text(command(&self.top, &["rev-parse", "--git-path", folder]))?;
            let name = std::fs::read_to_string(self.top.join(path)).ok()?;
            self.commit(name.trim())
        };
        onto("rebase-merge/onto").or_else(|| onto("rebase-apply/onto")).or_else(|| {
            let merged = self.commit("MERGE_HEAD")?;
            let branch = text(command(&self.top, &["symbolic-ref", "--short", "HEAD"]));
            match branch.as_deref() {
                Some("main" | "master") => self.commit("HEAD"),
                _ => Some(merged),
            }
        })
    }

    /// The commit where `HEAD` left `base`.
    ///
    /// # Errors
    ///
    /// The name is not known here, or the histories do not meet, as in a shallow clone.
    pub fn merge_base(&self, base: &str) -> Result<String, Unknown> {
        if self.commit(base).is_none() {
            return Err(Unknown(format!("git does not know `{base}` here")));
        }
        text(command(&self.top, &["merge-base", "HEAD", base])).ok_or_else(|| {
            Unknown(format!("the histories of `HEAD` and `{base}` do not meet here"))
        })
    }

    /// The files below `dir` in a commit: path relative to `dir`, and content.
    ///
    /// # Errors
    ///
    /// When git fails half way.
    pub fn files(&self, commit: &str, dir: &Path) -> Result<Vec<(String, Vec<u8>)>, Unknown> {
        let failed = |what: &str| Unknown(format!("git could not {what} of `{commit}`"));
        let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        let top = self.top.canonicalize().unwrap_or_else(|_| self.top.clone());
        let Ok(below) = dir.strip_prefix(&top) else { return Ok(vec![]) };
        let prefix = format!("{}/", below.to_string_lossy().replace('\\', "/"));
        let listing =
            command(&self.top, &["ls-tree", "-r", "-z", "--full-tree", commit, "--", &prefix])
                .output()
                .ok()
                .filter(|output| output.status.success())
                .ok_or_else(|| failed("list the files"))?;
        let mut entries = Vec::new();
        // `<mode> blob <object>\t<path>`, ended by NUL.
        for entry in String::from_utf8_lossy(&listing.stdout).split('\0').filter(|e| !e.is_empty())
        {
            let Some((head, path)) = entry.split_once('\t') else { continue };
            let mut head = head.split(' ').skip(1);
            let (Some("blob"), Some(object)) = (head.next(), head.next()) else { continue };
            if let Some(below) = path.strip_prefix(&prefix) {
                entries.push((below.to_owned(), object.to_owned()));
            }
        }
        let contents = self.contents(entries.iter().map(|(_, object)| object.as_str()));
        let contents = contents.ok_or_else(|| failed("read the files"))?;
        Ok(entries.into_iter().map(|(path, _)| path).zip(contents).collect())
    }

    /// One file in a commit; `None` where the commit has none there.
    pub fn file(&self, commit: &str, path: &Path) -> Option<Vec<u8>> {
        // Of a file that is gone its folder may still be there, under its real name.
        let folder = path.parent()?;
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let top = self.top.canonicalize().unwrap_or_else(|_| self.top.clone());
        let below = folder.join(path.file_name()?).strip_prefix(&top).ok()?.to_owned();
        let object = format!("{commit}:{}", below.to_string_lossy().replace('\\', "/"));
        let output = command(&self.top, &["cat-file", "blob", &object]).output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// The contents of objects, by one process for all of them.
    fn contents<'a>(&self, objects: impl Iterator<Item = &'a str>) -> Option<Vec<Vec<u8>>> {
        let objects: Vec<_> = objects.collect();
        let mut child =
            command(&self.top, &["cat-file", "--batch"]).stdin(Stdio::piped()).spawn().ok()?;
        let mut input = child.stdin.take()?;
        let request = objects.join("\n") + "\n";
        let mut output = Vec::new();
        // git answers while it is still being asked: both pipes must move.
        let written = std::thread::scope(|scope| {
            let writer = scope.spawn(move || input.write_all(request.as_bytes()));
            let read = child.stdout.take()?.read_to_end(&mut output);
            read.ok().and(writer.join().ok()).map(|_| ())
        });
        written?;
        child.wait().ok().filter(std::process::ExitStatus::success)?;
        parse_batch(&output, objects.len())
    }
}

/// `<object> blob <size>\n<content>\n`, repeated.
fn parse_batch(mut output: &[u8], count: usize) -> Option<Vec<Vec<u8>>> {
    let mut contents = Vec::with_capacity(count);
    for _ in 0..count {
        let end = output.iter().position(|&byte| byte == b'\n')?;
        let head = std::str::from_utf8(&output[..end]).ok()?;
        let size: usize = head.rsplit(' ').next()?.parse().ok()?;
        let content = output.get(end + 1..end + 1 + size)?;
        contents.push(content.to_vec());
        output = output.get(end + 2 + size..)?;
    }
    Some(contents)
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

/// What a command that succeeds prints, trimmed; `None` otherwise.
fn text(mut command: Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_a_batch() {
        let output = b"a1 blob 3\nx\ny\nb2 blob 0\n\n";
        assert_eq!(parse_batch(output, 2).unwrap(), [b"x\ny".to_vec(), vec![]]);
        assert_eq!(parse_batch(b"a1 missing\n", 1), None);
        assert_eq!(parse_batch(b"a1 blob 9\nx\n", 1), None);
    }

    #[test]
    fn no_git_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Git::of(folder.path()).is_none());
        assert!(Git::of(&folder.path().join("missing")).is_none());
    }
}
