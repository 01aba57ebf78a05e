//! How the program connects: forms of URLs, TLS, waiting, interrupting, whole databases.

mod admin;
mod db;
mod forms;
mod interrupt;
mod names;
mod secrets;
mod stub;
mod tls;

use crate::sandbox::Sandbox;
use crate::support::Server;

/// A project with one migration and no database yet.
fn project(dialect: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n");
    sandbox.write("dbmig.toml", format!("dialect = \"{dialect}\"\n\n[env.development]\n"));
    sandbox.migration("2024-01-01-000000_a", "CREATE TABLE a (id INT);\n", "DROP TABLE a;\n");
    sandbox.dbmig(["lock"]).ok();
    sandbox
}

fn dialect(server: Server) -> &'static str {
    match server {
        Server::Postgres => "postgres",
        Server::Mariadb | Server::Mysql => "mysql",
    }
}

/// Host and port of a server.
fn address(server: Server) -> (String, String) {
    let url = server.url();
    let (_, rest) = url.rsplit_once('@').unwrap();
    let (address, _) = rest.split_once('/').unwrap();
    let (host, port) = address.rsplit_once(':').unwrap();
    (host.to_owned(), port.to_owned())
}
