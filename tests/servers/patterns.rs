//! `fixtures/patterns` on the servers.

use crate::engine::{open, servers};
use crate::patterns_support::{Life, held_against_its_commands};
use crate::support::{Scratch, Server};

fn dialect(server: Server) -> &'static str {
    if server == Server::Postgres { "postgres" } else { "mysql" }
}

/// MySQL has written the set of both; MariaDB calls the types of a dropped table otherwise.
const UNLIKE_ON_MARIADB: [&str; 1] = ["2026-02-28-090000_drop_legacy_records"];

#[test]
fn its_commands_write_it() {
    for server in servers() {
        let scratch = Scratch::new(server);
        let unlike = if server == Server::Mariadb { &UNLIKE_ON_MARIADB[..] } else { &[] };
        held_against_its_commands(dialect(server), &scratch.url, unlike);
    }
}

fn live(what: impl Fn(&mut Life<'_>)) {
    for server in servers() {
        let scratch = Scratch::new(server);
        let mut session = open(&scratch.url);
        let mut query = |sql: &str| {
            session
                .query(sql, &[])
                .unwrap_or_else(|error| panic!("{server:?}: {sql:.200}: {error}"))
        };
        println!("{server:?}");
        what(&mut Life { dialect: dialect(server), url: &scratch.url, query: &mut query });
    }
}

#[test]
fn both_ways() {
    live(|life| life.both_ways());
}

#[test]
fn with_rows() {
    live(|life| life.with_rows());
}
