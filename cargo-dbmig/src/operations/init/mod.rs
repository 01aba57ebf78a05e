//! `init`: what is there ([`gather`]), and what is to be written ([`plan`]).
//!
//! `gather` reads and judges everything; `plan` is pure. So a failure leaves nothing half done, and a dry
//! run cannot disagree with the real one.

mod applied;
mod backends;
mod dialect;
mod gather;
mod git;
mod place;
mod plan;
mod set;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use dbmig_build::{Dialect, Findings};

use crate::config::Env;
use crate::error::CliError;
use crate::project::Project;

pub use applied::applied;
pub use gather::{Facts, Package, TextFile, gather};
pub use place::Place;
pub use plan::{Plan, plan};
pub use set::Found;

/// What the command line asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `--dialect`.
    pub dialect: Option<Dialect>,
    /// `--migrations`, as typed.
    pub migrations: Option<PathBuf>,
    /// `--seeds-dir`, as typed.
    pub seeds: Option<PathBuf>,
    /// `--path` or `--git`.
    pub source: Option<Checkout>,
    /// `--package`.
    pub package: Option<String>,
    /// `--database`.
    pub database: Option<String>,
    /// `--database-url`.
    pub database_url: Option<crate::config::Secret>,
}

/// Where the crates come from, if not from the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checkout {
    /// This folder, as typed.
    Path(PathBuf),
    /// This git repository.
    Git(String),
}

/// What `init` looks at.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The current folder.
    pub cwd: &'a Path,
    /// The variables.
    pub env: &'a Env,
    /// The project as every other command would see it.
    pub project: &'a Project,
    /// What is asked for.
    pub request: &'a Request,
}

/// Why nothing can be set up.
#[derive(Debug)]
pub enum Stop {
    /// The command line, or a file of the project, is not in order.
    Error(CliError),
    /// The migrations are not in order.
    Findings(Findings),
}

impl From<CliError> for Stop {
    fn from(error: CliError) -> Self {
        Self::Error(error)
    }
}
