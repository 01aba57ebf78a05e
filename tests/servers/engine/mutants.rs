//! Ways back of real projects' sets, broken, on the servers; see `tests/run --full`.
//!
//! A few mutants of each server are tried; `DBMIG_TEST_ROUNDS=1` tries all of them, 10 every tenth.

use std::path::Path;

use cargo_dbmig::config::Env;
use cargo_dbmig::database::{Location, Scratch, Surroundings};
use dbmig_build::{Dialect, MigrationSet, Version};
use dbmig_runtime::Session;
use dbmig_runtime::proof::{Copied, Shadow, replay};
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult};

use super::proofs::sets;
use crate::mutant::{Trial, load, verdict};
use crate::support::Server;

/// Mutants that no test can tell from the original, with the reason.
const EQUIVALENT: [(&str, &str); 0] = [];

/// Databases in which all migrations before one are applied, whatever is asked for.
struct Before<'a> {
    scratch: Scratch,
    set: &'a MigrationSet,
    before: Version,
    /// What copies are made of, where there are any.
    base: Option<Box<dyn Session>>,
}

impl Before<'_> {
    /// Goes on to another migration.
    fn go_to(&mut self, version: &Version) -> DbResult<()> {
        self.before = version.clone();
        if self.base.is_none() {
            self.base = self.scratch.base()?;
        }
        match &mut self.base {
            Some(base) => apply(&mut **base, self.set, version),
            None => Ok(()),
        }
    }
}

impl Shadow for Before<'_> {
    fn fresh(&mut self) -> DbResult<Box<dyn Session>> {
        match self.base.take() {
            Some(base) => {
                let Copied { copy, base, .. } =
                    self.scratch.copy(base)?.ok_or_else(|| broken("no copy"))?;
                self.base = Some(base);
                Ok(copy)
            }
            None => {
                let mut session = self.scratch.fresh()?;
                apply(&mut *session, self.set, &self.before)?;
                Ok(session)
            }
        }
    }
}

fn broken(message: impl Into<String>) -> DbError {
    DbError::new(DbErrorKind::Other, message)
}

fn apply(session: &mut dyn Session, set: &MigrationSet, before: &Version) -> DbResult<()> {
    replay(session, set, &|version| version < before).map_err(|error| broken(error.to_string()))
}

fn scratch(server: Server, set: &Path) -> Scratch {
    let here = Path::new("");
    let around = Surroundings { env: &Env::default(), tls: None, cwd: here };
    let url = server.url();
    let place = Location::of(&url, here, around).unwrap_or_else(|error| panic!("{error:?}"));
    // Its application says so before it migrates.
    let init = if set.ends_with("mysql/vaultwarden") { "SET FOREIGN_KEY_CHECKS = 0" } else { "" };
    Scratch::beside(place, init.to_owned())
}

/// Breaks the ways back of a server's sets; one of so many, unless somebody says otherwise.
fn try_all(server: Server, every: usize, least: usize) {
    let dialect = if server == Server::Postgres { Dialect::Postgres } else { Dialect::Mysql };
    let mut trial = Trial::new(every, &EQUIVALENT);
    for dir in sets(server, false).into_iter().chain(sets(server, true)) {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let set = load(&dir.join("migrations"), dialect);
        let mut before = Before {
            scratch: scratch(server, &dir),
            set: &set,
            before: set.iter().next().expect("a migration").version.clone(),
            base: None,
        };
        for migration in &set {
            let about = format!("{name}/{}", migration.dir_name);
            let chosen = trial.chosen(migration, dialect);
            if chosen.is_empty() {
                continue;
            }
            before.go_to(&migration.version).unwrap_or_else(|error| panic!("{about}: {error}"));
            trial.run(&about, &chosen, &mut |down| {
                verdict(&set, &migration.version, down, &mut before)
            });
        }
    }
    trial.end(least);
}

#[test]
fn of_postgresql() {
    try_all(Server::Postgres, 60, 20);
}

#[test]
fn of_mariadb() {
    try_all(Server::Mariadb, 20, 4);
}

#[test]
fn of_mysql() {
    try_all(Server::Mysql, 20, 4);
}
