//! `check`, `explain`.

use crate::support::Sandbox;

#[test]
fn reports_everything_at_once() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok().says("1 set: in order");
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE b (id INT);");
    sandbox.migration("2_b", "", "");
    sandbox.write("migrations/3_c/up.sql", "SELECT 1;");
    sandbox.write("migrations/3_c/metadata.toml", "run_in_transactoin = true\n");
    let mut ran = sandbox.dbmig(["check"]).exits(1);
    for code in [
        "modified",
        "empty-up",
        "missing-down",
        "draft",
        "invalid-metadata",
        "metadata-transaction-missing",
    ] {
        ran = ran.warns(&format!("[{code}]"));
    }
    let ran = ran.warns("did you mean `run_in_transaction`?").says("1 set: ");
    let ran = ran.says("checked migrations (3 migrations)");
    assert!(!ran.stderr.contains("panicked"));
    let json = sandbox.dbmig(["check", "--format", "json"]).exits(1).json();
    let found: Vec<_> =
        json["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert!(found.contains(&"modified") && found.contains(&"missing-down"), "{found:?}");
    let place = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["code"] == "invalid-metadata")
        .unwrap();
    assert_eq!((place["line"].as_u64(), place["column"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn a_set_that_can_not_be_read_is_counted() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "SELECT 1;", "SELECT 1;");
    sandbox.write("migrations/2_b/up.sql", b"SELECT 'caf\xe9';");
    sandbox.dbmig(["check"]).exits(1).says("checked migrations (2 migrations)");
}

#[test]
fn levels_come_from_the_configuration() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "");
    sandbox.dbmig(["lock"]).exits(1).warns("error[missing-down]");
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("{config}\n[lints]\nmissing-down = \"warn\"\n"));
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok().warns("warning[missing-down]");
    sandbox.write("dbmig.toml", format!("{config}\n[lints]\nmissing-down = \"allow\"\n"));
    sandbox.dbmig(["check"]).ok().silent_about("missing-down");
}

#[test]
fn explain_knows_every_code_it_shows() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["explain"]).ok().says("duplicate-version");
    sandbox.dbmig(["explain", "modified"]).ok().says("cargo dbmig lock --relock");
    sandbox
        .dbmig(["explain", "modifed"])
        .exits(2)
        .warns("did you mean `cargo dbmig explain modified`?");
}

#[test]
fn formats_for_machines_and_short_ones() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "");
    sandbox
        .dbmig(["check", "--format", "short"])
        .exits(1)
        .says("migrations/1_a/down.sql: error[missing-down]: ")
        .says("migrations/1_a: error[draft]: ");
    sandbox
        .dbmig(["check", "--format", "github"])
        .exits(1)
        .says("::error file=migrations/1_a/down.sql,title=missing-down::");
}

#[test]
fn live_looks_into_the_database_and_writes_nothing() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    sandbox.dbmig(["lock"]).ok();
    let live = || sandbox.dbmig(["check", "--live"]);
    live().exits(3).warns("does not exist");
    assert!(!sandbox.exists("dev.sqlite3"), "looking created a database");
    sandbox.dbmig(["migrate", "--step", "1"]).ok();
    let before = sandbox.snapshot();
    live().exits(1).says("1 set: in order").says("1 applied, 1 pending");
    assert!(before == sandbox.snapshot(), "looking wrote something");
    sandbox.dbmig(["migrate"]).ok();
    live().ok().says("2 applied, 0 pending");
    let json = sandbox.dbmig(["check", "--live", "--format", "json"]).ok().json();
    assert_eq!(json["database"]["migrations"][1]["state"], "applied", "{json:#}");
    // What the database has and the set does not.
    std::fs::remove_dir_all(sandbox.path("migrations/2_b")).unwrap();
    live().exits(1).warns("[removed]");
    sandbox.dbmig(["lock", "--relock", "2_b"]).ok();
    live().exits(4).says("1 missing");
    sandbox.migration("3_c", "CREATE TABLE c (id INT); SELECT nosuch;", "DROP TABLE c;");
    sandbox.write("migrations/3_c/metadata.toml", "run_in_transaction = false\n");
    sandbox.dbmig(["lock"]).ok();
    let _ = sandbox.dbmig(["migrate"]).exits(3);
    live().exits(4).says("half-done");
}
