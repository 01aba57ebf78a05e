//! `db …`: the database as a whole. Consent and protection are in `protection.rs`.

use crate::support::Sandbox;

fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_a",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, name TEXT);",
        "DROP TABLE a;",
    );
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    sandbox.write("seeds/dev/001_a.sql", "INSERT OR IGNORE INTO a VALUES (1, 'one');");
    sandbox.dbmig(["lock"]).ok();
    sandbox
}

#[test]
fn create_and_drop() {
    let sandbox = project();
    sandbox.dbmig(["db", "create"]).ok().says("Creating database: dev.sqlite3").says("created");
    assert!(sandbox.tables("dev.sqlite3").is_empty());
    sandbox.dbmig(["db", "create"]).ok().says("exists already").silent_about("Creating");
    sandbox.dbmig(["db", "drop"]).ok().says("dev.sqlite3 (development): dropped");
    assert!(!sandbox.exists("dev.sqlite3"));
    sandbox.dbmig(["db", "drop"]).ok().says("nothing to drop");
    let json = sandbox.dbmig(["db", "create", "--format", "json"]).ok().json();
    assert_eq!((&json["command"], &json["created"]), (&"db create".into(), &true.into()));
    let json = sandbox.dbmig(["db", "drop", "--format", "json"]).ok().json();
    assert_eq!(json["dropped"][0], "dev.sqlite3");
    let url = ["db", "create", "--database-url", "nowhere/x.sqlite3"];
    sandbox.dbmig(url).exits(3).warns("mkdir -p nowhere");
}

#[test]
fn setup_and_reset() {
    let sandbox = project();
    sandbox.dbmig(["db", "setup", "--seed"]).ok().says("2 migrations applied").says("1 seed run");
    sandbox.dbmig(["db", "setup"]).ok().says("nothing to apply").silent_about("Creating");
    sandbox.dbmig(["db", "exec", "-c", "INSERT INTO a VALUES (2, 'two')"]).ok();
    let plan = "drop    dev.sqlite3 (development)\ncreate  dev.sqlite3 (development)\n\
                apply   2 migrations\n";
    let ran = sandbox.dbmig(["db", "reset", "--dry-run"]).ok();
    assert_eq!(ran.stdout, plan);
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT count(*) FROM a"), ["2"]);
    sandbox.dbmig(["db", "reset", "--seed"]).ok().says("run     1 seed").says("Dropping database");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM a"), ["one"]);
    let json = sandbox.dbmig(["db", "reset", "--seed", "--format", "json"]).ok().json();
    assert_eq!(json["command"], "db reset");
    assert_eq!(json["dropped"][0], "dev.sqlite3");
    assert_eq!(json["applied"].as_array().unwrap().len(), 2);
    assert_eq!(json["seed"]["run"].as_array().unwrap().len(), 1);
    // What can not be set up again is not dropped.
    sandbox.write("migrations/3_c/down.sql", "");
    sandbox.dbmig(["db", "reset"]).exits(1);
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM a"), ["one"]);
}

#[test]
fn wait_until_nothing_is_pending() {
    let sandbox = project();
    sandbox.dbmig(["db", "wait"]).ok().says("SQLite has no server to wait for");
    let wait = ["db", "wait", "--migrated", "--wait=0s"];
    sandbox.dbmig(wait).exits(4).warns("does not exist yet after 0 s");
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    sandbox.dbmig(wait).exits(4).warns("1 migration pending").warns("cargo dbmig migrate");
    let before = sandbox.snapshot();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| sandbox.dbmig(["db", "wait", "--migrated", "--wait=30s"]));
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(before == sandbox.snapshot(), "waiting writes nothing");
        sandbox.dbmig(["migrate"]).ok();
        waiting.join().unwrap().ok().says("nothing is pending").warns("waiting");
    });
    let json = sandbox.dbmig(wait.into_iter().chain(["--format", "json"])).ok().json();
    assert_eq!(json["migrated"], true);
}

#[test]
fn exec_shows_rows_and_places() {
    let sandbox = project();
    sandbox.dbmig(["db", "exec", "-c", "SELECT 1"]).exits(3).warns("does not exist");
    assert!(!sandbox.exists("dev.sqlite3"));
    sandbox.dbmig(["db", "setup"]).ok();
    let sql = "INSERT INTO a VALUES (1, 'é'), (20, NULL); SELECT id, name FROM a; SELECT 1 WHERE 0";
    let ran = sandbox.dbmig(["db", "exec", "-c", sql]).ok();
    assert_eq!(
        ran.stdout,
        "2 rows changed\nid  name\n--  ----\n 1  é\n20  NULL\n(2 rows)\n1\n-\n(0 rows)\n\
         dev.sqlite3 (development): 3 statements run\n"
    );
    let ran = sandbox.dbmig(["db", "exec", "-q", "-c", "SELECT id FROM a"]).ok();
    assert_eq!(ran.stdout, "id\n--\n 1\n20\n");
    let json = sandbox.dbmig(["db", "exec", "--format", "json", "-c", sql]).exits(3).json();
    assert_eq!(json["results"].as_array().unwrap().len(), 0);
    let sql = "SELECT * FROM a";
    let json = sandbox.dbmig(["db", "exec", "--format", "json", "-c", sql]).ok().json();
    let result = &json["results"][0];
    assert_eq!(result["columns"], serde_json::json!(["id", "name"]));
    assert_eq!(result["rows"], serde_json::json!([["1", "é"], ["20", null]]));
    sandbox.write("sql/do.sql", "DELETE FROM a WHERE id = 1;\n-- é\nSELECT 'é', nosuch FROM a;\n");
    sandbox
        .dbmig(["db", "exec", "--file", "sql/do.sql"])
        .exits(3)
        .says("1 row changed")
        .warns("sql/do.sql:3:13: no such column: nosuch")
        .warns("1 statement ran before it, which is kept");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT id FROM a"), ["20"]);
    let transaction = "BEGIN; DELETE FROM a; nonsense";
    sandbox.dbmig(["db", "exec", "-c", transaction]).exits(3).warns("is rolled back");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT id FROM a"), ["20"]);
    for (sql, said) in [
        ("SELECT 'x", "-c:1:8: where its statements end is not certain"),
        ("DROP TABLE a;\n.tables\n", "-c:2:1: no server takes `.tables`"),
        ("-- nothing", "-c: there is no statement in it"),
    ] {
        sandbox.dbmig(["db", "exec", "-c", sql]).exits(2).warns(said);
    }
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
}

#[test]
fn exec_reads_standard_input() {
    let sandbox = project();
    sandbox.dbmig(["db", "setup"]).ok();
    for args in [&["db", "exec"][..], &["db", "execute", "--file", "-"]] {
        sandbox.write("in.sql", "CREATE TABLE IF NOT EXISTS c (id INT);\nSELECT 7 AS seven;");
        let stdin = std::fs::File::open(sandbox.path("in.sql")).unwrap();
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
        sandbox.run_reading(stdin.into(), program, &[], args.iter().copied()).ok().says("seven");
    }
    sandbox.write("latin1.sql", b"SELECT '\xe9'");
    sandbox.dbmig(["db", "exec", "-f", "latin1.sql"]).exits(2).warns("not UTF-8 from byte 8 on");
    sandbox.dbmig(["db", "exec", "-f", "none.sql"]).exits(2).warns("none.sql");
}

/// A program that shows what it was given takes the place of the client.
#[cfg(unix)]
#[test]
fn shell_starts_the_client() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = project();
    sandbox.dbmig(["db", "shell"]).exits(3).warns("does not exist");
    sandbox.dbmig(["db", "setup"]).ok();
    let path = |name: &str| sandbox.path(name).to_str().unwrap().to_owned();
    let shell = |bin: &str, args: &[&str]| {
        let env = [("PATH", bin), ("PGSERVICE", "elsewhere"), ("MYSQL_PWD", "stale")];
        sandbox.dbmig_with(&env, ["db", "shell"].into_iter().chain(args.iter().copied()))
    };
    for (url, install) in [
        ("dev.sqlite3", "`sqlite3` is not installed"),
        ("postgres://h/d", "`psql` is not installed"),
        ("mysql://h/d", "`mysql` or `mariadb` is not installed"),
    ] {
        let ran = shell("/nowhere", &["--database-url", url]).exits(2).warns(install);
        let _ = ran.warns("apt-get install").warns("cargo dbmig db exec");
    }
    let script = "#!/bin/sh\n[ \"$1\" = --version ] && { echo MariaDB; exit; }\n\
                  for word; do echo \"<$word>\"; done\n\
                  echo \"$PGUSER/$PGPASSWORD/$PGDATABASE/$PGSERVICE $MYSQL_PWD\"\nexit 9\n";
    for name in ["sqlite3", "psql", "mariadb"] {
        let file = format!("bin/{name}");
        sandbox.write(&file, script);
        std::fs::set_permissions(sandbox.path(&file), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let bin = path("bin");
    let ran = shell(&bin, &["--", "-header", "a b"]).exits(9);
    assert!(ran.stdout.starts_with(&format!("<{}>\n<-header>\n<a b>\n", path("dev.sqlite3"))));
    let ran = shell(&bin, &["--database-url", "postgres://u:hunter%202@h/d", "--", "-At"]).exits(9);
    assert_eq!(ran.stdout, "<-At>\nu/hunter 2/d/ stale\n");
    let ran = shell(&bin, &["--database-url", "mysql://u:hunter2@h/d"]).exits(9);
    assert!(ran.stdout.contains("<--skip-ssl-verify-server-cert>\n<--user=u>\n<--database=d>\n"));
    assert!(ran.stdout.ends_with(" hunter2\n") && ran.stdout.matches("hunter2").count() == 1);
    let ran = shell(&bin, &["--database-url", "mysql://u@h/d"]).exits(9);
    assert!(ran.stdout.ends_with("///elsewhere stale\n"), "{ran}");
    shell(&bin, &["--format", "json"]).exits(2).says("db exec");
}

#[test]
fn protect_needs_a_database() {
    let sandbox = project();
    sandbox.dbmig(["db", "protect"]).exits(3).warns("does not exist");
    assert!(!sandbox.exists("dev.sqlite3"));
    sandbox.dbmig(["db", "create"]).ok();
    sandbox.dbmig(["db", "protect", "--off"]).ok().says("not stamped");
    sandbox.dbmig(["db", "protect", "--kind", "a b"]).exits(2).warns("letters, digits");
    sandbox.dbmig(["db", "protect", "--confirm", "other"]).exits(2).warns("nothing was stamped");
    sandbox.dbmig(["db", "protect", "--kind", "staging"]).ok().says("stamped `staging`");
    sandbox.dbmig(["db", "protect", "--kind", "staging"]).ok().says("protected already");
    let json =
        sandbox.dbmig(["db", "protect", "--env", "test", "--format", "json"]).exits(3).json();
    assert_eq!(json["exit"], 3);
    let url = ["--database-url", "dev.sqlite3"];
    let args = ["db", "protect", "--env", "test", "--format", "json"].into_iter().chain(url);
    assert_eq!(sandbox.dbmig(args).ok().json()["stamp"], "production (test)");
}

#[test]
fn a_dump_is_loaded_with_its_versions() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "DROP TABLE a;");
    sandbox.migration("2_b", "CREATE TABLE b (id INTEGER);", "DROP TABLE b;");
    sandbox.migration("3_c", "CREATE TABLE c (id INTEGER);", "DROP TABLE c;");
    sandbox.dbmig(["db", "dump"]).exits(3).warns("does not exist");
    sandbox.dbmig(["migrate", "--only", "1"]).ok();
    sandbox.dbmig(["migrate", "--only", "3"]).ok();
    sandbox.execute("dev.sqlite3", "INSERT INTO a VALUES (1)");
    sandbox
        .dbmig(["db", "dump", "structure.sql"])
        .ok()
        .says("structure.sql: written: 2 tables, 2 versions");
    sandbox.dbmig(["db", "dump", "structure.sql"]).ok().says("structure.sql: up to date");
    let text = sandbox.read("structure.sql");
    assert!(
        text.starts_with("-- @generated by cargo dbmig db dump: sqlite\nCREATE TABLE a ("),
        "{text}"
    );
    assert_eq!(sandbox.dbmig(["db", "dump"]).ok().stdout, text);
    let only = sandbox.dbmig(["db", "dump", "--schema-only"]).ok().stdout;
    assert!(!only.contains("__diesel") && only.contains("CREATE TABLE c"), "{only}");
    sandbox.write("mine.sql", "SELECT 1;");
    sandbox.dbmig(["db", "dump", "mine.sql"]).exits(2).warns("no dump of this command");
    assert_eq!(sandbox.read("mine.sql"), "SELECT 1;");
    sandbox.dbmig(["db", "dump", "mine.sql", "--force"]).ok();

    // Exactly these versions: the one between is still pending.
    let other = [("DATABASE_URL", "other.sqlite3")];
    sandbox.write("dbmig.toml", "dialect = \"sqlite\"\n");
    sandbox.dbmig_with(&other, ["db", "load", "structure.sql"]).ok().says("2 versions recorded");
    sandbox.dbmig_with(&other, ["status"]).ok().says("2 applied, 1 pending");
    sandbox.dbmig_with(&other, ["drift"]).ok().says("no drift");
    assert_eq!(sandbox.dbmig_with(&other, ["db", "dump"]).ok().stdout, text);
    assert!(sandbox.query("other.sqlite3", "SELECT id FROM a").is_empty());
}

#[test]
fn a_load_needs_an_empty_database_that_nothing_protects() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "DROP TABLE a;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["db", "dump", "structure.sql"]).ok();
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(["db", "load", "structure.sql"]).exits(2);
    assert!(
        ran.stderr.contains("cargo dbmig db load structure.sql --confirm dev.sqlite3"),
        "{ran}"
    );
    // Told to: what is there already stops it, and nothing of it stays.
    sandbox.write("more.sql", "CREATE TABLE b (id INT); CREATE TABLE a (id INT);");
    let ran = sandbox.dbmig(["db", "load", "more.sql", "--confirm", "dev.sqlite3"]).exits(3);
    assert!(
        ran.stderr.contains("more.sql:1:39: ") && ran.stderr.contains("nothing of it was kept"),
        "{ran}"
    );
    assert_eq!(sandbox.tables("dev.sqlite3").iter().filter(|name| *name == "b").count(), 0);
    std::fs::remove_file(sandbox.path("more.sql")).unwrap();
    assert!(before == sandbox.snapshot(), "something was written");
    sandbox.write("more.sql", "CREATE TABLE b (id INT);");
    sandbox.dbmig(["db", "load", "more.sql", "--confirm", "dev.sqlite3"]).ok();
    sandbox.write("more.sql", "-- @generated by cargo dbmig db dump: mysql\nSELECT 1;");
    sandbox.dbmig(["db", "load", "more.sql"]).exits(2).warns("is a dump of mysql");
    sandbox.dbmig(["db", "load", "nosuch.sql"]).exits(2).warns("could not read");
    sandbox.dbmig(["db", "protect"]).ok();
    sandbox
        .dbmig(["db", "load", "structure.sql", "--confirm", "dev.sqlite3"])
        .exits(2)
        .warns("is protected");
}
