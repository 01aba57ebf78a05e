//! Diesel's own command lines.

use crate::support::Sandbox;

/// A project that has only ever seen Diesel.
fn project() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox.write(".env", "DATABASE_URL=app.db\n");
    sandbox.dbmig(["setup"]).ok().says("Creating database: app.db");
    for (dir, table) in [("1_a", "a"), ("2_b", "b"), ("3_c", "c")] {
        sandbox.migration(
            dir,
            &format!("CREATE TABLE {table} (id INT);"),
            &format!("DROP TABLE {table};"),
        );
    }
    sandbox
}

#[test]
fn setup_writes_what_diesel_writes() {
    let sandbox = project();
    assert!(sandbox.exists("migrations/.keep") && sandbox.exists("app.db"));
    let config = sandbox.read("diesel.toml");
    assert!(
        config.contains("[print_schema]") && config.contains("[migrations_directory]"),
        "{config}"
    );
    let before = sandbox.snapshot();
    std::fs::remove_dir_all(sandbox.path("migrations/1_a")).unwrap();
    std::fs::remove_dir_all(sandbox.path("migrations/2_b")).unwrap();
    std::fs::remove_dir_all(sandbox.path("migrations/3_c")).unwrap();
    sandbox.dbmig(["setup"]).ok();
    assert_eq!(sandbox.read("diesel.toml"), config);
    assert!(before.len() > 3);
}

#[test]
fn run_list_pending_revert_redo() {
    let sandbox = project();
    sandbox.dbmig(["migration", "pending"]).ok().says("true");
    sandbox
        .dbmig(["migration", "list"])
        .ok()
        .says("Migrations:\n  [ ] 1_a\n  [ ] 2_b\n  [ ] 3_c\n");
    let ran = sandbox.dbmig(["migration", "run"]).ok();
    assert_eq!(ran.stdout, "Running migration 1_a\nRunning migration 2_b\nRunning migration 3_c\n");
    sandbox.dbmig(["migration", "pending"]).ok().says("false");
    let ran = sandbox.dbmig(["migration", "revert"]).ok();
    assert_eq!(ran.stdout, "Rolling back migration 3_c\n");
    sandbox.dbmig(["migration", "list"]).ok().says("  [X] 2_b\n  [ ] 3_c\n");
    let ran = sandbox.dbmig(["migration", "redo", "-n", "2"]).ok();
    assert_eq!(
        ran.stdout,
        "Rolling back migration 2_b\nRolling back migration 1_a\nRunning migration 1_a\nRunning migration 2_b\n"
    );
    let ran = sandbox.dbmig(["migration", "revert", "--all"]).ok();
    assert_eq!(ran.stdout, "Rolling back migration 2_b\nRolling back migration 1_a\n");
    let ran = sandbox.dbmig(["migration", "revert", "-n", "0"]).ok();
    assert_eq!(ran.stdout, "");
}

#[test]
fn generate() {
    let sandbox = project();
    sandbox
        .dbmig(["migration", "generate", "hello", "--version", "12345"])
        .ok()
        .says("Creating migrations/12345_hello/up.sql")
        .says("Creating migrations/12345_hello/down.sql");
    assert_eq!(sandbox.read("migrations/12345_hello/up.sql"), "-- Your SQL goes here\n");
}

#[test]
fn database_setup_reset_drop() {
    let sandbox = project();
    sandbox.dbmig(["database", "setup"]).ok().says("Running migration 3_c");
    sandbox
        .dbmig(["database", "reset"])
        .ok()
        .says("Dropping database: app.db")
        .says("Creating database: app.db");
    assert_eq!(sandbox.tables("app.db"), ["a", "b", "c"]);
    sandbox.dbmig(["database", "drop"]).ok().says("Dropping database: app.db");
    assert!(!sandbox.exists("app.db"));
}

#[test]
fn destructive_verbs_ask_where_nobody_said_that_it_is_a_place_to_play() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    for file in ["prod.sqlite3", "other.sqlite3"] {
        std::fs::copy(sandbox.path("dev.sqlite3"), sandbox.path(file)).unwrap();
    }
    for verb in ["reset", "drop"] {
        sandbox.dbmig(["database", verb, "--env", "production"]).exits(2).warns("protected");
        let url = ["--database-url", "other.sqlite3"];
        sandbox.dbmig(["database", verb].into_iter().chain(url)).exits(2).warns("--confirm");
    }
    assert!(sandbox.exists("prod.sqlite3") && sandbox.exists("other.sqlite3"));
    let typed =
        ["database", "drop", "--database-url", "other.sqlite3", "--confirm", "other.sqlite3"];
    sandbox.dbmig(typed).ok();
    sandbox.dbmig(["database", "drop"]).ok();
    assert!(!sandbox.exists("dev.sqlite3") && !sandbox.exists("other.sqlite3"));
}

#[test]
fn flags_of_diesel() {
    let sandbox = project();
    sandbox
        .dbmig(["migration", "run", "--database-url", "flag.db", "--migration-dir", "migrations"])
        .ok();
    assert_eq!(sandbox.tables("flag.db"), ["a", "b", "c"]);
    sandbox.write("other.toml", "[migrations_directory]\ndir = \"nowhere\"\n");
    sandbox.dbmig(["migration", "list", "--config-file", "other.toml"]).exits(1).warns("nowhere");
    // The first run has written the file.
    sandbox.dbmig(["migration", "run", "--locked-schema"]).ok();
    assert_eq!(sandbox.tables("app.db"), ["a", "b", "c"]);
}
