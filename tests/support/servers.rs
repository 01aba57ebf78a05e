//! Scratch databases on the servers that `tests/run` starts.

#![allow(dead_code, unreachable_pub, reason = "every test binary takes what it needs")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use mysql::prelude::Queryable as _;

/// The value of a variable that `tests/run` sets.
#[track_caller]
pub fn variable(name: &str) -> String {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!("set {name}: `tests/run` does"),
    }
}

/// A server that tests may create databases on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    Postgres,
    Mariadb,
    /// Of the full level: `tests/run` is told where it is.
    Mysql,
}

impl Server {
    /// The table of MySQL, or MariaDB, that says who is connected. MySQL's older one fails while anybody's
    /// statement holds a character of four bytes.
    pub fn list_of_connections(self) -> &'static str {
        match self {
            Self::Mysql => "performance_schema.processlist",
            _ => "information_schema.PROCESSLIST",
        }
    }

    /// Its URL, with the database that is always there.
    #[track_caller]
    pub fn url(self) -> String {
        variable(match self {
            Self::Postgres => "DBMIG_TEST_POSTGRES_URL",
            Self::Mariadb => "DBMIG_TEST_MARIADB_URL",
            Self::Mysql => "DBMIG_TEST_MYSQL_URL",
        })
    }
}

/// A new database, dropped with this value.
#[derive(Debug)]
pub struct Scratch {
    pub server: Server,
    pub name: String,
    pub url: String,
}

impl Scratch {
    #[track_caller]
    pub fn new(server: Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // A server of the full level outlives the run; so must the uniqueness.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dbmig_{}_{}_{count}", now.as_micros(), std::process::id());
        let url = server.url();
        let scratch = Self { server, url: with_database(&url, &name), name };
        let created = scratch.administer(match server {
            // Cloned without a checkpoint, from what nobody is connected to.
            Server::Postgres => "CREATE DATABASE {} TEMPLATE template0",
            Server::Mariadb | Server::Mysql => "CREATE DATABASE {} CHARACTER SET utf8mb4",
        });
        created.unwrap();
        scratch
    }

    /// A connection of the `postgres` crate.
    #[track_caller]
    pub fn postgres(&self) -> postgres::Client {
        connect_postgres(&self.url)
    }

    /// A connection of the `mysql` crate.
    #[track_caller]
    pub fn mysql(&self) -> mysql::Conn {
        connect_mysql(&self.url)
    }

    /// The same database through PgBouncer.
    #[track_caller]
    pub fn pgbouncer_url(&self) -> String {
        assert_eq!(self.server, Server::Postgres);
        with_database(&variable("DBMIG_TEST_PGBOUNCER_URL"), &self.name)
    }

    /// Runs one statement outside of the database, with its name for `{}`.
    fn administer(&self, sql: &str) -> Result<(), String> {
        let sql = sql.replace("{}", &self.name);
        match self.server {
            Server::Postgres => connect_postgres(&self.server.url())
                .batch_execute(&sql)
                .map_err(|error| format!("{sql}: {error}")),
            Server::Mariadb | Server::Mysql => connect_mysql(&self.server.url())
                .query_drop(&sql)
                .map_err(|error| format!("{sql}: {error}")),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let dropped = self.administer(match self.server {
            Server::Postgres => "DROP DATABASE {} WITH (FORCE)",
            Server::Mariadb | Server::Mysql => "DROP DATABASE {}",
        });
        // A second panic while the first unwinds would hide what failed.
        if !std::thread::panicking() {
            dropped.unwrap();
        }
    }
}

/// A URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (before, query) = url.split_once('?').map_or((url, ""), |(before, query)| (before, query));
    let (server, _) = before.rsplit_once('/').expect("the URL of a server names a database");
    match query {
        "" => format!("{server}/{name}"),
        _ => format!("{server}/{name}?{query}"),
    }
}

#[track_caller]
pub fn connect_postgres(url: &str) -> postgres::Client {
    postgres::Client::connect(url, postgres::NoTls).unwrap_or_else(|error| panic!("{url}: {error}"))
}

#[track_caller]
pub fn connect_mysql(url: &str) -> mysql::Conn {
    let opts = mysql::Opts::from_url(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    // The client would leave the port for the server's socket, which may be in another file system.
    let opts = mysql::OptsBuilder::from_opts(opts).prefer_socket(false);
    mysql::Conn::new(opts).unwrap_or_else(|error| panic!("{url}: {error}"))
}
