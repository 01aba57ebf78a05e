//! Every generation of the table, on SQLite: executed, compared with what SQLite says of it, proved both ways.

use dbmig_build::Dialect;
use dbmig_runtime::proof::Shadow;
use dbmig_runtime::session::DbResult;

use crate::generations::Bench;

struct Memory;

impl Shadow for Memory {
    fn fresh(&mut self) -> DbResult<Box<dyn dbmig_runtime::Session>> {
        Ok(cargo_dbmig::database::Location::in_memory().unwrap())
    }
}

#[test]
fn all_of_them_on_sqlite() {
    let mut memory = Memory;
    let mut bench = Bench::new(Dialect::Sqlite, &mut memory);
    let done = bench.hold_all();
    assert!(done >= 150, "{done}");
}
