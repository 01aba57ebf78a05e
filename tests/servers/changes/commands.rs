//! `drift --generate`, `baseline --verify`, `db dump`, and `db load` on servers.

use crate::engine::{Site, open, servers};
use crate::support::Server;

/// A set with all that has a definition of its own, applied.
fn site(server: Server) -> Site {
    let site = Site::new(server);
    site.sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(50) NOT NULL, age INT);\n\
         CREATE VIEW adults AS SELECT email FROM users WHERE age > 17;",
        "DROP VIEW adults; DROP TABLE users;",
    );
    let (up, down) = match server {
        Server::Postgres => (
            "CREATE FUNCTION young() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.age = 1; RETURN NEW; END $$;\n\
             CREATE TRIGGER young BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION young();",
            "DROP TRIGGER young ON users; DROP FUNCTION young();",
        ),
        _ => (
            "CREATE TRIGGER young BEFORE INSERT ON users FOR EACH ROW BEGIN SET NEW.age = 1; SET NEW.email = 'x;'; END;",
            "DROP TRIGGER young;",
        ),
    };
    site.sandbox.migration("2_young", up, down);
    site.dbmig(["migrate"]).ok();
    site
}

#[test]
fn drift_becomes_a_migration() {
    for server in servers() {
        let site = site(server);
        site.dbmig(["drift", "--generate", "nothing"]).ok().says("no drift");
        let by_hand = match server {
            Server::Postgres => {
                "INSERT INTO users VALUES (1, 'a', 5); ALTER TABLE users ALTER COLUMN age TYPE bigint; \
                 CREATE TYPE mood AS ENUM ('a', 'b'); ALTER TABLE users ADD COLUMN mood mood DEFAULT 'a'"
            }
            _ => {
                "INSERT INTO users VALUES (1, 'a', 5); ALTER TABLE users MODIFY age BIGINT, ADD COLUMN mood ENUM ('a', 'b'), \
                  ADD INDEX by_age (age)"
            }
        };
        // A view is in the way of the type, as somebody at a prompt would find out.
        let sql = match server {
            Server::Postgres => format!(
                "DROP VIEW adults; {by_hand}; CREATE VIEW adults AS SELECT email FROM users WHERE age > 20"
            ),
            _ => format!("{by_hand}; DROP TRIGGER young"),
        };
        site.session().execute(&sql).unwrap();
        let ran = site.dbmig(["drift", "--generate", "by_hand"]).ok();
        assert!(ran.stdout.contains("recorded as applied, and not run"), "{ran}");
        site.dbmig(["drift"]).ok().says("no drift");
        site.dbmig(["revert"]).ok();
        site.dbmig(["drift"]).ok().says("no drift");
        site.dbmig(["migrate"]).ok();
        site.dbmig(["drift"]).ok().says("no drift");
        assert_eq!(site.column("SELECT CAST(count(*) AS CHAR(9)) FROM users")[0].trim(), "1");
        site.dbmig(["prove"]).ok();
    }
}

#[test]
fn who_may_only_read_records_nothing() {
    let site = site(Server::Postgres);
    site.session().execute("CREATE TABLE extra (id INT)").unwrap();
    let name = &site.scratch.name;
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    site.session().execute(&sql).unwrap();
    // The scratch database is another one, and takes the migrations.
    let before = site.sandbox.snapshot();
    let ran = site.dbmig(["drift", "--generate", "extra"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.contains("no migration was written"), "{ran}");
    assert!(before == site.sandbox.snapshot(), "something was written");
    assert_eq!(site.versions(), ["1", "2"]);
}

#[test]
fn a_dump_is_loaded_and_a_baseline_verified() {
    for server in servers() {
        let site = site(server);
        site.dbmig(["db", "dump", "structure.sql"]).ok().says("1 table, 2 versions");
        let dump = site.dbmig(["db", "dump"]).ok().stdout;
        let other = Site::new(server);
        let env = [("DATABASE_URL", other.url.as_str())];
        let there = |args: &[&str]| site.sandbox.dbmig_with(&env, args.iter().copied());
        there(&["db", "load", "structure.sql"]).ok().says("2 versions recorded as applied");
        there(&["status"]).ok().says("2 applied, 0 pending");
        there(&["drift"]).ok().says("no drift");
        assert_eq!(there(&["db", "dump"]).ok().stdout, dump, "{server:?}");
        there(&["db", "load", "structure.sql"]).exits(2).warns("is not empty");

        let third = Site::new(server);
        let env = [("DATABASE_URL", third.url.as_str())];
        let there = |args: &[&str]| site.sandbox.dbmig_with(&env, args.iter().copied());
        site.dbmig(["db", "dump", "schema.sql", "--schema-only"]).ok();
        there(&["db", "load", "schema.sql"]).ok().says("0 versions");
        let mut session = open(&third.url);
        session.execute("ALTER TABLE users ADD COLUMN more INT").unwrap();
        there(&["baseline", "--verify"]).exits(5).says("+ column users.more");
        session.execute("ALTER TABLE users DROP COLUMN more").unwrap();
        there(&["baseline", "--verify"]).ok();
        there(&["status"]).ok().says("2 applied, 0 pending");
    }
}
