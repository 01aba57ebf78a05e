//! MySQL and MariaDB: every kind of object, and the corpus in the full level.

use dbmig_runtime::Session;
use dbmig_runtime::catalogue::{Catalogue, Scope};

use crate::engine::{Site, open, servers};
use crate::support::{Scratch, Server};

/// What both servers know, and what one does.
fn schema(server: Server) -> [&'static str; 2] {
    let own = match server {
        Server::Mariadb => include_str!("mysql/mariadb.sql"),
        _ => include_str!("mysql/mysql.sql"),
    };
    [include_str!("mysql/common.sql"), own]
}

pub(super) fn read(session: &mut dyn Session) -> Catalogue {
    Catalogue::read(session, &Scope::default()).unwrap()
}

/// The same in a new database of the same server.
#[track_caller]
fn again(server: Server, catalogue: &Catalogue, about: &str) -> Scratch {
    let scratch = Scratch::new(server);
    let mut session = open(&scratch.url);
    for statement in catalogue.to_sql() {
        session
            .execute(&statement)
            .unwrap_or_else(|error| panic!("{about}: {error:?}\n{statement}"));
    }
    same(catalogue, &read(&mut *session), about);
    scratch
}

#[track_caller]
fn same(one: &Catalogue, other: &Catalogue, about: &str) {
    let differences = one.differences(other);
    let lines: Vec<_> = differences.iter().map(|one| format!("{one:#?}")).collect();
    assert!(differences.is_empty(), "{about}:\n{}", lines.join("\n"));
    assert_eq!(one, other, "{about}");
}

fn both() -> impl Iterator<Item = Server> {
    servers().into_iter().filter(|server| *server != Server::Postgres)
}

#[test]
fn every_kind_of_object_comes_back() {
    for server in both() {
        let site = Site::new(server);
        let mut session = site.session();
        for sql in schema(server) {
            session.execute(sql).unwrap_or_else(|error| panic!("{server:?}: {error:?}"));
        }
        let catalogue = read(&mut *session);
        let about = format!("{server:?}");
        let scratch = again(server, &catalogue, &about);

        // The program tells the same of both.
        let json = |url: &str| {
            let env = [("DATABASE_URL", url)];
            site.sandbox.dbmig_with(&env, ["schema", "dump", "--format", "json"]).ok().json()
        };
        let (here, there) = (json(&site.url), json(&scratch.url));
        assert_eq!(here["fingerprint"], there["fingerprint"], "{about}");
        assert_eq!(here["objects"], there["objects"], "{about}");
    }
}
