//! `database setup|reset|drop` on servers.

use super::{address, dialect, project};
use crate::support::{Scratch, Server};

fn url(server: Server, name: &str) -> String {
    let url = server.url();
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

fn exists(server: Server, name: &str) -> bool {
    super::names::databases(server).iter().any(|found| found == name)
}

#[test]
fn a_database_is_created_reset_and_dropped() {
    for server in [Server::Postgres, Server::Mariadb] {
        // A name that nobody has: its own database is dropped at once.
        let name = Scratch::new(server).name.clone();
        let sandbox = project(dialect(server));
        let url = url(server, &name);
        let run = |args: &[&str]| {
            let all: Vec<_> = args.iter().copied().chain(["--database-url", &url]).collect();
            sandbox.dbmig(all)
        };
        let _ = run(&["status"]).exits(3).warns("cargo dbmig db setup");
        run(&["database", "setup"]).ok().says("Creating database").says("2024-01-01-000000_a");
        assert!(exists(server, &name));
        run(&["database", "setup"]).ok().silent_about("Creating database");
        let _ = run(&["database", "reset"]).exits(2).warns(&format!("--confirm {name}"));
        let _ = run(&["database", "drop", "--confirm", "other"]).exits(2);
        run(&["status"]).ok().says("1 applied");
        run(&["database", "reset", "--confirm", &name]).ok().says("Dropping database");
        run(&["database", "drop", "--confirm", &name]).ok().says("Dropping database");
        assert!(!exists(server, &name));
        run(&["database", "drop", "--confirm", &name]).ok().silent_about("Dropping database");
        let _ = run(&["migrate"]).exits(3).warns("create it: ");
        assert!(!exists(server, &name), "nothing creates a database by the way");
        let ran = run(&["migrate", "--create-db"]).ok().says("Creating database");
        let _ = ran.says("1 migration applied");
        run(&["migrate", "--create-db"]).ok().says("nothing to apply");
        run(&["database", "drop", "--confirm", &name]).ok();
    }
}

#[test]
fn what_is_protected_stays() {
    for server in [Server::Postgres, Server::Mariadb] {
        let scratch = Scratch::new(server);
        let sandbox = project(dialect(server));
        let kind = dialect(server);
        sandbox.write(
            "dbmig.toml",
            format!(
                "dialect = \"{kind}\"\n[env.live]\nkind = \"production\"\nurl_env = \"LIVE\"\n"
            ),
        );
        sandbox.dbmig(["lock"]).ok();
        let env = [("LIVE", &*scratch.url)];
        let run = |args: &[&str]| {
            let all: Vec<_> = args.iter().copied().chain(["--env", "live"]).collect();
            sandbox.dbmig_with(&env, all)
        };
        run(&["migrate"]).ok();
        for verb in ["drop", "reset"] {
            let _ =
                run(&["database", verb, "--confirm", &scratch.name]).exits(2).warns("protected");
        }
        let _ = run(&["revert"]).exits(4).warns(&format!("--confirm {}", scratch.name));
        let _ = run(&["revert", "--accept-unproved"]).exits(2).warns("--accept-unproved --confirm");
        run(&["status"]).ok().says("1 applied");
        run(&["revert", "--accept-unproved", "--confirm", &scratch.name]).ok();
    }
}

#[test]
fn databases_of_the_server_are_not_dropped() {
    for (server, names) in [
        (Server::Postgres, &["postgres", "template0", "template1"][..]),
        (Server::Mariadb, &["mysql", "MySQL", "sys", "information_schema", "performance_schema"]),
    ] {
        for name in names {
            let url = url(server, name);
            let args = ["database", "drop", "--confirm", name, "--database-url", &url];
            let _ =
                project(dialect(server)).dbmig(args).exits(2).warns("belongs to the server itself");
        }
        assert!(exists(server, names[0]));
    }
}

#[test]
fn a_server_alone_is_no_database() {
    let url = url(Server::Mariadb, "");
    for verb in ["setup", "reset", "drop"] {
        let args = ["database", verb, "--database-url", &url];
        let _ = project("mysql").dbmig(args).exits(2).warns("the URL names no database");
    }
}

#[test]
fn a_database_in_use_is_not_dropped_and_says_why() {
    let scratch = Scratch::new(Server::Postgres);
    let client = scratch.postgres();
    let args = ["database", "drop", "--confirm", &scratch.name, "--database-url", &scratch.url];
    let ran = project("postgres").dbmig(args).exits(3);
    ran.warns("is being accessed by other users (55006)").warns("end the programs that use it");
    drop(client);
    let (host, port) = address(Server::Postgres);
    assert!(scratch.url.contains(&format!("{host}:{port}")));
}
