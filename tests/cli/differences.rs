//! Every difference of the table, on SQLite.

use dbmig_build::Dialect;

use crate::difference_cases::{Place, hold_all};
use crate::support::Sandbox;

#[test]
fn all_of_them_on_sqlite() {
    let sandbox = Sandbox::project();
    sandbox.write(
        "dbmig.toml",
        "dialect = \"sqlite\"\nschema = \"src/schema.rs\"\n[env.development]\nurl = \"dev.sqlite3\"\n",
    );
    let done = hold_all(&Place {
        dialect: Dialect::Sqlite,
        sandbox: &sandbox,
        dbmig: &|args| sandbox.dbmig(args.iter().copied()),
        execute: &|sql| sandbox.execute("dev.sqlite3", sql),
        column: &|sql| sandbox.query("dev.sqlite3", sql),
    });
    assert!(done >= 1, "no case has these words");
}
