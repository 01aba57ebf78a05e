//! `prove` on servers: scratch databases that come and go, and nothing else that is touched.

use super::{Site, open, servers};
use crate::support::Server;

/// How many scratch databases the server has.
fn scratches(site: &Site) -> Vec<String> {
    let sql = match site.scratch.server {
        Server::Postgres => {
            "SELECT datname::text FROM pg_database WHERE datname LIKE 'dbmig\\_scratch\\_%'"
        }
        _ => {
            "SELECT CAST(SCHEMA_NAME AS CHAR) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'dbmig\\_scratch\\_%'"
        }
    };
    let rows = open(&site.url).query(sql, &[]).unwrap();
    rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect()
}

fn with_three(server: Server) -> Site {
    let site = Site::new(server);
    site.sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(50) NOT NULL, age INT);",
        "DROP TABLE users;",
    );
    site.sandbox.migration(
        "2_posts",
        "CREATE TABLE posts (id INT PRIMARY KEY, author INT NOT NULL REFERENCES users (id), title TEXT);",
        "DROP TABLE posts;",
    );
    site.sandbox.migration(
        "3_age",
        "ALTER TABLE users DROP COLUMN age;",
        "ALTER TABLE users ADD COLUMN age INT;",
    );
    site
}

#[test]
fn verdicts_and_what_is_left() {
    for server in servers() {
        let site = with_three(server);
        let ran = site.dbmig(["prove"]).ok();
        for line in [
            "lossless              1_users",
            "lossless              2_posts",
            "schema only           3_age",
        ] {
            assert!(ran.stdout.contains(line), "{ran}");
        }
        assert!(ran.stderr.contains("the way back loses users.age"), "{ran}");
        let tables = site.dbmig(["schema", "dump"]).ok();
        assert_eq!(
            tables.stdout.trim().replace("SET check_function_bodies = off;", ""),
            "",
            "{tables}"
        );
    }
}

#[test]
fn a_column_at_another_place_is_told_and_not_refused() {
    let site = Site::new(Server::Postgres);
    site.sandbox.migration("1_a", "CREATE TABLE a (x INT, y INT);", "DROP TABLE a;");
    site.sandbox.migration(
        "2_b",
        "ALTER TABLE a ADD COLUMN z INT; UPDATE a SET z = x; ALTER TABLE a DROP COLUMN x;",
        "ALTER TABLE a ADD COLUMN x INT; UPDATE a SET x = z; ALTER TABLE a DROP COLUMN z;",
    );
    let ran = site.dbmig(["prove"]).ok();
    assert!(ran.stdout.contains("lossless, reordered   2_b"), "{ran}");
}

#[test]
fn protected_servers_get_no_scratch_database() {
    let site = with_three(Server::Postgres);
    let dialect =
        "dialect = \"postgres\"\n[env.live]\nkind = \"production\"\nurl_env = \"DATABASE_URL\"\n";
    site.sandbox.write("dbmig.toml", dialect);
    let ran = site.dbmig(["prove", "--env", "live"]).exits(2);
    assert!(ran.stderr.contains("which is protected"), "{ran}");
    let shadow = format!("{dialect}[shadow]\nurl = \"{}\"\n", site.url);
    site.sandbox.write("dbmig.toml", shadow);
    let _ = site.dbmig(["prove", "--env", "live"]).ok();
}

#[test]
fn what_a_crash_left_is_dropped_next_time() {
    for server in servers() {
        let site = with_three(server);
        let quoted = |name: &str| match server {
            Server::Postgres => format!("\"{name}\""),
            _ => format!("`{name}`"),
        };
        // Of 2023; of a name that only looks like one; and a young one, which may be about to be used.
        let young = format!(
            "dbmig_scratch_{}_1_1",
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
        );
        let (old, other) = (
            format!("dbmig_scratch_1700000000_{}_1", std::process::id()),
            format!("dbmig_scratch_x{}", std::process::id()),
        );
        let mut session = open(&site.url);
        for name in [&old, &other, &young] {
            session.execute(&format!("CREATE DATABASE {}", quoted(name))).unwrap();
        }
        let _ = site.dbmig(["prove"]).ok();
        let left = scratches(&site);
        for name in [&other, &young] {
            session.execute(&format!("DROP DATABASE {}", quoted(name))).unwrap();
        }
        assert!(!left.contains(&old), "{left:?}");
        assert!(left.contains(&other) && left.contains(&young), "{left:?}");
    }
}

#[test]
fn a_temporary_table_ends_with_its_migration() {
    let site = Site::new(Server::Postgres);
    for name in ["1_a", "2_b", "3_c"] {
        let up = format!("CREATE TEMP TABLE t (id INT); CREATE TABLE t{name} (id INT);");
        site.sandbox.migration(name, &up, &format!("DROP TABLE t{name};"));
    }
    let ran = site.dbmig(["prove"]).ok();
    assert_eq!(ran.stdout.matches("lossless ").count(), 3, "{ran}");
}

/// What our rows have for numbers is not what the sequence gives next.
#[test]
fn a_migration_that_inserts_does_not_run_into_our_rows() {
    for server in servers() {
        let site = Site::new(server);
        let id = if server == Server::Postgres { "id SERIAL" } else { "id INT AUTO_INCREMENT" };
        let up = format!("CREATE TABLE t ({id} PRIMARY KEY, kind VARCHAR(10));");
        site.sandbox.migration("1_t", &up, "DROP TABLE t;");
        let rows = ["('new')"; 30].join(", ");
        site.sandbox.migration(
            "2_rows",
            &format!("INSERT INTO t (kind) VALUES {rows};"),
            "DELETE FROM t WHERE kind = 'new';",
        );
        let ran = site.dbmig(["prove"]).ok();
        assert_eq!(ran.stdout.matches("lossless ").count(), 2, "{ran}");
        assert!(!ran.stderr.contains("fails when there are rows"), "{ran}");
    }
}

/// A set of which every other way back fails: each begins anew. By a user who may just create databases.
#[test]
fn what_init_makes_is_there_in_each_and_nothing_is_left() {
    let site = Site::new(Server::Postgres);
    let user = format!("user_{}", site.scratch.name);
    let mut server = open(&site.url);
    server.execute(&format!("CREATE ROLE {user} LOGIN CREATEDB")).unwrap();
    let (_, address) = site.url.split_once("://").unwrap();
    let address = address.rsplit_once('@').map_or(address, |(_, address)| address);
    site.sandbox.write(
        "dbmig.toml",
        format!(
            "dialect = \"postgres\"\n[shadow]\nurl = \"postgres://{user}@{address}\"\n\
             init = \"init.sql\"\n"
        ),
    );
    for number in 1..7 {
        let up = format!("CREATE TABLE t{number} (id INT, w word);");
        let down = match number % 2 {
            0 => format!("DROP TABLE t{number};"),
            _ => "SELECT 1;".to_owned(),
        };
        site.sandbox.migration(&format!("{number}_t"), &up, &down);
    }
    let init =
        "CREATE SCHEMA extra; CREATE DOMAIN extra.word AS text; SET search_path = public, extra;";
    // The second is not known to set nothing, and is run in each.
    for init in [init.to_owned(), format!("{init} SELECT 1;")] {
        site.sandbox.write("init.sql", &init);
        let ran = site.dbmig(["prove"]).exits(1);
        assert_eq!(ran.stdout.matches("lossless ").count(), 3, "{init}: {ran}");
        assert_eq!(ran.stdout.matches("no way back ").count(), 3, "{init}: {ran}");
        let sql = format!(
            "SELECT datname::text FROM pg_database WHERE pg_get_userbyid(datdba) = '{user}'"
        );
        assert_eq!(server.query(&sql, &[]).unwrap(), Vec::<Vec<Option<String>>>::new(), "{init}");
    }
    server.execute(&format!("DROP ROLE {user}")).unwrap();
}

#[test]
fn circles_of_keys_that_are_never_null_get_rows() {
    for server in servers() {
        let site = Site::new(server);
        site.sandbox.migration(
            "1_circle",
            "CREATE TABLE modules (id INT PRIMARY KEY, latest INT NOT NULL, note TEXT);\n\
             CREATE TABLE releases (id INT PRIMARY KEY, module INT NOT NULL, FOREIGN KEY (module) REFERENCES modules (id));\n\
             ALTER TABLE modules ADD CONSTRAINT newest FOREIGN KEY (latest) REFERENCES releases (id);",
            match server {
                Server::Postgres => "DROP TABLE releases, modules CASCADE;",
                _ => "ALTER TABLE modules DROP FOREIGN KEY newest; DROP TABLE releases; DROP TABLE modules;",
            },
        );
        // Fails where a row points to none.
        site.sandbox.migration(
            "2_consistent",
            "CREATE TABLE orphans (n INT CHECK (n = 0));\n\
             INSERT INTO orphans SELECT count(*) FROM modules WHERE latest NOT IN (SELECT id FROM releases);\n\
             INSERT INTO orphans SELECT count(*) FROM releases WHERE module NOT IN (SELECT id FROM modules);",
            "DROP TABLE orphans;",
        );
        site.sandbox.migration(
            "3_note",
            "ALTER TABLE modules DROP COLUMN note;",
            "ALTER TABLE modules ADD COLUMN note TEXT;",
        );
        // Looked at again afterwards.
        site.sandbox.migration(
            "4_on_again",
            "CREATE TABLE nobody (module INT NOT NULL, FOREIGN KEY (module) REFERENCES modules (id));\n\
             INSERT INTO nobody SELECT max(id) + 1 FROM modules HAVING count(*) > 0;",
            "DROP TABLE nobody;",
        );
        let ran = site.dbmig(["prove"]).ok().silent_about("no rows");
        assert!(ran.stderr.contains("the way back loses modules.note"), "{ran}");
        let hazards = ran.stderr.matches("fails when there are rows").count();
        assert!(
            hazards == 1 && ran.stderr.contains("rows: migrations/4_on_again/up.sql:2:1"),
            "{ran}"
        );
    }
}

/// A verdict is about one server: the same migrations elsewhere are not proved, and neither is what was
/// proved by another major version.
#[test]
fn a_protected_server_asks_for_what_was_not_proved_on_it() {
    for server in servers() {
        let site = with_three(server);
        let (dialect, label) = match server {
            Server::Postgres => ("postgres", "postgres-"),
            Server::Mysql => ("mysql", "mysql-"),
            Server::Mariadb => ("mysql", "mariadb-"),
        };
        site.sandbox.write(
            "dbmig.toml",
            format!(
                "dialect = \"{dialect}\"\n[env.development]\nurl_env = \"DATABASE_URL\"\n\
                 [env.live]\nkind = \"production\"\nurl_env = \"DATABASE_URL\"\n"
            ),
        );
        let _ = site.dbmig(["lock"]).ok();
        let _ = site.dbmig(["prove"]).ok();
        let _ = site.dbmig(["migrate", "--env", "live"]).ok();
        let ran = site.dbmig(["revert", "--env", "live"]).exits(4);
        assert!(ran.stderr.contains("the way back of `3_age` loses users.age"), "{ran}");
        assert!(
            ran.stderr.contains("cargo dbmig revert --accept-loss users.age --confirm"),
            "{ran}"
        );
        let dry = ["revert", "--env", "live", "--dry-run", "--accept-loss", "users"];
        let ran = site.dbmig(dry).ok();
        assert!(!ran.stderr.contains("refused without"), "{ran}");
        // As if it had been proved by the major version before this one.
        let lock = site.sandbox.read("migrations/dbmig.lock");
        assert!(lock.contains(&format!("proof-server={label}")), "{lock}");
        let other = lock.replace("proof-server=", "proof-server=old-");
        site.sandbox.write("migrations/dbmig.lock", other);
        let ran = site.dbmig(["revert", "--env", "live"]).exits(4);
        assert!(ran.stderr.contains(&format!("it was tried on old-{label}")), "{ran}");
        assert!(ran.stderr.contains("`cargo dbmig revert --accept-unproved --confirm"), "{ran}");
    }
}

/// MySQL's list of connections can not be read from `information_schema` meanwhile.
#[test]
fn while_somebody_sends_a_character_of_four_bytes() {
    for server in servers() {
        let site = with_three(server);
        let sleep = match server {
            Server::Postgres => "SELECT pg_sleep(3)::text, '😀'",
            _ => "SELECT CONCAT(SLEEP(3), '😀')",
        };
        let url = site.scratch.url.clone();
        let sleeping = std::thread::spawn(move || open(&url).query(sleep, &[]).map(drop));
        let word = sleep.split('(').next().unwrap_or_default().to_owned();
        super::program::wait_until("it sleeps", || site.running(&word) > 0);
        site.dbmig(["prove", "1"]).ok().says("1 migration proved");
        assert!(site.running(&word) > 0, "{server:?}: it slept all the time");
        sleeping.join().unwrap().unwrap();
    }
}
