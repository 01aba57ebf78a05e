//! Pairs of random schemas, on the servers; the full rounds by `DBMIG_TEST_ROUNDS`.

use dbmig_build::Dialect;

use crate::engine::{open, rounds};
use crate::support::{Scratch, Server};

/// How many databases a pair needs at once.
const KEPT: usize = 4;

fn one_made_of_another(server: Server) {
    let dialect = if server == Server::Postgres { Dialect::Postgres } else { Dialect::Mysql };
    let mut scratches: Vec<Scratch> = Vec::new();
    let mut fresh = || {
        if scratches.len() > KEPT {
            scratches.remove(0);
        }
        scratches.push(Scratch::new(server));
        open(&scratches[scratches.len() - 1].url)
    };
    let tally = crate::random_schema_pairs::hold(dialect, rounds(12), &mut fresh);
    assert!(tally.made > tally.refused * 9, "{tally:?}");
}

#[test]
fn on_postgres() {
    one_made_of_another(Server::Postgres);
}

#[test]
fn on_mariadb() {
    one_made_of_another(Server::Mariadb);
}

#[test]
#[cfg(feature = "full-tests")]
fn on_mysql() {
    one_made_of_another(Server::Mysql);
}
