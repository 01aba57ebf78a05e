//! Random pairs of schemas on the servers: one made of the other, and back.

use dbmig_runtime::{Dialect, Session};

use crate::engine::{open, rounds, servers};
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

#[test]
fn one_is_made_of_the_other_and_back() {
    for server in servers() {
        let dialect = match server {
            Server::Postgres => Dialect::Postgres,
            Server::Mariadb | Server::Mysql => Dialect::Mysql,
        };
        let rounds = rounds(15);
        let tally = pairs(dialect, &mut Emptied(Scratch::new(server)), rounds);
        assert!(tally.unfit * 5 <= rounds, "{server:?}: {tally:?}");
        assert!(tally.refused.len() * 5 <= rounds, "{server:?}: {tally:?}");
    }
}
