//! The demonstration package, as the README shows it.

use crate::support::{Ran, Sandbox, copy, repository};

/// The demonstration in a folder of its own.
pub(crate) fn shop(name: &str) -> Sandbox {
    Sandbox::fixture("shop", name)
}

/// The lines of a build that tell of findings.
fn told(ran: &Ran) -> Vec<String> {
    ran.stderr.lines().filter(|line| line.starts_with("error: shop-")).map(str::to_owned).collect()
}

#[test]
fn the_first_command_of_the_readme() {
    let sandbox = shop("shop-first");
    let _ = sandbox
        .dbmig(["migrate", "--seed", "--status"])
        .ok()
        .says("  filled  2026-03-11-090000-0000_fill_archived_cents  (2500 of 2500 rows changed, 3 windows")
        .says("6 migrations applied")
        .says("  seeded  reference/001_countries.csv  (3 inserted; ")
        .says("  seeded  dev/003_orders.json  (3 inserted; ")
        .says("3 seeds run")
        .says("6 applied, 0 pending");
    assert_eq!(sandbox.query("shop.sqlite3", "SELECT count(*) FROM orders"), ["3"]);
    let _ = sandbox.dbmig(["check"]).ok().says("in order");
}

#[test]
fn the_application_migrates_itself_and_is_rebuilt_when_the_set_changes() {
    let sandbox = shop("shop-runs");
    let ran = sandbox.cargo(["run", "--", "a.sqlite3"]).ok();
    let _ = ran
        .says("filled 2026-03-11-090000-0000_fill_archived_cents: 2500 rows")
        .says("6 applied, 0 noted");
    let _ = sandbox.cargo(["run", "--", "a.sqlite3"]).ok().says("0 applied, 0 noted");
    // The command sees what the application did.
    let _ =
        sandbox.dbmig(["status", "--database-url", "a.sqlite3"]).ok().says("6 applied, 0 pending");

    // Unchanged: neither build script nor compiler runs.
    let ran = sandbox.cargo(["build", "-v"]).ok().warns("Fresh shop-runs");
    let _ = ran.silent_about("Running `").silent_about("Dirty shop-runs");

    // Added: rebuilt, with a warning while it is a draft, and applied.
    sandbox.migration(
        "2026-04-01-000000-0000_tags",
        "CREATE TABLE tags (id INT);",
        "DROP TABLE tags;",
    );
    let ran =
        sandbox.cargo(["run", "--", "a.sqlite3"]).ok().says("applied 2026-04-01-000000-0000_tags");
    let _ = ran
        .warns("warning: shop-runs@0.1.0: migrations/2026-04-01-000000-0000_tags: ")
        .warns("cargo dbmig lock");
    let _ = sandbox.dbmig(["lock"]).ok();
    let _ = sandbox.cargo(["build"]).ok().silent_about("warning");

    // An older binary on the newer database starts.
    std::fs::remove_dir_all(sandbox.path("migrations/2026-04-01-000000-0000_tags")).unwrap();
    let _ = sandbox.dbmig(["lock", "--relock", "tags"]).ok();
    let _ = sandbox.cargo(["run", "--", "a.sqlite3"]).ok().says("0 applied, 1 noted");
}

const ORDERS: &str = "migrations/2026-01-12-091500-0000_create_orders";

/// One way to break the set, and what the build then says: place and code, and a word of the way out.
type Case = (&'static str, fn(&Sandbox), &'static str, &'static str);

const CASES: &[Case] = &[
    (
        "edited",
        |s| s.write(&format!("{ORDERS}/up.sql"), "CREATE TABLE orders (id INT);"),
        "migrations/2026-01-12-091500-0000_create_orders/up.sql: error[modified]: ",
        "cargo dbmig generate",
    ),
    (
        "deleted",
        |s| std::fs::remove_dir_all(s.path(ORDERS)).unwrap(),
        "migrations/dbmig.lock: error[removed]: ",
        "git checkout",
    ),
    (
        "duplicated",
        |s| s.migration("202601120915000000_again", "CREATE TABLE x (id INT);", "DROP TABLE x;"),
        "migrations/202601120915000000_again: error[duplicate-version]: ",
        "rename",
    ),
    (
        "late and in conflict",
        |s| s.migration("2026-02-01_drop", "DROP TABLE customers;", "SELECT 1;"),
        "migrations/2026-02-01_drop/up.sql:1:1: error[late-conflict]: ",
        "cargo dbmig rebase",
    ),
    (
        "named badly",
        |s| s.migration("_nameless", "CREATE TABLE x (id INT);", "DROP TABLE x;"),
        "migrations/_nameless: error[invalid-name]: ",
        "cargo dbmig generate",
    ),
    (
        "empty",
        |s| s.migration("2026-05-01_empty", "-- later\n", "DROP TABLE x;"),
        "migrations/2026-05-01_empty/up.sql:1:1: error[empty-up]: ",
        "write the statements",
    ),
    (
        "without a way back",
        |s| {
            s.migration("2026-05-02_oneway", "CREATE TABLE x (id INT);", "");
            std::fs::remove_file(s.path("migrations/2026-05-02_oneway/down.sql")).unwrap();
        },
        "migrations/2026-05-02_oneway/down.sql: error[missing-down]: ",
        "irreversible",
    ),
    (
        "with broken metadata",
        |s| {
            s.migration("2026-05-03_meta", "CREATE TABLE x (id INT);", "DROP TABLE x;");
            s.write("migrations/2026-05-03_meta/metadata.toml", "# nothing\n");
        },
        "migrations/2026-05-03_meta/metadata.toml:1:1: error[metadata-transaction-missing]: ",
        "run_in_transaction = true",
    ),
    (
        "with a conflicted lock",
        |s| {
            let lock = s.read("migrations/dbmig.lock");
            s.write("migrations/dbmig.lock", format!("<<<<<<< HEAD\n{lock}"));
        },
        "migrations/dbmig.lock:1:1: error[lock-conflict]: ",
        "lock --resolve",
    ),
];

#[test]
fn a_broken_set_fails_the_build_with_one_line_a_finding() {
    let sandbox = shop("shop-broken");
    let _ = sandbox.cargo(["build"]).ok();
    for (how, break_it, begins, way_out) in CASES {
        break_it(&sandbox);
        let ran = sandbox.cargo(["build"]).exits(101);
        let told = told(&ran);
        assert_eq!(told.len(), 1, "{how}: {ran}");
        assert!(
            told[0].starts_with(&format!("error: shop-broken@0.1.0: {begins}")),
            "{how}: {ran}"
        );
        assert!(told[0].contains(way_out), "{how}: {ran}");
        let _ = ran.silent_about("failed to run custom build command");
        // Put right, it builds again.
        std::fs::remove_dir_all(sandbox.path("migrations")).unwrap();
        copy(&repository().join("fixtures/shop/migrations"), &sandbox.path("migrations"));
        let _ = sandbox.cargo(["build"]).ok();
    }
    // Several at once: all of them are told, in a stable order.
    for (_, break_it, ..) in CASES.iter().take(1).chain(&CASES[5..8]) {
        break_it(&sandbox);
    }
    let ran = sandbox.cargo(["build"]).exits(101);
    assert_eq!(told(&ran).len(), 4, "{ran}");
    let again = sandbox.cargo(["check"]).exits(101);
    assert_eq!(told(&again), told(&ran));
    let _ = sandbox.cargo(["build"]).exits(101);
}
