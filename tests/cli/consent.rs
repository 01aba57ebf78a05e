//! What can not be undone, where the environment is protected.

use crate::support::Sandbox;

fn production() -> Sandbox {
    let sandbox = Sandbox::project();
    for (dir, table) in [("1_a", "a"), ("2_b", "b")] {
        sandbox.migration(
            dir,
            &format!("CREATE TABLE {table} (id INT);"),
            &format!("DROP TABLE {table};"),
        );
    }
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["prove"]).ok();
    sandbox.dbmig(["database", "setup", "--env", "production"]).ok();
    sandbox
}

const PRODUCTION: [&str; 2] = ["--env", "production"];

#[test]
fn reverting_needs_the_name_of_a_protected_database() {
    for (verb, proposed) in [
        (&["revert"][..], "`cargo dbmig revert --confirm prod.sqlite3 --env production`"),
        (
            &["revert", "--to", "1"],
            "`cargo dbmig revert --to 1 --confirm prod.sqlite3 --env production`",
        ),
        (&["redo", "-n", "2"], "`cargo dbmig redo --step 2 --confirm prod.sqlite3"),
        (&["migration", "revert"], "`cargo dbmig migration revert --confirm prod.sqlite3"),
        (&["migration", "redo", "-a"], "`cargo dbmig migration redo --all --confirm prod.sqlite3"),
    ] {
        let sandbox = production();
        let args: Vec<_> = verb.iter().chain(&PRODUCTION).copied().collect();
        let before = sandbox.snapshot();
        sandbox
            .dbmig(args.clone())
            .exits(2)
            .says("revert  2_b  (1 statement)")
            .warns("is protected")
            .warns(proposed);
        let wrong = args.iter().copied().chain(["--confirm", "dev.sqlite3"]);
        sandbox.dbmig(wrong).exits(2).warns("called `prod.sqlite3`, not `dev.sqlite3`");
        assert!(before == sandbox.snapshot(), "{verb:?}");
        sandbox.dbmig(args.into_iter().chain(["--confirm", "prod.sqlite3"])).ok();
        assert!(before != sandbox.snapshot(), "{verb:?}");
    }
}

#[test]
fn taking_out_what_is_missing_needs_it_too() {
    let sandbox = production();
    std::fs::remove_dir_all(sandbox.path("migrations/2_b")).unwrap();
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    // The lock knows nothing of it any more, so nothing of it is proved.
    let missing = ["revert", "--missing", "--env", "production"];
    sandbox.dbmig(missing).exits(4).warns(
        "`cargo dbmig revert --missing --accept-unproved --confirm prod.sqlite3 --env production`",
    );
    let missing = ["revert", "--missing", "--accept-unproved", "--env", "production"];
    sandbox
        .dbmig(missing)
        .exits(2)
        .warns("cargo dbmig revert --missing --accept-unproved --confirm prod.sqlite3");
    assert_eq!(sandbox.tables("prod.sqlite3"), ["a", "b"]);
    let json = sandbox.dbmig(missing.into_iter().chain(["--format", "json"])).exits(2).json();
    assert_eq!(json["steps"][0]["action"], "revert");
    sandbox.dbmig(missing.into_iter().chain(["--confirm", "prod.sqlite3"])).ok();
    assert_eq!(sandbox.tables("prod.sqlite3"), ["a"]);
}

#[test]
fn what_changes_nothing_needs_no_consent() {
    let sandbox = production();
    sandbox.dbmig(["revert", "--dry-run", "--env", "production"]).ok();
    sandbox.dbmig(["redo", "--dry-run", "--env", "production"]).ok();
    sandbox.dbmig(["revert", "--missing", "--env", "production"]).ok().says("nothing to revert");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert"]).ok();
}
