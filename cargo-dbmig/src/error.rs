//! `CliError`: why a command could not be completed, and what to type next.

use std::fmt;
use std::path::Path;

use crate::exit::Exit;

/// An operation that could not be completed.
#[derive(Debug, Clone)]
pub struct CliError {
    /// How the process ends.
    pub exit: Exit,
    /// What went wrong: lower case, no final period, `path:line:col: ` in front where there is a place.
    pub message: String,
    /// What it was caused by, outermost first.
    pub causes: Vec<String>,
    /// Facts that help to understand it.
    pub notes: Vec<String>,
    /// What to do next; imperative, can be pasted.
    pub help: Vec<String>,
}

/// What every fallible part of the CLI returns.
pub type CliResult<T> = Result<T, CliError>;

impl CliError {
    /// An error that ends the process with `exit`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: vec![], notes: vec![], help: vec![] }
    }

    /// Wrong usage or invalid configuration.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The database could not be reached, or refused something.
    pub fn database(message: impl Into<String>) -> Self {
        Self::new(Exit::Database, message)
    }

    /// A file could not be read or written: `verb` is what was tried.
    pub fn io(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::usage(format!("could not {verb} `{}`", path.display())).cause(error.to_string())
    }

    /// Adds a cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}
