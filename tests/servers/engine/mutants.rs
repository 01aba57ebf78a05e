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
use crate::mutant::{Equivalent, Trial, load, verdict};
use crate::support::Server;

/// Mutants that no test can tell from the original, with the reason.
const EQUIVALENT: [Equivalent; 8] = [
    (
        "trieve/2023-06-11-205243_add-gist-index-to-card_metadata",
        &["statement 1 left out"],
        "the index goes with its column, which is dropped behind it",
    ),
    (
        "trieve/2024-06-14-141224_soft-delete-organization",
        &["statement 2 left out"],
        "the index has gone with its column",
    ),
    (
        "trieve/2023-07-09-223854_triggers-for-update-at",
        &[
            "statement 5 left out",
            "statement 6 left out",
            "statement 7 left out",
            "statement 8 left out",
            "statement 9 left out",
            "statement 10 left out",
            "statement 11 left out",
            "statement 12 left out",
            "statement 13 left out",
            "statement 14 left out",
            "statement 15 left out",
            "statement 16 left out",
            "statement 17 left out",
            "statement 18 left out",
            "statement 19 left out",
            "statement 20 left out",
            "statement 21 left out",
        ],
        "the triggers have gone with their functions, which were dropped with CASCADE",
    ),
    (
        "trieve/2023-08-02-003642_add-collection-uuid-reference-to-file-notification",
        &[
            "NOT NULL left out at byte 256",
            "NOT NULL left out at byte 288",
            "DEFAULT left out at byte 297",
            "NOT NULL left out at byte 386",
        ],
        "of a table that the way back itself makes and drops",
    ),
    (
        "trieve/2023-12-04-202535_card_dataset",
        &["statement 2 left out", "statement 3 left out", "statement 4 left out"],
        "the columns that it drops IF EXISTS are not there",
    ),
    (
        "trieve/2023-12-11-205317_add_datasets_to_notifications_and_topics",
        &["statement 1 left out", "statement 2 left out", "statement 3 left out"],
        "the constraint goes with its column, which is dropped behind it",
    ),
    (
        "trieve/2024-07-05-175730_modify_chunk_metadata_counts_trigger_to_be_statement_level",
        &["statement 3 left out"],
        "the function that it drops is created again, with OR REPLACE",
    ),
    (
        "trieve/2024-07-06-064130_handle-potential-null-in-chunk_metadata_counts-trigger",
        &["statement 3 left out"],
        "the function that it drops is created again, with OR REPLACE",
    ),
];

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
