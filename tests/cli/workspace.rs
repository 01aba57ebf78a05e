//! A workspace whose packages have migrations. Cargo tells which packages there are.

use crate::support::Sandbox;

/// A virtual root; the packages `a` and `b` have sets, `c` has none.
fn workspace() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"?\"]\n");
    for name in ["a", "b", "c"] {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        sandbox.write(&format!("{name}/Cargo.toml"), manifest);
        sandbox.write(&format!("{name}/src/lib.rs"), "");
    }
    for name in ["a", "b"] {
        let config = "dialect = \"sqlite\"\n\n[env.development]\nurl = \"dev.sqlite3\"\n";
        sandbox.write(&format!("{name}/dbmig.toml"), config);
        let folder = format!("{name}/migrations/1_{name}");
        sandbox.write(&format!("{folder}/up.sql"), format!("CREATE TABLE {name} (id INT);"));
        sandbox.write(&format!("{folder}/down.sql"), format!("DROP TABLE {name};"));
        sandbox.write(&format!("{folder}/metadata.toml"), "run_in_transaction = true\n");
        sandbox.dbmig(["lock", "-p", name]).ok();
    }
    sandbox
}

#[test]
fn at_a_virtual_root_a_package_must_be_named() {
    let sandbox = workspace();
    for command in [
        &["generate", "x"][..],
        &["migrate"],
        &["status"],
        &["lock"],
        &["revert"],
        &["migration", "run"],
        &["seed", "run"],
    ] {
        let before = sandbox.snapshot();
        sandbox
            .dbmig(command.iter().copied())
            .exits(2)
            .warns("name a package: `-p a`, `-p b`")
            .silent_about("init");
        assert!(before == sandbox.snapshot(), "{command:?}");
    }
    let variable = [("MIGRATION_DIRECTORY", "a/migrations"), ("DATABASE_URL", "x.sqlite3")];
    sandbox.dbmig_with(&variable, ["migrate"]).ok();
    sandbox.dbmig(["check"]).ok().says("2 sets: in order");
    sandbox.dbmig(["migrate", "-p", "a"]).ok();
    assert_eq!(sandbox.tables("a/dev.sqlite3"), ["a"]);
}

#[test]
fn a_root_with_a_project_of_its_own_is_one() {
    let sandbox = workspace();
    sandbox.write("dbmig.toml", "dialect = \"sqlite\"\nmigrations = \"a/migrations\"\n");
    sandbox.dbmig(["lock"]).ok();
}

#[test]
fn proposed_commands_keep_what_was_typed() {
    let sandbox = workspace();
    sandbox.dbmig(["status", "-p", "a"]).exits(3).warns("`cargo dbmig migrate -p a`");
    sandbox
        .dbmig(["status", "--manifest-path", "b/Cargo.toml", "--database-url", "$x.db"])
        .exits(3)
        .warns("`cargo dbmig migrate --manifest-path b/Cargo.toml --database-url '$x.db'`");
    sandbox.dbmig(["generate", "x", "-p", "a"]).ok().warns("`cargo dbmig migrate -p a`");
    sandbox.write("a/migrations/1_a/up.sql", "CREATE TABLE other (id INT);");
    sandbox.dbmig(["lock", "-p", "a"]).exits(1).warns("cargo dbmig lock --relock 1 -p a`");
}
