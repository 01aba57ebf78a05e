//! The servers are as the tests need them.

use mysql::prelude::Queryable as _;
use postgres::SimpleQueryMessage;

use crate::support::{Scratch, Server, connect_mysql, connect_postgres, variable};

#[test]
fn postgres_is_a_throw_away_with_tls() {
    let mut client = connect_postgres(&Server::Postgres.url());
    for (name, value) in
        [("fsync", "off"), ("ssl", "on"), ("wal_level", "logical"), ("lc_messages", "C")]
    {
        let row = client.query_one(&format!("SHOW {name}"), &[]).unwrap();
        assert_eq!(row.get::<_, &str>(0), value, "{name}");
    }
    let row = client.query_one("SELECT current_setting('max_connections')::int", &[]).unwrap();
    assert!(row.get::<_, i32>(0) >= 300);
    let ca = std::fs::read_to_string(variable("DBMIG_TEST_POSTGRES_CA")).unwrap();
    assert!(ca.starts_with("-----BEGIN CERTIFICATE-----"), "{ca}");
}

#[test]
fn mariadb_is_a_throw_away() {
    let mut conn = connect_mysql(&Server::Mariadb.url());
    let row: (String, u32, u32) =
        conn.query_first("SELECT version(), @@max_connections, @@log_bin").unwrap().unwrap();
    assert!(row.0.contains("MariaDB") && row.1 >= 300 && row.2 == 0, "{row:?}");
}

#[test]
fn pgbouncer_takes_many_clients_on_few_connections() {
    let scratch = Scratch::new(Server::Postgres);
    let url = scratch.pgbouncer_url();
    let mut clients: Vec<_> = (0..50).map(|_| connect_postgres(&url)).collect();
    let mut backends = std::collections::BTreeSet::new();
    for client in &mut clients {
        // A prepared statement does not survive here: the next transaction is another connection.
        for message in client.simple_query("SELECT pg_backend_pid()").unwrap() {
            if let SimpleQueryMessage::Row(row) = message {
                backends.insert(row.get(0).unwrap().to_owned());
            }
        }
    }
    assert!((1..=3).contains(&backends.len()), "{backends:?}");
}

#[test]
fn a_scratch_database_is_dropped_after_use() {
    for server in [Server::Postgres, Server::Mariadb] {
        let (first, second) = (Scratch::new(server), Scratch::new(server));
        assert_ne!(first.name, second.name);
        let names = [first.name.clone(), second.name.clone()];
        drop((first, second));
        let found: Vec<String> = match server {
            Server::Postgres => connect_postgres(&server.url())
                .query("SELECT datname FROM pg_database", &[])
                .unwrap()
                .iter()
                .map(|row| row.get(0))
                .collect(),
            _ => connect_mysql(&server.url()).query("SHOW DATABASES").unwrap(),
        };
        assert!(!names.iter().any(|name| found.contains(name)), "{server:?}: {found:?}");
    }
}
