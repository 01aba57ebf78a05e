//! The server's own client, told where to connect. The password goes by the environment: what stands on a
//! command line is seen by everybody on the machine.

use std::path::{Path, PathBuf};

use super::{Location, Target};
use crate::config::{Env, Secret};

/// A program and what it is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// Names under which it is installed; the first that is found is taken.
    pub programs: &'static [&'static str],
    /// How to install it.
    pub install: &'static str,
    /// Its arguments, for the client of MariaDB where that is another one.
    pub arguments: Vec<String>,
    /// Variables that it gets.
    pub variables: Vec<(&'static str, Secret)>,
    /// Variables that it must not see: they would lead it elsewhere.
    pub hidden: &'static [&'static str],
}

impl Client {
    /// The program, where the variables say that programs are.
    pub fn find(&self, env: &Env) -> Option<PathBuf> {
        let folders = env.get("PATH").unwrap_or_default();
        let endings: &[&str] = if cfg!(windows) { &[".exe", ""] } else { &[""] };
        let folders: Vec<_> = std::env::split_paths(folders).collect();
        let paths = self.programs.iter().flat_map(|name| {
            let folders = &folders;
            endings.iter().flat_map(move |ending| {
                folders.iter().map(move |folder| folder.join(format!("{name}{ending}")))
            })
        });
        paths.into_iter().find(|path| is_program(path))
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

impl Location {
    /// The client for this database. `is_mariadb` says of a program found whether it is MariaDB's: the
    /// two understand different words about TLS.
    pub fn client(&self, is_mariadb: impl FnOnce() -> bool) -> Client {
        match &self.target {
            Target::Sqlite(url) => url.client(),
            Target::Postgres(target) => target.client(&self.setup),
            Target::Mysql(target) => target.client(is_mariadb()),
        }
    }

    /// The names of the client, before anything is known of the one that is installed.
    pub fn client_programs(&self) -> Client {
        self.client(|| false)
    }
}
