//! From `init` to a failing `cargo build`: a fresh package, a member of a workspace, a Diesel project.

use diesel::Connection as _;
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use crate::support::{Sandbox, repository};

/// The application of a user, with a connection of its own to the bundled SQLite.
const MAIN: &str = r#"use diesel::{Connection as _, SqliteConnection};

dbmig_runtime::include_migrations!();

fn main() {
    let path = std::env::args().nth(1).expect("a path");
    let mut conn = SqliteConnection::establish(&path).expect("a database");
    let report = dbmig_runtime::Migrator::new(&MIGRATIONS).run(&mut conn).expect("migrated");
    println!("{} applied", report.applied());
}
"#;

const DIESEL: &str = "diesel = { version = \"2.3\", default-features = false, features = [\"sqlite\"] }\n\
                      libsqlite3-sys = { version = \"0.38\", features = [\"bundled\"] }\n";

fn package(sandbox: &Sandbox, dir: &str, name: &str, dependencies: &str) {
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n# What it needs.\n[dependencies]\n{dependencies}"
    );
    sandbox.write(&format!("{dir}Cargo.toml"), manifest);
    sandbox.write(&format!("{dir}src/main.rs"), MAIN);
}

fn checkout() -> String {
    repository().to_str().unwrap().to_owned()
}

/// Twice changes nothing, and a dry run never does.
fn settled(sandbox: &Sandbox, args: &[&str]) {
    let before = sandbox.snapshot();
    sandbox.dbmig(args.iter().copied()).ok().says("nothing to change");
    sandbox.dbmig(args.iter().copied().chain(["--dry-run"])).ok();
    assert!(before == sandbox.snapshot(), "a second init changed something");
}

#[test]
fn a_fresh_package() {
    let sandbox = Sandbox::new();
    package(&sandbox, "", "fresh-app", DIESEL);
    sandbox.git(["init", "-q"]).ok();
    sandbox.take_cargo_lock();
    let path = checkout();
    let init = ["init", "--path", &path];
    let before = sandbox.snapshot();
    sandbox
        .dbmig(init.into_iter().chain(["--dry-run"]))
        .ok()
        .says("+dbmig-build")
        .says("dbmig.toml");
    assert!(before == sandbox.snapshot(), "a dry run wrote something");
    sandbox.dbmig(init).ok().warns_or_says("cargo dbmig generate");
    settled(&sandbox, &init);
    assert!(sandbox.read("Cargo.toml").contains("# What it needs.\n[dependencies]"));
    for file in [
        "dbmig.toml",
        "migrations/dbmig.lock",
        "build.rs",
        "seeds/reference",
        "seeds/dev",
        "seeds/test",
        ".gitattributes",
    ] {
        assert!(sandbox.exists(file), "{file}");
    }
    sandbox.cargo(["build"]).ok();

    sandbox
        .dbmig(["generate", "migration", "create_users", "--version", "2026-01-01-000000-0000"])
        .ok();
    let dir = "migrations/2026-01-01-000000-0000_create_users";
    // The untouched template is not a migration.
    sandbox.cargo(["build"]).exits(101).warns("error[empty-up]");
    sandbox.write(&format!("{dir}/up.sql"), "CREATE TABLE users (id INTEGER PRIMARY KEY);\n");
    sandbox.write(&format!("{dir}/down.sql"), "DROP TABLE users;\n");
    sandbox
        .dbmig(["migrate"])
        .ok()
        .says("Creating database: dev.sqlite3")
        .says("1 migration applied");
    sandbox.cargo(["build"]).ok().warns("is a draft");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok();
    sandbox.cargo(["run", "--", "app.sqlite3"]).ok().says("1 applied");
    assert_eq!(sandbox.tables("app.sqlite3"), ["users"]);
    sandbox.write(&format!("{dir}/up.sql"), "CREATE TABLE people (id INTEGER PRIMARY KEY);\n");
    sandbox
        .cargo(["build"])
        .exits(101)
        .warns(&format!("error: fresh-app@0.1.0: {dir}/up.sql: error[modified]: "));
}

#[test]
fn a_member_of_a_virtual_workspace_and_a_set_that_is_shared() {
    let mut sandbox = Sandbox::new();
    sandbox.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"ws-api\", \"ws-worker\", \"ws-plain\"]\nresolver = \"3\"\n",
    );
    for member in ["ws-api", "ws-worker"] {
        package(&sandbox, &format!("{member}/"), member, DIESEL);
    }
    sandbox.write(
        "ws-plain/Cargo.toml",
        "[package]\nname = \"ws-plain\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    sandbox.write("ws-plain/src/lib.rs", "");
    sandbox.take_cargo_lock();
    let path = checkout();
    sandbox.dbmig(["init", "-p", "ws-api", "--path", &path]).ok();
    settled(&sandbox, &["init", "-p", "ws-api", "--path", &path]);
    assert!(sandbox.exists("ws-api/dbmig.toml") && !sandbox.exists("dbmig.toml"));
    sandbox
        .dbmig(["generate", "-p", "ws-api", "x", "--version", "1"])
        .ok()
        .says("ws-api/migrations/1_x/up.sql");
    sandbox.write("ws-api/migrations/1_x/up.sql", "CREATE TABLE x (id INT);");
    sandbox.write("ws-api/migrations/1_x/down.sql", "DROP TABLE x;");
    sandbox.dbmig(["migrate", "-p", "ws-api"]).ok();
    assert!(sandbox.exists("ws-api/dev.sqlite3"));
    sandbox.dbmig(["lock", "-p", "ws-api"]).ok();
    // The other package runs the same set.
    sandbox
        .dbmig(["init", "-p", "ws-worker", "--migrations", "ws-api/migrations", "--path", &path])
        .ok();
    sandbox.dbmig(["check"]).ok().says("1 set: in order");
    sandbox.cargo(["build"]).ok();
    sandbox.write("ws-api/migrations/1_x/up.sql", "CREATE TABLE y (id INT);");
    sandbox.dbmig(["check"]).exits(1).warns("ws-api/migrations/1_x/up.sql");
    for member in ["ws-api", "ws-worker"] {
        sandbox.cargo(["build", "-p", member]).exits(101).warns(&format!(
            "error: {member}@0.1.0: ws-api/migrations/1_x/up.sql: error[modified]: "
        ));
    }
    sandbox.dbmig(["migrate", "-p", "ws-apj"]).exits(2).warns("did you mean `ws-api`?");
    // From inside a member no `-p` is needed.
    sandbox.cwd = sandbox.path("ws-api/src");
    sandbox.dbmig(["status"]).ok().says("1_x");
}

#[test]
fn a_diesel_project_with_history() {
    let sandbox = Sandbox::new();
    package(&sandbox, "", "diesel-app", DIESEL);
    sandbox.write("diesel.toml", "[migrations_directory]\ndir = \"db/migrations\"\n");
    sandbox.write(".env", "DATABASE_URL=app.db\n");
    for (name, up, down) in [
        ("2019-01-01-000000_old", "CREATE TABLE old (id INT);", ""),
        ("2024-01-31-120000_users", "CREATE TABLE users (id INT);", "DROP TABLE users;"),
    ] {
        sandbox.write(&format!("db/migrations/{name}/up.sql"), up);
        sandbox.write(&format!("db/migrations/{name}/down.sql"), down);
    }
    let path = sandbox.path("app.db");
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.run_pending_migrations(
        FileBasedMigrations::from_path(sandbox.path("db/migrations")).unwrap(),
    )
    .unwrap();
    sandbox.take_cargo_lock();
    let path = checkout();
    sandbox.dbmig(["init", "--path", &path]).ok();
    settled(&sandbox, &["init", "--path", &path]);
    assert!(sandbox.read("dbmig.toml").contains("start_after = \"20240131120000\""));
    sandbox.dbmig(["check"]).ok().says("in order");
    sandbox.dbmig(["status"]).ok().says("2 applied, 0 pending").says("[adopted]");
    sandbox.cargo(["build"]).ok().silent_about("warning");
    // What is new is judged; what was there is not.
    sandbox.write("db/migrations/2026-01-01-000000_new/up.sql", "CREATE TABLE new (id INT);");
    sandbox
        .cargo(["build"])
        .exits(101)
        .warns("2026-01-01-000000_new/down.sql: error[missing-down]");
    // And Diesel goes on working on all of it.
    let source = FileBasedMigrations::from_path(sandbox.path("db/migrations")).unwrap();
    assert_eq!(conn.run_pending_migrations(source).unwrap().len(), 1);
}

#[test]
fn an_existing_build_script_is_not_touched() {
    let sandbox = Sandbox::new();
    package(&sandbox, "", "script-app", DIESEL);
    sandbox.write("build.rs", "fn main() {\n    println!(\"cargo::rustc-cfg=mine\");\n}\n");
    let path = checkout();
    let script = sandbox.read("build.rs");
    sandbox.dbmig(["init", "--path", &path]).ok().warns_or_says("dbmig_build::build();");
    assert_eq!(sandbox.read("build.rs"), script);
}

#[test]
fn without_a_package_there_is_nothing_to_set_up() {
    let sandbox = Sandbox::new();
    sandbox.dbmig(["init"]).exits(2).warns("Cargo.toml");
    assert!(sandbox.snapshot().is_empty());
}
