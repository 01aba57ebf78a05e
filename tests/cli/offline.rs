//! `sql A..B` and `migrate --dry-run --sql`: one case a flag, and what a script leaves in SQLite.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;

use crate::support::Sandbox;

const KEYS_OFF: &str = "run_in_transaction = true\n\n[dbmig]\nforeign_keys = \"off\"\n";

fn four() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_a",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT DEFAULT 'it''s; \\ -- x');\nINSERT INTO a VALUES (1, 'x')",
        "DROP TABLE a -- it's \\ gone",
    );
    sandbox.migration(
        "2_b",
        "CREATE TABLE b (a INT REFERENCES a (id)); INSERT INTO b VALUES (1);\n\
         CREATE TRIGGER tr AFTER INSERT ON b BEGIN DELETE FROM b WHERE a = 5; SELECT 1; END;\n/* open",
        "DROP TABLE b;\r\n",
    );
    sandbox.migration(
        "3_c",
        "CREATE TABLE new (id INTEGER PRIMARY KEY, t TEXT, u INT); INSERT INTO new SELECT id, t, 0 FROM a;\n\
         DROP TABLE a; ALTER TABLE new RENAME TO a;",
        "ALTER TABLE a DROP COLUMN u;",
    );
    sandbox.write("migrations/3_c/metadata.toml", KEYS_OFF);
    sandbox.migration("4_d", "CREATE INDEX i ON a (t); VACUUM", "DROP INDEX i;");
    sandbox.write("migrations/4_d/metadata.toml", "run_in_transaction = false\n");
    sandbox.dbmig(["lock"]).ok();
    sandbox
}

/// Runs a script as a client that stops at the first error, and lets go of the database.
fn run(sandbox: &Sandbox, database: &str, script: &str) -> Result<(), String> {
    let path = sandbox.path(database);
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute(script).map_err(|error| error.to_string())
}

/// What is the same however a migration was run.
fn evidence(sandbox: &Sandbox, database: &str) -> Vec<String> {
    sandbox.query(
        database,
        "SELECT concat_ws('|', version, attempt, action, name, stamp IS NULL, up_digest, up_tokens, down_digest, \
         metadata_digest, settings, mode, state, statements_total, statements_done, done_digest, intent, \
         intent_digest, hex(down_sql), batch, host, backend, tool, error) FROM __dbmig_history ORDER BY id",
    )
}

fn schema(sandbox: &Sandbox, database: &str) -> Vec<String> {
    let sql = "SELECT name || ': ' || coalesce(sql, '') FROM sqlite_master ORDER BY name";
    let mut schema = sandbox.query(database, sql);
    schema.extend(sandbox.query(database, "SELECT version FROM __diesel_schema_migrations"));
    if schema.iter().any(|line| line.starts_with("a: ")) {
        schema.extend(sandbox.query(database, "SELECT concat_ws('|', id, t, u) FROM a"));
        schema.extend(sandbox.query(database, "SELECT CAST(a AS TEXT) FROM b"));
    }
    schema
}

#[test]
fn a_script_leaves_what_a_run_leaves() {
    let sandbox = four();
    let test = |args: &[&'static str]| sandbox.dbmig(args.iter().copied().chain(["--env", "test"]));
    let up = sandbox.dbmig(["sql", ".."]).ok();
    assert_eq!(up.stderr, "");
    let down = sandbox.dbmig(["sql", "..", "--down"]).ok().stdout;
    run(&sandbox, "dev.sqlite3", &up.stdout).unwrap();
    test(&["migrate"]).ok();
    let compare = |about: &str| {
        assert_eq!(
            evidence(&sandbox, "dev.sqlite3"),
            evidence(&sandbox, "test.sqlite3"),
            "{about}"
        );
        assert_eq!(schema(&sandbox, "dev.sqlite3"), schema(&sandbox, "test.sqlite3"), "{about}");
    };
    compare("applied");
    let status = sandbox.dbmig(["status", "--exit-code"]).ok().says("4 applied, 0 pending");
    let _ = status.silent_about("[").silent_about("modified").silent_about("adopted");
    let reasons = sandbox.query("dev.sqlite3", "SELECT DISTINCT reason FROM __dbmig_history");
    assert_eq!(reasons, ["offline"]);
    // The stamps are those of Diesel's rows: everything has its record.
    let fits = "SELECT count(*) FROM __dbmig_history h JOIN __diesel_schema_migrations d \
                ON d.version = h.version AND h.stamp = CAST(d.run_on AS TEXT)";
    assert_eq!(
        sandbox.query("dev.sqlite3", &fits.replace("count(*)", "CAST(count(*) AS TEXT)")),
        ["4"]
    );
    // A second time it stops before anything is done.
    let before = sandbox.snapshot();
    let error = run(&sandbox, "dev.sqlite3", &up.stdout).unwrap_err();
    assert!(
        error.contains("UNIQUE constraint failed: __diesel_schema_migrations.version"),
        "{error}"
    );
    assert!(before == sandbox.snapshot());
    // Back by a script, and once more.
    run(&sandbox, "dev.sqlite3", &down).unwrap();
    test(&["revert", "--all"]).ok();
    compare("reverted");
    assert_eq!(sandbox.tables("dev.sqlite3"), Vec::<String>::new());
    let before = sandbox.snapshot();
    run(&sandbox, "dev.sqlite3", &down).unwrap_err();
    assert!(before == sandbox.snapshot());
    run(&sandbox, "dev.sqlite3", &up.stdout).unwrap();
    test(&["migrate"]).ok();
    compare("applied again");
    // Back by the engine: with the file, and with what the script has recorded.
    sandbox.dbmig(["revert"]).ok();
    for name in ["3_c", "2_b", "1_a"] {
        std::fs::remove_dir_all(sandbox.path(&format!("migrations/{name}"))).unwrap();
    }
    sandbox.dbmig(["revert", "--missing"]).ok().says("3 migrations reverted");
    assert_eq!(sandbox.tables("dev.sqlite3"), Vec::<String>::new());
}

#[test]
fn the_rest_of_a_database() {
    let sandbox = four();
    for env in ["development", "test"] {
        sandbox.dbmig(["migrate", "--env", env, "--step", "2"]).ok();
        sandbox.dbmig(["revert", "--env", env]).ok();
    }
    let script = sandbox.dbmig(["migrate", "--dry-run", "--sql", "--to", "3"]).ok();
    assert_eq!(script.stderr, "");
    assert!(!script.stdout.contains("CREATE TABLE IF NOT EXISTS"), "{script}");
    let json = sandbox.dbmig(["migrate", "--dry-run", "--sql", "--to", "3", "--format", "json"]);
    assert_eq!(json.ok().json()["script"], script.stdout.as_str());
    run(&sandbox, "dev.sqlite3", &script.stdout).unwrap();
    sandbox.dbmig(["migrate", "--env", "test", "--to", "3"]).ok();
    assert_eq!(evidence(&sandbox, "dev.sqlite3"), evidence(&sandbox, "test.sqlite3"));
    let nothing = sandbox
        .dbmig(["migrate", "--dry-run", "--sql", "--to", "3"])
        .ok()
        .warns("there is nothing to do");
    assert_eq!(nothing.stdout, "-- SQLite: nothing to do. Written by dbmig 0.1.0.\n");
}

#[test]
fn what_another_tool_has_applied_is_taken_over() {
    let sandbox = four();
    let by_hand = format!(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, \
         run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); {}; \
         INSERT INTO __diesel_schema_migrations (version) VALUES ('1');",
        sandbox.read("migrations/1_a/up.sql")
    );
    for database in ["dev.sqlite3", "test.sqlite3"] {
        run(&sandbox, database, &by_hand).unwrap();
    }
    let script = sandbox.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
    run(&sandbox, "dev.sqlite3", &script).unwrap();
    sandbox.dbmig(["migrate", "--env", "test"]).ok().warns("1 migration that another tool");
    assert_eq!(evidence(&sandbox, "dev.sqlite3"), evidence(&sandbox, "test.sqlite3"));
    sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
}

#[test]
fn a_script_stops_where_the_database_is_another() {
    let sandbox = four();
    let script = sandbox.dbmig(["sql", "2..3"]).ok().stdout;
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    let error = run(&sandbox, "dev.sqlite3", &script).unwrap_err();
    assert!(error.contains("UNIQUE constraint failed"), "{error}");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a"]);
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    run(&sandbox, "dev.sqlite3", &script).unwrap();
    sandbox.dbmig(["status"]).ok().says("3 applied, 1 pending");
}

#[test]
fn rows_that_come_to_refer_to_nothing_stop_it() {
    let sandbox = four();
    sandbox.migration("5_e", "DELETE FROM a;", "SELECT 1;");
    sandbox.write("migrations/5_e/metadata.toml", KEYS_OFF);
    sandbox.dbmig(["migrate", "--to", "4"]).ok();
    let script = sandbox.dbmig(["migrate", "--dry-run", "--sql"]).ok().stdout;
    let error = run(&sandbox, "dev.sqlite3", &script).unwrap_err();
    assert!(error.contains("UNIQUE constraint failed"), "{error}");
    sandbox.dbmig(["status"]).ok().says("4 applied, 1 pending");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT CAST(count(*) AS TEXT) FROM a"), ["1"]);
    // Those that did so before are not counted.
    run(&sandbox, "dev.sqlite3", "PRAGMA foreign_keys = OFF; DELETE FROM a;").unwrap();
    run(&sandbox, "dev.sqlite3", &script).unwrap();
    sandbox.dbmig(["status"]).ok().says("5 applied, 0 pending");
}

#[test]
fn a_range_is_named_by_selectors() {
    let sandbox = four();
    let steps = |args: &[&'static str]| -> Vec<String> {
        let ran = sandbox.dbmig(["sql"].into_iter().chain(args.iter().copied())).ok();
        let heads = ran.stdout.lines().filter_map(|line| line.strip_prefix("-- ===== "));
        heads.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    assert_eq!(steps(&["a..c"]), ["2_b", "3_c"]);
    assert_eq!(steps(&["..2_b"]), ["1_a", "2_b"]);
    assert_eq!(steps(&["c.."]), ["4_d"]);
    assert_eq!(steps(&["2..", "--down"]), ["4_d", "3_c"]);
    assert_eq!(steps(&["2..2"]), Vec::<String>::new());
    assert_eq!(
        sandbox.dbmig(["sql", "a"]).ok().stdout,
        sandbox.read("migrations/1_a/up.sql") + "\n"
    );
    let ran = sandbox.dbmig(["sql", "3..1"]).exits(2).warns("`cargo dbmig sql 1..3`");
    assert_eq!(ran.stdout, "");
    sandbox.dbmig(["sql", "1..nosuch"]).exits(2).warns("there is no migration `nosuch`");
    let json = sandbox.dbmig(["sql", "..1", "--format", "json"]).ok().json();
    assert_eq!(json["script"], sandbox.dbmig(["sql", "..1"]).ok().stdout.as_str());
    assert!(!sandbox.exists("dev.sqlite3"));
}

#[test]
fn the_dialect_of_a_range() {
    let sandbox = four();
    sandbox
        .dbmig(["sql", "..", "--dialect", "mysql"])
        .exits(2)
        .warns("written for sqlite, not for mysql");
    sandbox.dbmig(["sql", "1", "--dialect", "sqlite"]).exits(2).warns("`cargo dbmig sql ..1`");
    sandbox.dbmig(["sql", "..", "--dialect", "oracle"]).exits(2).warns("unknown dialect `oracle`");
    // A plain Diesel project, of which nobody says what it is for.
    let sandbox = Sandbox::new();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    let ran = sandbox.dbmig(["sql", ".."]).exits(2).warns("nobody says which dialect");
    let _ = ran.warns("`cargo dbmig sql .. --dialect postgres`");
    for (dialect, title) in
        [("postgres", "PostgreSQL"), ("mariadb", "MySQL and MariaDB"), ("sqlite", "SQLite")]
    {
        sandbox.dbmig(["sql", "..", "--dialect", dialect]).ok().says(&format!("-- {title}: apply"));
    }
}

#[test]
fn what_is_not_part_of_a_script_is_said() {
    let sandbox = four();
    sandbox.write("migrations/R__v.sql", "CREATE VIEW v AS SELECT 1;");
    let ran = sandbox.dbmig(["sql", ".."]).ok().warns("`R__v.sql` is not part of it");
    assert!(ran.stdout.starts_with("-- SQLite: ") && !ran.stdout.contains("VIEW"), "{ran}");
    // Findings do not get into it either, whatever their format.
    for args in [&["--quiet"][..], &["--format", "short"], &["--format", "github"]] {
        let again = sandbox.dbmig(["sql", ".."].into_iter().chain(args.iter().copied())).ok();
        assert_eq!(again.stdout, ran.stdout);
    }
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    std::fs::remove_file(sandbox.path("migrations/dbmig.lock")).unwrap();
    for format in ["human", "short", "github"] {
        let args = ["migrate", "--dry-run", "--sql", "--format", format];
        let ran = sandbox.dbmig(args).ok().warns("warning[lock-missing]");
        assert!(ran.stdout.starts_with("-- SQLite: apply 3 migrations"), "{ran}");
    }
}

#[test]
fn flags_that_do_not_go_together() {
    let sandbox = four();
    sandbox.dbmig(["migrate", "--sql"]).exits(2).warns("--dry-run");
    let ran = sandbox.dbmig(["migrate", "--dry-run", "--sql", "--tx", "all"]).exits(2);
    assert!(!sandbox.exists("dev.sqlite3"), "{ran}");
}

#[test]
fn what_no_script_can_hold_is_refused_before_anything_is_printed() {
    let sandbox = four();
    sandbox.migration("5_e", "CREATE TABLE e (x INT);\nCOMMIT;", "SELECT 1;");
    sandbox.dbmig(["migrate", "--to", "4"]).ok();
    for args in [&["migrate", "--dry-run", "--sql"][..], &["sql", "4.."]] {
        let ran = sandbox.dbmig(args.iter().copied());
        let ran = ran.warns("migrations/5_e/up.sql:2:1: `COMMIT` in a file that runs in");
        assert!(ran.stdout.is_empty() && ran.code != Some(0), "{ran}");
    }
    sandbox.migration("5_e", "CREATE TABLE e (x INT);\n.read x\n", "SELECT 1;");
    let ran = sandbox.dbmig(["sql", "4.."]).exits(2).warns("5_e/up.sql:2:1: no script can hold it");
    assert_eq!(ran.warns("`cargo dbmig migrate`").stdout, "");
}

#[test]
fn what_the_environment_says_is_part_of_it_and_its_url_is_not() {
    let sandbox = Sandbox::new();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.write(
        "dbmig.toml",
        "dialect = \"postgres\"\n[env.development]\nurl_env = \"DATABASE_URL\"\nrole = \"o'brien\"\n\
         search_path = \"app\"\ninit_sql = \"SET x.y = 1 -- all\"\n",
    );
    let env = [("DATABASE_URL", "postgres://joe:hunter2@db.example.com/app")];
    let ran = sandbox.dbmig_with(&env, ["sql", ".."]).ok();
    let ran = ran
        .says("set_config('role', 'o''brien', false);")
        .says("set_config('search_path', 'app', false); SET x.y = 1 -- all\n;\n");
    let _ = ran.silent_about("hunter2").silent_about("example.com");
}
