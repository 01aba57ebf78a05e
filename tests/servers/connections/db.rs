//! `db …` on servers, and the stamp that keeps a database.

use super::{dialect, project};
use crate::engine::servers;
use crate::sandbox::{Ran, Sandbox};
use crate::support::{Scratch, Server};

/// A project with a production environment, and the name of a database that is not there yet.
struct Shop {
    sandbox: Sandbox,
    server: Server,
    name: String,
    url: String,
}

impl Shop {
    fn new(server: Server) -> Self {
        // A name that nobody has: its own database is dropped at once.
        let name = Scratch::new(server).name.clone();
        let sandbox = project(dialect(server));
        let kind = dialect(server);
        sandbox.write(
            "dbmig.toml",
            format!(
                "dialect = \"{kind}\"\n[env.development]\nurl_env = \"DEV\"\n\
                 [env.live]\nkind = \"production\"\nurl_env = \"LIVE\"\n"
            ),
        );
        sandbox.dbmig(["lock"]).ok();
        let url = format!("{}/{name}", server.url().rsplit_once('/').unwrap().0);
        Self { sandbox, server, name, url }
    }

    #[must_use]
    fn run(&self, args: &[&str]) -> Ran {
        let env = [("DEV", &*self.url), ("LIVE", &*self.url)];
        self.sandbox.dbmig_with(&env, args.iter().copied())
    }

    fn exists(&self) -> bool {
        super::names::databases(self.server).contains(&self.name)
    }
}

#[test]
fn create_wait_reset_drop() {
    for server in servers() {
        let shop = Shop::new(server);
        shop.run(&["db", "wait"]).ok().says("the server accepts connections");
        let wait = ["db", "wait", "--migrated", "--wait=0s"];
        shop.run(&wait).exits(4).warns("does not exist yet");
        shop.run(&["status"]).exits(3).warns("cargo dbmig db setup");
        shop.run(&["db", "create"]).ok().says("created");
        assert!(shop.exists());
        shop.run(&["db", "create"]).ok().says("exists already");
        shop.run(&wait).exits(4).warns("1 migration pending");
        shop.run(&["db", "setup"]).ok().says("1 migration applied");
        shop.run(&wait).ok().says("nothing is pending");
        shop.run(&["db", "reset"]).ok().says("drop    ").says("1 migration applied");
        shop.run(&["db", "drop"]).ok().says("dropped");
        assert!(!shop.exists());
        shop.run(&["db", "drop"]).ok().says("nothing to drop");
    }
}

#[test]
fn a_server_that_does_not_come_up() {
    let args = ["db", "wait", "--wait=1s", "--database-url"];
    for (server, url) in [
        (Server::Postgres, "postgres://u@127.0.0.1:1/d"),
        (Server::Mariadb, "mysql://u@127.0.0.1:1/d"),
    ] {
        let ran = project(dialect(server)).dbmig(args.into_iter().chain([url])).exits(3);
        ran.warns("waited for 1 s")
            .warns("cargo dbmig db wait --wait=5min")
            .silent_about("give the");
    }
}

#[test]
fn exec_shows_what_the_server_says() {
    for server in servers() {
        let shop = Shop::new(server);
        shop.run(&["db", "setup"]).ok();
        let sql = "INSERT INTO a VALUES (1), (NULL); SELECT id FROM a ORDER BY id IS NULL; \
                   SELECT 1 AS one FROM a WHERE id = 9;\nSELECT nosuch FROM a";
        let ran = shop.run(&["db", "exec", "-c", sql]).exits(3).says("2 rows changed");
        let ran = ran.says("id\n----\n   1\nNULL\n(2 rows)\none\n---\n(0 rows)\n");
        let (place, code) = match server {
            Server::Postgres => ("-c:2:8: ", "42703"),
            Server::Mariadb | Server::Mysql => ("-c:2:1: ", "1054"),
        };
        let _ = ran.warns(place).warns(code).warns("3 statements ran before it");
        shop.run(&["db", "drop"]).ok();
    }
    let shop = Shop::new(Server::Mariadb);
    shop.run(&["db", "create"]).ok();
    let sql = "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1 AS a; SELECT 2 AS b; END//\nDELIMITER ;\nCALL p();";
    let ran = shop.run(&["db", "exec", "-c", sql, "--format", "json"]).ok().json();
    let results = ran["results"].as_array().unwrap();
    let columns: Vec<_> = results.iter().map(|result| result["columns"].to_string()).collect();
    assert_eq!(columns, ["[]", "[\"a\"]", "[\"b\"]"]);
    shop.run(&["db", "drop"]).ok();
}

/// T55 on servers: every verb, with the right name, without one, and by a URL that nobody knows.
#[test]
fn a_stamped_database_stays() {
    for server in servers() {
        let shop = Shop::new(server);
        shop.run(&["db", "setup", "--env", "live"]).ok().says("is production (live)");
        shop.run(&["db", "exec", "-c", "INSERT INTO a VALUES (1)", "--confirm", &shop.name]).ok();
        let flag = ["--database-url", &shop.url];
        for place in [&[][..], &["--env", "live"], &flag] {
            let run =
                |args: &[&str]| shop.run(&args.iter().chain(place).copied().collect::<Vec<_>>());
            for command in ["db", "database"] {
                for verb in ["drop", "reset"] {
                    run(&[command, verb]).exits(2).warns("is protected");
                    run(&[command, verb, "--confirm", &shop.name]).exits(2).warns("is protected");
                }
            }
            for verb in [
                &["revert", "--accept-unproved"][..],
                &["revert", "--all", "--accept-unproved"],
                &["redo", "--accept-unproved"],
                &["migration", "revert", "--accept-unproved"],
            ] {
                let _ = run(verb).exits(2).warns(&format!("--confirm {}", shop.name));
                let wrong: Vec<_> = verb.iter().copied().chain(["--confirm", "other"]).collect();
                run(&wrong).exits(2).warns("nothing was reverted");
            }
            run(&["db", "exec", "-c", "DELETE FROM a"]).exits(2).warns("nothing was run");
            run(&["db", "exec", "-c", "SELECT id FROM a"]).ok().says("(1 row)");
            let lock = ["db", "exec", "-c", "SELECT id FROM a FOR UPDATE"];
            run(&lock).exits(3).warns("kept from writing");
            run(&["db", "protect", "--off"]).exits(2).warns("it is protected as before");
            run(&["status"]).ok().says("1 applied").says("stamped `production (live)`");
        }
        let revert = ["revert", "--accept-unproved", "--confirm", &shop.name];
        shop.run(&revert).ok().says("1 migration reverted");
        shop.run(&["db", "protect", "--off", "--confirm", &shop.name]).ok();
        shop.run(&["db", "drop"]).ok();
        assert!(!shop.exists());
    }
}

/// Another search path leads to another history, and not around the protection.
#[test]
fn a_stamp_in_another_schema_counts() {
    let shop = Shop::new(Server::Postgres);
    shop.run(&["db", "setup", "--env", "live"]).ok();
    shop.run(&["db", "exec", "-c", "CREATE SCHEMA other", "--confirm", &shop.name]).ok();
    for options in ["search_path%3Dother", "search_path%3Dnowhere", "search_path%3Dpg_catalog"] {
        let url = format!("{}?options=-c{options}", shop.url);
        for verb in [&["db", "drop"][..], &["database", "reset"]] {
            let flags = ["--database-url", &url, "--confirm", &shop.name];
            let all: Vec<_> = verb.iter().chain(&flags).copied().collect();
            shop.run(&all).exits(2).warns("is stamped `production (live)`");
        }
    }
    let url = format!("{}?options=-csearch_path%3Dother", shop.url);
    shop.run(&["migrate", "--database-url", &url]).ok().says("1 migration applied");
    shop.run(&["revert", "--database-url", &url]).exits(4).warns("nothing was reverted");
    // Off is off, from wherever it is asked.
    shop.run(&["db", "protect", "--off", "--database-url", &url, "--confirm", &shop.name]).ok();
    shop.run(&["db", "drop"]).ok();
}

#[test]
fn the_first_run_stamps_production() {
    for server in servers() {
        let shop = Shop::new(server);
        let scratch = Scratch::new(server);
        let env = [("LIVE", &*scratch.url), ("DEV", &*scratch.url)];
        shop.sandbox.dbmig_with(&env, ["migrate", "--env", "live"]).ok();
        let ran = shop.sandbox.dbmig_with(&env, ["status"]).ok();
        ran.says("protected: the database is stamped `production (live)`");
        let name = ["db", "drop", "--confirm", &scratch.name];
        let _ = shop.sandbox.dbmig_with(&env, name).exits(2);
    }
}

/// The real clients, told by us: they reach the database, and nothing secret is on their command line.
#[test]
fn shell_reaches_the_database() {
    for (server, sql) in
        [(Server::Postgres, "SELECT current_database()"), (Server::Mariadb, "SELECT DATABASE()")]
    {
        let scratch = Scratch::new(server);
        let arguments: &[&str] =
            if server == Server::Postgres { &["-At", "-c"] } else { &["-N", "-e"] };
        let args = ["db", "shell", "--database-url", &scratch.url, "--"];
        let all = args.into_iter().chain(arguments.iter().copied()).chain([sql]);
        project(dialect(server)).dbmig(all).ok().says(&scratch.name);
    }
}
