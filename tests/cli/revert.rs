//! `revert`, `redo`, `resolve`.

use crate::support::Sandbox;

fn applied() -> Sandbox {
    let sandbox = Sandbox::project();
    for (dir, table) in [("1_a", "a"), ("2_b", "b"), ("3_c", "c")] {
        sandbox.migration(
            dir,
            &format!("CREATE TABLE {table} (id INT);"),
            &format!("DROP TABLE {table};"),
        );
    }
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox
}

#[test]
fn extents() {
    for (args, left) in [
        (&["revert"][..], &["a", "b"][..]),
        (&["revert", "--step", "2"], &["a"]),
        (&["revert", "-n", "9"], &[]),
        (&["revert", "--to", "1"], &["a"]),
        (&["revert", "--through", "2"], &["a"]),
        (&["revert", "--all"], &[]),
        (&["revert", "--only", "b"], &["a", "c"]),
        (&["revert", "--batch"], &[]),
        (&["rollback"], &["a", "b"]),
        (&["revert", "--dry-run", "--all"], &["a", "b", "c"]),
    ] {
        let sandbox = applied();
        sandbox.dbmig(args.iter().copied()).ok();
        assert_eq!(sandbox.tables("dev.sqlite3"), left, "{args:?}");
    }
}

#[test]
fn what_stays_is_said() {
    let sandbox = applied();
    sandbox.dbmig(["revert", "--only", "a"]).ok().warns("not reverted: `2_b` and 1 more");
    sandbox.dbmig(["migrate"]).ok();
    // The last run applied one.
    sandbox.dbmig(["revert", "--batch"]).ok().says("1 migration reverted");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["b", "c"]);
}

#[test]
fn the_most_recently_applied_goes_first() {
    let sandbox = Sandbox::project();
    for dir in ["1_a", "3_c"] {
        sandbox.migration(
            dir,
            &format!("CREATE TABLE t{dir} (id INT);"),
            &format!("DROP TABLE t{dir};"),
        );
    }
    sandbox.dbmig(["migrate"]).ok();
    sandbox.migration("2_b", "CREATE TABLE t2_b (id INT);", "DROP TABLE t2_b;");
    sandbox.dbmig(["migrate"]).ok().warns("sorts before migrations that are applied");
    sandbox.dbmig(["revert"]).ok().says("2_b");
    sandbox.dbmig(["revert"]).ok().says("3_c");
    sandbox.dbmig(["revert"]).ok().says("1_a");
    sandbox.dbmig(["revert"]).ok().says("nothing to revert");
}

#[test]
fn without_a_down_nothing_is_run() {
    let sandbox = applied();
    std::fs::remove_file(sandbox.path("migrations/2_b/down.sql")).unwrap();
    sandbox
        .dbmig(["revert", "--all"])
        .exits(4)
        .warns("migration `2_b` has no `down.sql`")
        .warns("cargo dbmig revert --to 2");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b", "c"]);
    sandbox.dbmig(["revert", "--to", "2"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
}

#[test]
fn a_failing_down_says_what_was_reverted_before_it() {
    let sandbox = applied();
    sandbox.write("migrations/2_b/down.sql", "DROP TABLE b;\nDROP TABLE nosuch;\n");
    sandbox
        .dbmig(["revert", "--all"])
        .exits(3)
        .warns("migrations/2_b/down.sql:2:1: no such table: nosuch")
        .warns("reverted before it, and kept: 1 (the last `3_c`)");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
}

#[test]
fn redo_extents() {
    let sandbox = applied();
    sandbox.dbmig(["redo"]).ok().says("1 migration redone");
    sandbox.dbmig(["redo", "--step", "2"]).ok().says("2 migrations redone");
    sandbox.dbmig(["redo", "--all"]).ok().says("3 migrations redone");
    sandbox.dbmig(["redo", "--dry-run"]).ok().says("revert  3_c").says("apply  3_c");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b", "c"]);
}

#[test]
fn what_stopped_outside_a_transaction_goes_on_or_is_decided() {
    let sandbox = applied();
    sandbox.migration(
        "4_d",
        "CREATE TABLE d (id INT);\nINSERT INTO nosuch VALUES (1);\n",
        "DROP TABLE d;",
    );
    sandbox.write("migrations/4_d/metadata.toml", "run_in_transaction = false\n");
    sandbox
        .dbmig(["migrate"])
        .exits(3)
        .warns("migrations/4_d/up.sql:2:1")
        .warns("statement 1 of this file is in the database");
    sandbox
        .dbmig(["status"])
        .ok()
        .says("half-done")
        .warns("mend the file of `4_d`")
        .silent_about("resolve");
    sandbox.write("migrations/4_d/up.sql", "CREATE TABLE d (id INT);\nINSERT INTO d VALUES (1);\n");
    sandbox.dbmig(["migrate"]).ok();
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT id FROM d"), ["1"]);
    sandbox.dbmig(["resolve", "4", "--applied"]).exits(2).warns("is applied already");
}

#[test]
fn what_was_killed_must_be_decided_before_anything_is_applied() {
    let sandbox = applied();
    sandbox.migration("4_d", "CREATE TABLE d (id INT);\nINSERT INTO nosuch VALUES (1);\n", "");
    sandbox.write("migrations/4_d/metadata.toml", "run_in_transaction = false\n");
    sandbox.migration("5_e", "CREATE TABLE e (id INT);", "DROP TABLE e;");
    sandbox.dbmig(["migrate"]).exits(3);
    let pending = "apply what is pending";
    sandbox.dbmig(["status"]).ok().warns("mend the file of `4_d`").silent_about(pending);
    // As if the runner had been killed while it sent the second statement.
    let killed = "UPDATE __dbmig_history SET state = 'started', intent = 2 WHERE version = '4'";
    sandbox.query("dev.sqlite3", killed);
    sandbox.dbmig(["status"]).ok().warns("cargo dbmig resolve 4 --help").silent_about(pending);
    sandbox.dbmig(["migrate"]).exits(4);
    sandbox.dbmig(["resolve", "4"]).exits(2).warns("--applied").warns("--not-applied");
    sandbox.dbmig(["resolve", "4", "--applied", "--not-applied"]).exits(2);
    sandbox.dbmig(["resolve", "4", "--applied"]).ok();
    sandbox.dbmig(["status"]).ok().warns(pending);
}

#[test]
fn a_first_statement_that_fails_leaves_nothing() {
    let sandbox = applied();
    sandbox.migration("4_d", "INSERT INTO nosuch VALUES (1);", "SELECT 1;");
    sandbox.write("migrations/4_d/metadata.toml", "run_in_transaction = false\n");
    sandbox.dbmig(["migrate"]).exits(3).warns("nothing of this file is in the database");
}

#[test]
fn what_stopped_half_way_and_was_renamed_can_be_decided() {
    let sandbox = applied();
    sandbox.migration(
        "4_d",
        "CREATE TABLE d (id INT);\nINSERT INTO nosuch VALUES (1);\n",
        "DROP TABLE d;",
    );
    sandbox.write("migrations/4_d/metadata.toml", "run_in_transaction = false\n");
    sandbox.dbmig(["migrate"]).exits(3);
    std::fs::rename(sandbox.path("migrations/4_d"), sandbox.path("migrations/5_d")).unwrap();
    sandbox.dbmig(["migrate"]).exits(4).warns("cargo dbmig resolve 4 --not-applied");
    sandbox.dbmig(["resolve", "4", "--not-applied"]).ok().says("recorded as not applied");
}

#[test]
fn a_revert_that_stopped_outside_a_transaction_goes_on_or_is_decided() {
    let sandbox = applied();
    sandbox.migration("4_d", "CREATE TABLE d (id INT);", "DROP TABLE d;\nDROP TABLE nosuch;\n");
    sandbox.write("migrations/4_d/metadata.toml", "run_in_transaction = false\n");
    sandbox.dbmig(["migrate"]).ok();
    let down = |text: &str| sandbox.write("migrations/4_d/down.sql", text);
    let ran =
        sandbox.dbmig(["revert"]).exits(3).warns("statement 1 of this file is in the database");
    let _ = ran.warns("`cargo dbmig revert`: it goes on there");
    sandbox.dbmig(["status"]).ok().says("half-done");
    // What ran of it can not be written anew.
    down("DROP TABLE IF EXISTS d;\n");
    sandbox.dbmig(["revert"]).exits(4).warns("half reverted: 1 of 2 statements of its down");
    // Neither can another one be reverted before it, nor anything be applied.
    down("DROP TABLE d;\nDROP TABLE IF EXISTS nosuch;\n");
    sandbox.dbmig(["revert", "--only", "1"]).exits(4).warns("half reverted");
    sandbox.dbmig(["migrate"]).exits(4).warns("half reverted");
    sandbox.dbmig(["revert"]).ok().says("4_d");
    sandbox.dbmig(["status"]).ok().says("3 applied, 1 pending");

    sandbox.dbmig(["migrate"]).ok();
    down("DROP TABLE d;\nDROP TABLE nosuch;\n");
    sandbox.dbmig(["revert"]).exits(3);
    sandbox.dbmig(["resolve", "4", "--not-applied"]).ok();
    sandbox.dbmig(["status"]).ok().says("3 applied, 1 pending");
}

#[test]
fn what_is_missing_and_has_no_recorded_down_is_not_answered_with_harm() {
    let sandbox = applied();
    std::fs::remove_dir_all(sandbox.path("migrations/1_a")).unwrap();
    sandbox
        .query("dev.sqlite3", "DELETE FROM __dbmig_history WHERE version = '1' RETURNING version");
    sandbox
        .dbmig(["revert", "--missing"])
        .exits(4)
        .silent_about("--to")
        .warns("bring its directory back");
}
