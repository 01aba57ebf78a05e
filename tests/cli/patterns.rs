//! `fixtures/patterns` on SQLite; the servers are in `tests/servers/patterns.rs`.

use dbmig_runtime::Session as _;
use diesel::{Connection as _, SqliteConnection};

use crate::patterns_support::{Life, held_against_its_commands, sandbox};

#[test]
fn its_commands_write_it() {
    held_against_its_commands("sqlite", "unused", &[]);
}

/// A life of its migrations in a file of its own.
fn live(what: impl Fn(&mut Life<'_>)) {
    let folder = sandbox("sqlite");
    let url = folder.path("life.sqlite3").to_string_lossy().into_owned();
    let mut query = |sql: &str| {
        let mut conn = SqliteConnection::establish(&url).unwrap();
        conn.query(sql, &[]).unwrap_or_else(|error| panic!("{sql:.200}: {error}"))
    };
    what(&mut Life { dialect: "sqlite", url: &url, query: &mut query });
}

#[test]
fn both_ways() {
    live(|life| life.both_ways());
}

#[test]
fn with_rows() {
    live(|life| life.with_rows());
}
