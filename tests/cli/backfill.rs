//! `backfill`, `generate backfill`, and migrations that wait for one.

use crate::support::Sandbox;

/// A table with so many rows, applied, and a backfill of it that is not.
fn filled(rows: usize) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, timezone TEXT);",
        "DROP TABLE users;",
    );
    sandbox.dbmig(["migrate"]).ok();
    sandbox.execute(
        "dev.sqlite3",
        &format!(
            "INSERT INTO users (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n"
        ),
    );
    std::fs::copy(sandbox.path("dev.sqlite3"), sandbox.path("prod.sqlite3")).unwrap();
    sandbox
        .dbmig([
            "generate",
            "backfill",
            "fill",
            "--version",
            "2",
            "--table",
            "users",
            "--set",
            "timezone = 'UTC'",
            "--where",
            "timezone IS NULL",
            "--throttle",
            "0",
        ])
        .ok()
        .says("created migrations/2_fill/backfill.sql");
    sandbox.migration("3_index", "CREATE INDEX tz ON users (timezone);", "DROP INDEX tz;");
    sandbox.write(
        "migrations/3_index/metadata.toml",
        "run_in_transaction = true\n\n[dbmig]\nrequires = \"backfill:2\"\n",
    );
    sandbox
}

const LEFT: &str = "SELECT count(*) FROM users WHERE timezone IS NULL";

#[test]
fn migrate_runs_it_where_nothing_is_protected() {
    let sandbox = filled(2_500);
    sandbox.dbmig(["plan"]).ok().says("fill  2_fill/backfill.sql").says("2 migrations");
    let ran = sandbox.dbmig(["migrate", "--format", "json"]).ok().json();
    assert_eq!(ran["backfills"][0]["rows"], 2_500);
    assert_eq!(ran["backfills"][0]["windows"], 3);
    assert_eq!(sandbox.query("dev.sqlite3", LEFT), ["0"]);
    sandbox.dbmig(["status"]).ok().says("2_fill/backfill.sql").says("3 applied, 0 pending");
    sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
    sandbox.dbmig(["backfill", "run"]).ok().says("nothing to backfill");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok();
    // What is reverted is to be done again.
    sandbox.dbmig(["redo", "--through", "2"]).ok().says("filled  2_fill");
}

#[test]
fn a_protected_environment_leaves_it_to_a_run_of_its_own() {
    let sandbox = filled(2_500);
    sandbox.dbmig(["lock"]).ok();
    let on = ["--env", "production"];
    let args = |words: &[&'static str]| [words, &on].concat();
    sandbox
        .dbmig(args(&["migrate"]))
        .exits(4)
        .warns("migration `3_index` requires the backfill of `2_fill`, which is pending")
        .warns("run it: `cargo dbmig backfill run 2`");
    assert_eq!(sandbox.query("prod.sqlite3", LEFT), ["2500"]);
    sandbox.dbmig(args(&["plan"])).exits(4).warns("requires the backfill");
    sandbox.dbmig(args(&["backfill", "status"])).ok().says("pending");
    sandbox.dbmig(args(&["backfill", "run"])).ok().says("(2500 of 2500 rows changed, 3 windows");
    // One that was written since is seen before anything is built on it.
    sandbox.execute("prod.sqlite3", "INSERT INTO users (id) VALUES (9999)");
    sandbox.dbmig(args(&["migrate"])).exits(4).warns("has left rows").warns("run 2 --again");
    sandbox.dbmig(args(&["backfill", "verify"])).exits(1).says("rows left");
    sandbox.dbmig(args(&["backfill", "run", "2", "--again"])).ok().says("(1 of 2501 rows");
    sandbox.dbmig(args(&["migrate"])).ok().says("1 migration applied");
    // `[policy]` says otherwise.
    let sandbox = filled(2_500);
    let toml = sandbox.read("dbmig.toml") + "\n[policy]\nbackfills = \"run\"\n";
    sandbox.write("dbmig.toml", toml);
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(args(&["migrate"])).ok().says("2 migrations applied");
}

#[test]
fn diesel_stops_at_it_and_a_script_says_what_is_left() {
    let sandbox = filled(10);
    let up = sandbox.read("migrations/2_fill/up.sql");
    assert!(up.ends_with("SELECT this_migration_needs_cargo_dbmig();\n"), "{up}");
    sandbox.dbmig(["migrate", "--dry-run", "--sql"]).exits(2).warns("requires a backfill");
    let script = sandbox.dbmig(["migrate", "--to", "2", "--dry-run", "--sql"]).ok();
    assert!(script.stdout.contains("cargo dbmig backfill run 2"), "{script}");
    assert!(!script.stdout.contains("this_migration_needs"), "{script}");
    sandbox.dbmig(["migrate", "--tx", "all"]).exits(2).warns("`2_fill` can not be part of one");
}

#[test]
fn a_file_that_was_edited_is_not_gone_on_with() {
    let sandbox = filled(2_500);
    sandbox.dbmig(["migrate"]).ok();
    let file = "migrations/2_fill/backfill.sql";
    let text = sandbox.read(file);
    sandbox.write(file, text.replace("'UTC'", "'CET'"));
    sandbox.dbmig(["backfill", "status"]).ok().says("[edited since]");
    sandbox.dbmig(["backfill", "run", "2"]).exits(4).warns("was edited since it was run");
    sandbox.write(file, text.replace(">= :lo", "> :lo"));
    sandbox
        .dbmig(["check"])
        .exits(1)
        .warns_or_says("migrations/2_fill/backfill.sql:8:12")
        .warns_or_says("[invalid-backfill]");
    sandbox.dbmig(["backfill", "run", "2", "--again"]).exits(1).warns("backfill.sql:8:12: `:lo`");
}

#[test]
fn what_is_typed_wrong() {
    let sandbox = filled(10);
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["backfill", "run", "1"]).exits(2).warns("`1` has no backfill");
    sandbox.dbmig(["backfill", "run", "nosuch"]).exits(2).warns("there is no migration");
    sandbox.dbmig(["backfill", "pause", "2"]).exits(4).warns("is done");
    for (set, reason) in [("a", "is no assignment"), ("timezone = 'a", "makes no backfill")] {
        let args = ["generate", "backfill", "x", "--table", "users", "--set", set];
        sandbox.dbmig(args).exits(2).warns(reason);
    }
    sandbox.dbmig(["generate", "backfill"]).exits(2);
    sandbox.dbmig(["generate", "plain"]).ok().says("_plain/up.sql");
    sandbox.write("dbmig.toml", "dialect = \"sqlite\"\n[policy]\nbackfills = \"later\"\n");
    sandbox.dbmig(["status"]).exits(2).warns("`later` is not one of");
}

/// A database where somebody else has done it: the query is evidence enough.
#[test]
fn what_was_recorded_without_being_run_is_verified() {
    let sandbox = filled(2_500);
    sandbox.execute("dev.sqlite3", "UPDATE users SET timezone = 'UTC'");
    sandbox.dbmig(["baseline", "--at", "2"]).ok();
    sandbox.dbmig(["migrate"]).exits(4).warns("cargo dbmig backfill verify 2");
    sandbox.dbmig(["backfill", "verify", "2"]).ok();
    sandbox.dbmig(["migrate"]).ok().says("1 migration applied");
}

/// What the migrations make up to one of them is made without the rows of those behind it.
#[test]
fn what_is_behind_the_point_that_is_asked_about_is_left_out() {
    let sandbox = filled(3);
    sandbox.dbmig(["migrate"]).ok();
    for (from, to) in [("empty", "migrations@1"), ("empty", "migrations@2")] {
        let ran = sandbox.dbmig(["diff", "--from", from, "--to", to]).ok();
        ran.says("users").silent_about("tz");
    }
    sandbox.dbmig(["prove", "1..2"]).ok().says("schema only").warns("loses users.timezone");
}
