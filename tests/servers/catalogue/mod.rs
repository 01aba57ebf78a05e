//! Catalogues: what is read from a database, and made again in another one, is the same.

mod mysql;
mod postgres;

use dbmig_runtime::catalogue::{Catalogue, Scope};

use crate::engine::open;
use crate::support::{Scratch, Server};

/// The same in a new database of the server.
#[track_caller]
fn again(server: Server, scope: &Scope, catalogue: &Catalogue, about: &str) -> Scratch {
    let scratch = Scratch::new(server);
    let mut session = open(&scratch.url);
    for statement in catalogue.to_sql() {
        session
            .execute(&statement)
            .unwrap_or_else(|error| panic!("{about}: {error:?}\n{statement}"));
    }
    same(catalogue, &Catalogue::read(&mut *session, scope).unwrap(), about);
    scratch
}

#[track_caller]
fn same(one: &Catalogue, other: &Catalogue, about: &str) {
    let differences = one.differences(other);
    let lines: Vec<_> = differences.iter().map(|one| format!("{one}\n{one:#?}")).collect();
    assert!(differences.is_empty(), "{about}:\n{}", lines.join("\n"));
    assert_eq!(one, other, "{about}");
    assert_eq!(one.to_sql(), other.to_sql(), "{about}");
}
