//! Preconditions and assertions on servers: where statements can be taken back, and where they stay.

use super::offline::client;
use super::{Site, servers};

/// A table with two rows, applied, and what a migration asserts about them.
fn site(site: Site, up: &str) -> Site {
    site.sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(100), price DECIMAL(10,2), at TIMESTAMP NULL);\n\
         INSERT INTO users VALUES (1, 'a@x', 1.5, '2020-01-02 03:04:05'), (2, 'a@x', NULL, NULL);",
        "DROP TABLE users;",
    );
    let down = match site.is_postgres() {
        true => "DROP INDEX email;",
        false => "DROP INDEX email ON users;",
    };
    site.sandbox.migration("2_email", up, down);
    site
}

const UNIQUE: &str = "-- dbmig:assert before SELECT u.*, (SELECT count(*) FROM users v WHERE v.email = u.email) AS n\n\
     -- dbmig:   FROM users u WHERE email = 'a@x' ORDER BY id -- both of them\n\
     CREATE UNIQUE INDEX email ON users (email);\n\
     -- dbmig:assert after SELECT id FROM users WHERE price IS NULL\n";

#[test]
fn what_is_asserted_is_shown_and_what_can_be_is_taken_back() {
    for site in Site::all().into_iter().map(|one| site(one, UNIQUE)) {
        let ran = site.dbmig(["migrate"]).exits(3);
        let _ = ran
            .warns("migrations/2_email/up.sql:1:1: what is asserted before does not hold: 2 rows found")
            .warns("id = 1, email = a@x, price = 1.50, at = 2020-01-02 03:04:05, n = 2")
            .warns("id = 2, email = a@x, price = NULL, at = NULL, n = 2")
            .warns("nothing of this file was run");
        site.session().execute("UPDATE users SET email = 'b@x' WHERE id = 2").unwrap();
        site.sandbox.write("migrations/2_email/up.sql", UNIQUE.replace("= 'a@x'", "= 'c@x'"));
        let ran = site.dbmig(["migrate"]).exits(3).warns("what is asserted after").warns("id = 2");
        match site.is_postgres() {
            true => {
                let _ = ran.warns("rolled back: nothing of this file is in the database");
                site.dbmig(["status"]).ok().says("failed     -                    2_email");
            }
            false => {
                let _ = ran
                    .warns("all statements of this file are in the database")
                    .warns("it asks again, and runs none of them twice");
                site.dbmig(["status"]).ok().says("half-done");
                // Nothing is sent a second time: the index is there.
                site.dbmig(["migrate"]).exits(3).warns("what is asserted after");
            }
        }
        site.session().execute("UPDATE users SET price = 2 WHERE id = 2").unwrap();
        site.dbmig(["migrate"]).ok().says("1 migration applied");
        site.dbmig(["status", "--exit-code"]).ok().says("2 applied, 0 pending");
        site.dbmig(["revert"]).ok().says("1 migration reverted");
    }
}

#[test]
fn a_half_done_one_can_be_taken_back_by_hand() {
    for server in servers() {
        let site = site(Site::new(server), UNIQUE);
        if site.is_postgres() {
            continue;
        }
        site.sandbox.write("migrations/2_email/up.sql", UNIQUE.replace("= 'a@x'", "= 'c@x'"));
        site.dbmig(["migrate", "--to", "1"]).ok();
        site.session().execute("UPDATE users SET email = 'b@x' WHERE id = 2").unwrap();
        site.dbmig(["migrate"]).exits(3).warns("cargo dbmig resolve 2 --not-applied");
        site.session().execute("DROP INDEX email ON users").unwrap();
        site.dbmig(["resolve", "2", "--not-applied", "--reason", "dropped"]).ok();
        site.dbmig(["migrate"]).exits(3).warns("what is asserted after");
    }
}

#[test]
fn preconditions_decide_on_every_server_in_and_outside_a_transaction() {
    for (transaction, on_fail) in [
        (true, "skip"),
        (false, "skip"),
        (true, "mark-applied"),
        (false, "mark-applied"),
        (false, "halt"),
    ] {
        for server in servers() {
            let site = site(Site::new(server), "CREATE TABLE posts (id INTEGER PRIMARY KEY);");
            let name = format!("{} {transaction} {on_fail}", site.name());
            site.sandbox.write("migrations/2_email/down.sql", "DROP TABLE posts;");
            site.sandbox.write(
                "migrations/2_email/metadata.toml",
                format!(
                    "run_in_transaction = {transaction}\n\n[[dbmig.precondition]]\n\
                     query = \"SELECT count(*) > 1 FROM users\"\nexpect = false\non_fail = \"{on_fail}\"\n"
                ),
            );
            site.sandbox.migration("3_tags", "CREATE TABLE tags (id INTEGER);", "DROP TABLE tags;");
            let ran = site.dbmig(["migrate"]);
            let posts = |site: &Site| site.session().execute("SELECT 1 FROM posts").is_ok();
            match on_fail {
                "halt" => {
                    let ran = ran.exits(3).warns("migrations/2_email/metadata.toml: precondition");
                    let _ = ran.warns("nothing of this file was run");
                }
                "skip" => drop(ran.ok().says("2 migrations applied, 1 skipped")),
                _ => drop(ran.ok().says("1 recorded as applied without being run")),
            }
            assert!(!posts(&site), "{name}");
            let status = site.dbmig(["status"]).ok().silent_about("half-done");
            assert_eq!(status.stdout.contains("skipped"), on_fail == "skip", "{name}: {status}");
            site.session().execute("DELETE FROM users WHERE id = 2").unwrap();
            site.dbmig(["migrate"]).ok();
            assert_eq!(posts(&site), on_fail != "mark-applied", "{name}");
            site.dbmig(["status", "--exit-code"]).ok().says("3 applied, 0 pending");
        }
    }
}

#[test]
fn a_script_stops_where_they_do_not_hold() {
    for server in servers() {
        let site = site(Site::new(server), UNIQUE);
        site.sandbox.write(
            "migrations/2_email/metadata.toml",
            "run_in_transaction = true\n\n[[dbmig.precondition]]\n\
             query = \"SELECT count(*) < 3 FROM users\"\nexpect = true\n\
             [[dbmig.precondition]]\nquery = \"SELECT id FROM users WHERE id = 1\"\n",
        );
        site.dbmig(["migrate", "--to", "1"]).ok();
        let script = site.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
        let stops = |about: &str| {
            let error = client(&site, &script).expect_err(about);
            assert!(
                error.to_lowercase().contains("duplicate"),
                "{}: {about}: {error}",
                site.name()
            );
        };
        let change = |sql: &str| site.session().execute(sql).unwrap();
        stops("what is asserted before");
        change("UPDATE users SET email = 'b@x', price = 1 WHERE id = 2; ");
        change("UPDATE users SET email = 'c@x' WHERE id = 1");
        change("INSERT INTO users VALUES (3, '3', 3, NULL)");
        stops("the first precondition");
        change("DELETE FROM users WHERE id = 3");
        change("UPDATE users SET id = 7 WHERE id = 1");
        stops("the second precondition");
        change("UPDATE users SET id = 1 WHERE id = 7");
        client(&site, &script).unwrap_or_else(|error| panic!("{}: {error}\n{script}", site.name()));
        site.dbmig(["status", "--exit-code"]).ok().says("2 applied, 0 pending");
    }
}
