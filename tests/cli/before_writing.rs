//! What can not be applied is found before anything is created, dropped, or run.

use crate::support::Sandbox;

/// Rows that refer to others survive a rebuild only with foreign keys off.
fn with_metadata(text: &str) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    sandbox.write("migrations/2_b/metadata.toml", text);
    sandbox
}

#[test]
fn settings_that_can_not_be_read_stop_an_apply() {
    for (text, code) in [
        ("run_in_transaction = true\n\n[dbmig]\nforeign_key = \"off\"\n", "invalid-metadata"),
        ("[dbmig]\nforeign_keys = \"off\"\n", "metadata-transaction-missing"),
    ] {
        let sandbox = with_metadata(text);
        for verb in [&["migrate"][..], &["plan"], &["redo"], &["migration", "run"]] {
            let before = sandbox.snapshot();
            sandbox.dbmig(verb.iter().copied()).exits(1).warns(&format!("error[{code}]"));
            assert!(before == sandbox.snapshot(), "{verb:?}");
        }
        sandbox.dbmig(["revert"]).ok();
    }
}

#[test]
fn in_a_plain_diesel_project_they_are_warnings() {
    let sandbox = with_metadata("[dbmig]\nforeign_key = \"off\"\n");
    std::fs::remove_file(sandbox.path("dbmig.toml")).unwrap();
    let env = [("DATABASE_URL", "dev.sqlite3")];
    sandbox
        .dbmig_with(&env, ["migrate"])
        .ok()
        .warns("warning[invalid-metadata]")
        .warns("warning[metadata-transaction-missing]");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a", "b"]);
}

#[test]
fn a_reset_drops_nothing_that_can_not_be_built_again() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.migration("2_b", "", "SELECT 1;");
    let before = sandbox.snapshot();
    sandbox.dbmig(["database", "reset"]).exits(4).warns("holds no statement");
    assert!(before == sandbox.snapshot());
}

#[test]
fn no_file_is_created_for_a_plan_that_is_refused_or_empty() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["migrate"]).ok().says("nothing to apply");
    sandbox.dbmig(["migrate", "--seed", "--status"]).ok();
    sandbox.migration("1_a", "", "SELECT 1;");
    for verb in [&["migrate"][..], &["migration", "run"], &["database", "setup"]] {
        sandbox
            .dbmig(verb.iter().copied())
            .exits(4)
            .warns("holds no statement")
            .silent_about("Creating database");
    }
    assert!(!sandbox.exists("dev.sqlite3"));
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["migrate"]).ok().says("Creating database: dev.sqlite3");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["a"]);
}
