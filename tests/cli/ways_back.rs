//! `--accept-unproved` and `--accept-loss`: what a revert asks for where the database is protected.

use crate::support::{Ran, Sandbox};

const PRODUCTION: [&str; 4] = ["--env", "production", "--confirm", "prod.sqlite3"];

/// `3_c` is lossless, `2_b` loses `users.age`; applied in both environments.
fn project(proved: bool) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE users (id INT, age INT);", "DROP TABLE users;");
    sandbox.migration(
        "2_b",
        "ALTER TABLE users DROP COLUMN age;",
        "ALTER TABLE users ADD COLUMN age INT;",
    );
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    sandbox.dbmig(["lock"]).ok();
    if proved {
        sandbox.dbmig(["prove"]).ok();
    }
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["database", "setup", "--env", "production"]).ok();
    sandbox
}

fn live(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.dbmig(args.iter().chain(&PRODUCTION).copied())
}

/// The command that the refusal proposes, as words.
fn proposed(ran: &Ran) -> Vec<String> {
    let line = ran.stderr.lines().find(|line| line.contains("if you mean it: ")).unwrap();
    let command = line.split('`').nth(1).unwrap();
    command.strip_prefix("cargo dbmig ").unwrap().split(' ').map(str::to_owned).collect()
}

#[test]
fn what_is_proved_is_reverted_by_its_name_alone() {
    let sandbox = project(true);
    sandbox.dbmig(["revert", "--env", "production"]).exits(2).silent_about("--accept");
    live(&sandbox, &["revert"]).ok();
    live(&sandbox, &["migrate"]).exits(2);
    sandbox.dbmig(["migrate", "--env", "production"]).ok();
    live(&sandbox, &["redo"]).ok();
}

#[test]
fn a_loss_is_accepted_by_name() {
    for (verb, accepted) in [
        (&["revert", "--step", "2"][..], "users.age"),
        (&["redo", "--step", "2"], "users"),
        (&["migration", "revert", "--number", "2"], "users.age"),
        (&["migration", "redo", "--number", "2"], "users"),
    ] {
        let sandbox = project(true);
        let before = sandbox.snapshot();
        let ran = live(&sandbox, verb)
            .exits(4)
            .says("revert  2_b  (1 statement)")
            .warns("the way back of `2_b` loses users.age")
            .warns("nothing was reverted")
            .silent_about("--accept-unproved");
        let command = proposed(&ran).join(" ");
        let expected = format!(
            "{} --accept-loss users.age --confirm prod.sqlite3 --env production",
            verb.join(" ")
        );
        assert_eq!(command, expected);
        live(&sandbox, &[verb, &["--accept-loss", "users.name"]].concat()).exits(4);
        live(&sandbox, &[verb, &["--accept-unproved"]].concat()).exits(4);
        assert!(before == sandbox.snapshot(), "{verb:?}");
        live(&sandbox, &[verb, &["--accept-loss", accepted]].concat()).ok();
        assert!(before != sandbox.snapshot(), "{verb:?}");
    }
}

#[test]
fn what_is_not_proved_is_accepted_as_such() {
    let sandbox = project(false);
    let ran = sandbox
        .dbmig(["revert", "--all", "--env", "production"])
        .exits(4)
        .warns("the way back of `3_c` is not proved: nobody has tried it")
        .warns("prove it first: `cargo dbmig prove`");
    let words = proposed(&ran);
    assert_eq!(
        words.join(" "),
        "revert --all --accept-unproved --confirm prod.sqlite3 --env production"
    );
    sandbox.dbmig(words.iter().map(String::as_str)).ok().says("3 migrations reverted");
}

#[test]
fn the_way_back_that_runs_is_the_one_that_was_proved() {
    let sandbox = project(true);
    sandbox.write("migrations/3_c/down.sql", "DROP TABLE c; SELECT 1;");
    live(&sandbox, &["revert"])
        .exits(4)
        .warns("not proved: the files of `3` are not what was locked");
    // Locked anew it has no verdict.
    sandbox.dbmig(["lock", "--relock", "3"]).ok();
    live(&sandbox, &["revert"]).exits(4).warns("not proved: nobody has tried it");
    sandbox.dbmig(["prove"]).ok();
    live(&sandbox, &["revert"])
        .ok()
        .warns("`down.sql` of `3_c` is not the one it was applied with");
    // What is proved of one that others stand upon was proved without them.
    sandbox.dbmig(["migrate", "--env", "production"]).ok();
    live(&sandbox, &["revert", "--only", "2"]).exits(4).warns("`3` is applied beside it");
}

#[test]
fn a_stamp_protects_and_elsewhere_it_is_a_note() {
    let sandbox = project(true);
    sandbox
        .dbmig(["revert", "--step", "2"])
        .ok()
        .warns("note: the way back of `2_b` loses users.age");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["db", "protect"]).ok();
    sandbox.dbmig(["revert", "--step", "2", "--confirm", "dev.sqlite3"]).exits(4);
    let sandbox = project(false);
    sandbox
        .dbmig(["revert", "-n", "2"])
        .ok()
        .warns("note: the way back is not proved: `3_c` and 1 more");
    // Drafts are reverted all day.
    sandbox.dbmig(["migrate"]).ok();
    sandbox.migration("4_d", "CREATE TABLE d (id INT);", "DROP TABLE d;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert"]).ok().silent_about("proved");
}

#[test]
fn a_dry_run_says_the_same() {
    let sandbox = project(true);
    let dry = ["revert", "--step", "2", "--dry-run", "--env", "production"];
    sandbox
        .dbmig(dry)
        .ok()
        .warns("the way back of `2_b` loses users.age")
        .warns("it would be refused without `--accept-loss users.age`");
    let accepted = dry.into_iter().chain(["--accept-loss", "users"]);
    sandbox.dbmig(accepted).ok().silent_about("refused");
    let json = sandbox.dbmig(dry.into_iter().chain(["--format", "json"])).ok().json();
    assert_eq!(json["steps"][0]["way_back"], serde_json::json!({ "known": "proved" }));
    let lost = serde_json::json!({ "known": "loses", "lost": ["users.age"] });
    assert_eq!(json["steps"][1]["way_back"], lost);
    let refused = live(&sandbox, &["redo", "--step", "2", "--format", "json"]).exits(4).json();
    assert_eq!(refused["steps"][1]["way_back"], lost);
    sandbox.dbmig(["redo", "--dry-run", "--step", "2"]).ok().warns("loses users.age");
}
