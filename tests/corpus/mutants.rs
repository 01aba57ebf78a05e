//! Ways back of real projects' SQLite sets, broken.
//!
//! Every tenth mutant is tried; `DBMIG_TEST_ROUNDS=1` tries all of them.

use dbmig_build::Dialect;
use dbmig_runtime::Session;
use dbmig_runtime::proof::Shadow;
use dbmig_runtime::session::{DbError, DbErrorKind, DbResult};
use diesel::{Connection as _, SqliteConnection};

use crate::mutant::{Equivalent, Trial, load, verdict};
use crate::sets;

/// Mutants that no test can tell from the original, with the reason.
const EQUIVALENT: [Equivalent; 1] = [(
    "tari-contacts/2023-03-14-101758_create_messages",
    &["statement 1 left out"],
    "the index goes with its table, which is dropped behind it",
)];

struct InMemory;

impl Shadow for InMemory {
    fn fresh(&mut self) -> DbResult<Box<dyn Session>> {
        let conn = SqliteConnection::establish(":memory:")
            .map_err(|error| DbError::new(DbErrorKind::Other, error.to_string()))?;
        Ok(Box::new(conn))
    }
}

#[test]
fn ways_back_that_are_broken_are_found() {
    let mut trial = Trial::new(10, &EQUIVALENT);
    for dir in sets("sqlite") {
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let set = load(&dir.join("migrations"), Dialect::Sqlite);
        for migration in &set {
            let about = format!("{name}/{}", migration.dir_name);
            let chosen = trial.chosen(migration, Dialect::Sqlite);
            trial.run(&about, &chosen, &mut |down| {
                verdict(&set, &migration.version, down, &mut InMemory)
            });
        }
    }
    trial.end(40);
}
