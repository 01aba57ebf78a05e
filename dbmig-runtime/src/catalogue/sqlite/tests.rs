//! What is read from real databases, and written again.
#![cfg(feature = "sqlite")]

mod identity;
mod reading;

use diesel::{Connection as _, SqliteConnection};

use super::super::{Catalogue, Scope};
use crate::session::Session;

fn database(sql: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    Session::execute(&mut conn, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    conn
}

fn catalogue(conn: &mut SqliteConnection) -> Catalogue {
    Catalogue::read(conn, &Scope::default()).unwrap()
}

/// The catalogue of these statements.
fn of(sql: &str) -> Catalogue {
    catalogue(&mut database(sql))
}
