//! `Finding`: something about the user's files that is not in order. Many at once, all collected.

use std::fmt::{self, Write as _};

use crate::{Code, Version};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Worth mending.
    Warning,
    /// Stops the build and `check`.
    Error,
}

impl Severity {
    /// The word in front of a finding.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub code: Code,
    /// How bad, after `[lints]`.
    pub severity: Severity,
    /// What is wrong: lower case, no final period, names in back quotes.
    pub message: String,
    /// The migration it is about, where it is about one that the lock could know.
    pub version: Option<Version>,
    /// The file or directory it is about.
    pub path: String,
    /// Line and column, 1-based, in characters.
    pub place: Option<(usize, usize)>,
    /// Facts.
    pub notes: Vec<String>,
    /// What to do; imperative, can be pasted.
    pub help: Vec<String>,
}

impl Finding {
    /// A finding with the default severity of its code.
    pub fn new(code: Code, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.default_severity(),
            message: message.into(),
            version: None,
            path: path.into(),
            place: None,
            notes: vec![],
            help: vec![],
        }
    }

    /// Names the migration.
    #[must_use]
    pub fn about(mut self, version: &Version) -> Self {
        self.version = Some(version.clone());
        self
    }

    /// Adds line and column.
    #[must_use]
    pub fn at(mut self, line: usize, column: usize) -> Self {
        self.place = Some((line, column));
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// `path`, `path:line:column`.
    pub fn location(&self) -> String {
        match self.place {
            Some((line, column)) => format!("{}:{line}:{column}", self.path),
            None => self.path.clone(),
        }
    }

    /// The whole finding in one line: what `build.rs` prints, where a second line would be lost.
    pub fn one_line(&self) -> String {
        let mut line =
            format!("{}: {}[{}]: {}", self.location(), self.severity, self.code, self.message);
        if let Some(help) = self.help.first() {
            let _ = write!(line, "; {help}");
        }
        line.replace(['\n', '\r'], " ")
    }
}

/// Findings, collected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.list.push(finding);
    }

    /// Sorts by path, place, and code, so that every run prints the same.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (&a.path, a.place, a.code, &a.message).cmp(&(&b.path, b.place, b.code, &b.message))
        });
    }

    /// Keeps those that `keep` accepts; it may change their severity.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Finding) -> bool) {
        self.list.retain_mut(keep);
    }

    /// In their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.list.iter()
    }

    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.iter().filter(|finding| finding.severity == severity).count()
    }

    /// At least one error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// None at all.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl Extend<Finding> for Findings {
    fn extend<T: IntoIterator<Item = Finding>>(&mut self, findings: T) {
        self.list.extend(findings);
    }
}
