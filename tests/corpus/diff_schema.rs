//! Diesel's cases of `--diff-schema`, on SQLite.

use crate::diff_schema_cases::{Place, cases, hold};
use crate::support::Sandbox;

#[test]
fn cases_of_diesel() {
    for case in cases("sqlite") {
        println!("{}", case.name);
        let sandbox = Sandbox::project();
        let place = Place {
            dialect: "sqlite",
            write: &|path, text| sandbox.write(path, text),
            dbmig: &|args| sandbox.dbmig(args.iter().copied()),
            execute: &|sql| sandbox.execute("dev.sqlite3", sql),
            column: &|sql| sandbox.query("dev.sqlite3", sql),
        };
        hold(&place, &case);
    }
}
