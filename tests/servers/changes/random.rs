//! Random pairs of schemas on the servers: one made of the other, and back.

use dbmig_runtime::{Dialect, Session};

use crate::engine::{open, rounds};
use crate::random::{Place, pairs};
use crate::support::{Scratch, Server};

/// A database that is emptied: to make a new one takes longer.
struct Emptied(Scratch);

impl Place for Emptied {
    fn empty(&mut self) -> Box<dyn Session> {
        let mut session = open(&self.0.url);
        match self.0.server {
            Server::Postgres => {
                session.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
            }
            Server::Mariadb | Server::Mysql => {
                let name = &self.0.name;
                session
                    .execute(&format!("DROP DATABASE {name}; CREATE DATABASE {name}; USE {name}"))
                    .unwrap();
            }
        }
        session
    }
}

fn hold(server: Server) {
    let dialect = match server {
        Server::Postgres => Dialect::Postgres,
        Server::Mariadb | Server::Mysql => Dialect::Mysql,
    };
    let rounds = rounds(12);
    let tally = pairs(dialect, &mut Emptied(Scratch::new(server)), rounds);
    assert!(tally.unfit * 4 <= rounds, "{server:?}: {tally:?}");
    assert!(tally.refused.len() * 4 <= rounds, "{server:?}: {tally:?}");
}

#[test]
fn one_is_made_of_the_other_and_back_on_postgres() {
    hold(Server::Postgres);
}

#[test]
fn one_is_made_of_the_other_and_back_on_mariadb() {
    hold(Server::Mariadb);
}

#[test]
#[cfg(feature = "full-tests")]
fn one_is_made_of_the_other_and_back_on_mysql() {
    hold(Server::Mysql);
}
