//! Migrations that fail, or lose something, only where there are rows, on the servers: see `tests/cli/rows.rs`.

use super::Site;
use crate::row_cases::{Tally, cases};
use crate::sandbox::Sandbox;
use crate::support::Server;

fn all_are_found(server: Server, dialect: &str) {
    let mut tally = Tally::default();
    // What comes and goes does so beside this database.
    let site = Site::new(server);
    for case in cases(dialect) {
        tally.take(&case, &Sandbox::new, &|sandbox| {
            sandbox.dbmig_with(&[("DATABASE_URL", site.url.as_str())], ["prove", "2"])
        });
    }
    println!("{server:?}: {} found, {} mended", tally.cases, tally.mended);
    assert!(tally.missed.is_empty(), "{server:?}: {}", tally.missed);
    assert!(tally.cases >= 12 && tally.mended * 2 >= tally.cases, "{server:?}: {}", tally.cases);
}

#[test]
fn what_rows_break_is_found_on_postgres() {
    all_are_found(Server::Postgres, "postgres");
}

#[test]
fn what_rows_break_is_found_on_mariadb() {
    all_are_found(Server::Mariadb, "mysql");
}

#[cfg(feature = "full-tests")]
#[test]
fn what_rows_break_is_found_on_mysql() {
    all_are_found(Server::Mysql, "mysql");
}
