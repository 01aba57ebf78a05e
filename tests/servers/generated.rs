//! Every generation of the table, on the servers: executed, compared with what each says of it, proved both
//! ways. MySQL in the full level.

use std::path::Path;

use cargo_dbmig::config::Env;
use cargo_dbmig::database::{Location, Scratch, Surroundings};
use dbmig_build::Dialect;

use crate::generations::Bench;
use crate::support::Server;

fn all_of_them(server: Server) {
    let env = Env::from_pairs::<String, String>([]);
    let here = Path::new("/");
    let around = Surroundings { env: &env, tls: None, cwd: here };
    let place =
        Location::of(&server.url(), here, around).unwrap_or_else(|error| panic!("{error:?}"));
    let dialect = if server == Server::Postgres { Dialect::Postgres } else { Dialect::Mysql };
    let mut scratch = Scratch::beside(place, String::new());
    let mut bench = Bench::new(dialect, &mut scratch);
    let done = bench.hold_all();
    assert!(done >= 150, "{done}");
}

#[test]
fn all_of_them_on_postgres() {
    all_of_them(Server::Postgres);
}

#[test]
fn all_of_them_on_mariadb() {
    all_of_them(Server::Mariadb);
}

#[test]
#[cfg(feature = "full-tests")]
fn all_of_them_on_mysql() {
    all_of_them(Server::Mysql);
}
