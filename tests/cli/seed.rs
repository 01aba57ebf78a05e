//! `seed run`, `seed status`.

use crate::support::Sandbox;

fn seeded() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("1_t", "CREATE TABLE t (kind TEXT);", "DROP TABLE t;");
    for set in ["reference", "dev", "test"] {
        sandbox
            .write(&format!("seeds/{set}/001_t.sql"), format!("INSERT INTO t VALUES ('{set}');"));
    }
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox
}

const ROWS: &str = "SELECT kind FROM t ORDER BY kind";

#[test]
fn the_kind_decides_which_sets_run() {
    let sandbox = seeded();
    for (env, file, rows) in [
        ("development", "dev.sqlite3", &["dev", "reference"][..]),
        ("test", "test.sqlite3", &["reference", "test"]),
        ("production", "prod.sqlite3", &["reference"]),
    ] {
        if file != "dev.sqlite3" {
            std::fs::copy(sandbox.path("dev.sqlite3"), sandbox.path(file)).unwrap();
            sandbox.dbmig(["redo", "--env", env, "--accept-unproved", "--confirm", file]).ok();
        }
        sandbox.dbmig(["seed", "run", "--env", env]).ok();
        assert_eq!(sandbox.query(file, ROWS), rows, "{env}");
    }
    sandbox
        .dbmig(["seed", "run", "--env", "production", "--set", "dev"])
        .exits(2)
        .warns("kind production");
    assert_eq!(sandbox.query("prod.sqlite3", ROWS), ["reference"]);
}

#[test]
fn a_second_run_does_nothing_and_a_revert_voids_the_record() {
    let sandbox = seeded();
    sandbox.dbmig(["seed", "run"]).ok().says("2 seeds run, 0 unchanged");
    sandbox.dbmig(["seed", "run"]).ok().says("0 seeds run, 2 unchanged");
    sandbox.dbmig(["redo"]).ok();
    sandbox.dbmig(["seed", "status"]).ok().says("2 of 2 seeds to run");
    sandbox.dbmig(["seed", "run"]).ok().says("2 seeds run, 0 unchanged");
    assert_eq!(sandbox.query("dev.sqlite3", ROWS), ["dev", "reference"]);
}

#[test]
fn flags() {
    let sandbox = seeded();
    sandbox
        .dbmig(["seed", "run", "--dry-run"])
        .ok()
        .says("would run  reference/001_t.sql: its statements run");
    assert_eq!(sandbox.query("dev.sqlite3", ROWS), [""; 0]);
    sandbox.dbmig(["seed", "run", "--set", "reference"]).ok().says("1 seed run");
    sandbox.dbmig(["seed", "run", "--set", "refrence"]).exits(2).warns("did you mean `reference`?");
    sandbox.dbmig(["seed", "run", "--again"]).ok().says("2 seeds run");
    assert_eq!(sandbox.query("dev.sqlite3", ROWS), ["dev", "reference", "reference"]);
    sandbox.write("seeds/dev/001_t.sql", "INSERT INTO t VALUES ('changed');");
    sandbox.dbmig(["seed", "status"]).ok().says("changed  dev/001_t.sql");
    let json = sandbox.dbmig(["seed", "run", "--format", "json"]).ok().json();
    assert_eq!(json["run"][0]["name"], "dev/001_t.sql");
}

#[test]
fn a_seed_that_fails_has_its_place_and_leaves_nothing() {
    let sandbox = seeded();
    sandbox.write(
        "seeds/dev/002_bad.sql",
        "INSERT INTO t VALUES ('x');\nINSERT INTO nosuch VALUES (1);\n",
    );
    sandbox
        .dbmig(["seed", "run"])
        .exits(3)
        .warns("seeds/dev/002_bad.sql:2:1: no such table: nosuch");
    assert_eq!(sandbox.query("dev.sqlite3", ROWS), ["dev", "reference"]);
}

#[test]
fn seeds_wait_for_pending_migrations() {
    let sandbox = seeded();
    sandbox.migration("2_u", "CREATE TABLE u (id INT);", "DROP TABLE u;");
    sandbox.dbmig(["seed", "run"]).exits(4).warns("cargo dbmig migrate");
}

#[test]
fn a_url_that_was_typed_is_not_taken_for_development() {
    let sandbox = seeded();
    sandbox.dbmig(["seed", "run", "--database-url", "dev.sqlite3"]).ok().says("1 seed run");
    assert_eq!(sandbox.query("dev.sqlite3", ROWS), ["reference"]);
    sandbox.dbmig(["seed", "run", "--database-url", "dev.sqlite3", "--env", "development"]).ok();
    assert_eq!(sandbox.query("dev.sqlite3", ROWS), ["dev", "reference"]);
}

#[test]
fn one_is_not_many() {
    let sandbox = seeded();
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    sandbox.dbmig(["seed", "run"]).exits(4).warns("1 migration is pending");
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    sandbox.dbmig(["seed", "run"]).exits(4).warns("2 migrations are pending");
}
