//! A folder without Cargo.toml on a machine without cargo: a deployment image.

use crate::support::Sandbox;

#[test]
fn everything_works_from_flags_and_database_url() {
    let sandbox = Sandbox::new();
    sandbox.write("db/1_a/up.sql", "CREATE TABLE a (id INT);");
    sandbox.write("db/1_a/down.sql", "DROP TABLE a;");
    let env = [("DATABASE_URL", "app.sqlite3"), ("PATH", "/nonexistent")];
    let run = |args: &[&'static str]| {
        let dir = ["--migrations-dir", "db"];
        sandbox.dbmig_with(&env, args.iter().copied().chain(dir))
    };
    run(&["migrate"]).ok().says("app.sqlite3: 1 migration applied");
    run(&["status"]).ok().says("1 applied, 0 pending");
    run(&["plan"]).ok().says("nothing to apply");
    run(&["check"]).ok();
    run(&["revert"]).ok();
    run(&["migration", "run"]).ok().says("Running migration 1_a");
    assert_eq!(sandbox.tables("app.sqlite3"), ["a"]);
    sandbox.dbmig(["migrate", "--migrations-dir", "db"]).exits(2).warns("DATABASE_URL");
}

#[test]
fn nobody_said_that_this_is_development() {
    let sandbox = Sandbox::new();
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE a (id INT);");
    sandbox.write("seeds/dev/1.sql", "INSERT INTO a VALUES (1);");
    let env = [("DATABASE_URL", "app.sqlite3")];
    sandbox.dbmig_with(&env, ["migrate"]).ok();
    sandbox.dbmig_with(&env, ["seed", "run"]).ok().says("0 seeds run");
    assert_eq!(sandbox.query("app.sqlite3", "SELECT count(*) FROM a"), ["0"]);
}

#[test]
fn called_by_cargo_or_by_itself() {
    let sandbox = Sandbox::project();
    let own = sandbox.dbmig(["sql", "--help"]).ok();
    let by_cargo = sandbox.dbmig(["dbmig", "sql", "--help"]).ok();
    assert_eq!(own.stdout, by_cargo.stdout);
    sandbox.dbmig(["--version"]).ok().says("cargo-dbmig 0.1.0");
    sandbox.dbmig([]).exits(2).warns("Usage:");
}

#[test]
fn help_says_what_a_command_does_and_not_only_its_name() {
    let sandbox = Sandbox::project();
    for (command, told) in [
        ("init", "changes nothing"),
        ("generate", "sorts after"),
        ("migrate", "nothing is written"),
        ("revert", "most recently applied first"),
        ("lock", "Commit the lock file"),
        ("check", "Needs no database"),
    ] {
        sandbox.dbmig([command, "--help"]).ok().says(told);
    }
}
