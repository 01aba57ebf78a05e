//! Data files: `seed check`, `run`, `undo`, `dump`, `generate seed`.

use diesel::{Connection as _, SqliteConnection};

use crate::support::Sandbox;
use crate::{large_seeds, seed_mutants, seed_support};

const READ_ONLY: &str = "PRAGMA query_only = ON";
const WRITABLE: &str = "PRAGMA query_only = OFF";

fn memory() -> SqliteConnection {
    let mut conn = SqliteConnection::establish(":memory:").unwrap();
    dbmig_runtime::Session::execute(&mut conn, "PRAGMA foreign_keys = ON").unwrap();
    conn
}

#[test]
fn every_wrong_cell_is_found_with_its_place() {
    seed_mutants::mutants(&mut memory(), 3, 1);
}

#[test]
fn rows_are_the_same_after_each_form() {
    seed_support::round_trip(&mut memory(), READ_ONLY, WRITABLE);
}

#[test]
fn from_the_first_run_to_the_undo() {
    seed_support::life(&mut memory(), READ_ONLY, WRITABLE);
}

/// Roles and users, as the founding examples have them.
fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_a",
        "CREATE TABLE roles (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL UNIQUE, \
         rank INTEGER NOT NULL DEFAULT 0 CHECK (rank >= 0));\n\
         CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, role_id INTEGER NOT NULL \
         REFERENCES roles (id));",
        "DROP TABLE users; DROP TABLE roles;",
    );
    sandbox.write("seeds/reference/001_roles.csv", "name,rank\nadmin,10\nguest,1\n");
    sandbox.write("seeds/reference/001_roles.toml", "key = [\"name\"]\nmode = \"sync\"\n");
    sandbox.write("seeds/dev/002_users.csv", "email,role\nadmin@example.com,admin\n");
    sandbox.write(
        "seeds/dev/002_users.toml",
        "key = [\"email\"]\n[columns.role]\ncolumn = \"role_id\"\nreferences = \"roles.name\"\n",
    );
    sandbox.dbmig(["lock"]).ok();
    sandbox
}

#[test]
fn checked_run_changed_and_undone() {
    let sandbox = project();
    // There is no database yet: what the migrations make is held against.
    sandbox
        .dbmig(["seed", "check"])
        .ok()
        .says("2 data files checked against the migrations: in order");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["seed", "check"]).ok().says("checked against dev.sqlite3 (development)");
    sandbox.dbmig(["seed", "run"]).ok().says("2 seeds run, 0 unchanged");
    sandbox.dbmig(["seed", "run"]).ok().says("0 seeds run, 2 unchanged");
    sandbox.execute("dev.sqlite3", "UPDATE roles SET rank = 7 WHERE name = 'admin'");
    sandbox.dbmig(["seed", "status"]).ok().says("differs  reference/001_roles.csv");
    sandbox.dbmig(["seed", "run"]).ok().warns_or_says(
        "plan  reference/001_roles.csv: insert 0, update 1, delete 0; 1 as they are",
    );
    sandbox.write("seeds/reference/001_roles.csv", "name,rank\nadmin,11\neditor,5\n");
    let json = sandbox.dbmig(["seed", "run", "--dry-run", "--format", "json"]).ok().json();
    assert_eq!(json["would_run"][0]["rows"]["delete"], 1);
    let rows = "SELECT name || ' ' || rank FROM roles ORDER BY name";
    assert_eq!(sandbox.query("dev.sqlite3", rows), ["admin 10", "guest 1"]);
    sandbox.dbmig(["seed", "run", "--only", "roles"]).ok().says("1 seed run");
    assert_eq!(sandbox.query("dev.sqlite3", rows), ["admin 11", "editor 5"]);
    sandbox.dbmig(["seed", "undo", "roles"]).ok().says("1 deleted, 1 as before, 1 back");
    assert_eq!(sandbox.query("dev.sqlite3", rows), ["admin 10", "guest 1"]);
    sandbox.dbmig(["seed", "undo", "roles"]).ok().says("reference/001_roles.csv was not run");
    sandbox.dbmig(["seed", "run", "--only", "rolse"]).exits(2).warns("unknown seed `rolse`");
}

#[test]
fn a_wrong_cell_stops_all_of_it() {
    let sandbox = project();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.write("seeds/dev/002_users.csv", "email,role\nadmin@example.com,admni\n");
    sandbox
        .dbmig(["seed", "run"])
        .exits(1)
        .warns_or_says("error[seed-parent]: no row of `roles` has `name` `admni`")
        .warns_or_says("seeds/dev/002_users.csv:2:19")
        .warns("the seeds are not in order; nothing was written");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM roles"), [""; 0]);
    for (text, code, place) in [
        ("name,rank\nadmin,-1\n", "seed-condition", "001_roles.csv:2:7"),
        ("name,rank\nadmin,x\n", "seed-value", "001_roles.csv:2:7"),
        ("name,rang\nadmin,1\n", "seed-column", "001_roles.csv:1:6"),
        ("name\na\nb\na\n", "seed-duplicate", "001_roles.csv:4:1"),
        ("name,rank\nadmin\n", "seed-form", "001_roles.csv:2:1"),
    ] {
        sandbox.write("seeds/reference/001_roles.csv", text);
        sandbox
            .dbmig(["seed", "check", "--set", "reference"])
            .exits(1)
            .warns_or_says(&format!("error[{code}]"))
            .warns_or_says(place);
    }
    sandbox.write("seeds/reference/001_roles.csv", "name\nadmin\n");
    sandbox.write("seeds/reference/001_roles.toml", "kee = \"name\"\n");
    sandbox.dbmig(["seed", "check"]).exits(1).warns_or_says("seeds/reference/001_roles.toml:1:1");
    sandbox.write("seeds/reference/009_x.toml", "");
    sandbox.dbmig(["seed", "check"]).exits(1).warns_or_says("there is no data file beside it");
}

#[test]
fn nothing_empties_a_table_of_a_protected_environment() {
    let sandbox = project();
    sandbox.write("seeds/reference/001_roles.toml", "mode = \"truncate\"\n");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["seed", "run", "--set", "reference"]).ok().says("1 seed run");
    sandbox.dbmig(["db", "protect"]).ok();
    sandbox
        .dbmig(["seed", "run", "--again", "--set", "reference"])
        .exits(2)
        .warns("the database is protected");
}

#[test]
fn the_side_file_is_part_of_what_is_locked() {
    let sandbox = project();
    sandbox.dbmig(["check"]).ok();
    sandbox.write("seeds/reference/001_roles.toml", "key = [\"name\"]\nmode = \"ignore\"\n");
    sandbox.dbmig(["check"]).exits(1).warns_or_says("reference/001_roles.toml");
}

#[test]
fn what_is_dumped_runs_elsewhere() {
    let sandbox = project();
    sandbox.dbmig(["migrate", "--seed"]).ok();
    sandbox
        .dbmig(["seed", "dump", "--tables", "roles", "--where", "rank > 5"])
        .ok()
        .says("id,name,rank\n1,admin,10\n");
    let out = ["seed", "dump", "--tables", "roles,users", "--natural-keys", "--out", "dumped"];
    sandbox.dbmig(out).ok().says("created dumped/002_users.toml");
    assert_eq!(
        sandbox.read("dumped/002_users.csv"),
        "id,email,role_id\n1,admin@example.com,admin\n"
    );
    sandbox.dbmig(out).exits(2).warns("is there already");
    sandbox.dbmig(["seed", "dump", "--tables", "rolse"]).exits(2).warns("did you mean `roles`?");
    for name in ["001_roles.csv", "002_users.csv", "002_users.toml"] {
        sandbox.write(&format!("elsewhere/dev/{name}"), sandbox.read(&format!("dumped/{name}")));
    }
    sandbox.dbmig(["redo"]).ok();
    sandbox.dbmig(["seed", "run", "--seeds-dir", "elsewhere"]).ok().says("2 seeds run");
    let users = "SELECT email || ' ' || name FROM users JOIN roles ON roles.id = role_id";
    assert_eq!(sandbox.query("dev.sqlite3", users), ["admin@example.com admin"]);
}

#[test]
fn a_new_seed_is_numbered_after_the_last() {
    let sandbox = project();
    sandbox
        .dbmig(["generate", "seed", "countries", "--set", "reference", "--as", "csv"])
        .ok()
        .says("created seeds/reference/002_countries.csv")
        .says("created seeds/reference/002_countries.toml");
    sandbox.dbmig(["generate", "seed", "more"]).ok().says("created seeds/dev/003_more.sql");
    sandbox.dbmig(["generate", "seed", "x y"]).exits(2).warns("is no name for a seed");
    sandbox.dbmig(["generate", "add", "x"]).exits(2);
}

#[test]
fn an_application_runs_the_set_that_was_embedded() {
    let mut conn = memory();
    dbmig_runtime::Session::execute(&mut conn, "CREATE TABLE roles (name TEXT PRIMARY KEY)")
        .unwrap();
    let seeds = [
        ("reference/001_roles.csv", "name\nadmin\n"),
        ("reference/001_roles.toml", "mode = \"ignore\"\n"),
    ]
    .map(|(name, text)| seed_support::file(name, text));
    let set =
        dbmig_build::MigrationSet::new(vec![], vec![], None).unwrap().with_seeds(seeds.to_vec());
    // As it goes through the text that is embedded.
    let blob: &'static str = dbmig_build::blob::render(&set).leak();
    let set = dbmig_build::blob::parse(blob).unwrap();
    assert_eq!(
        dbmig_runtime::seed::run(&set, &mut conn).unwrap().run[0].name,
        "reference/001_roles.csv"
    );
    assert_eq!(dbmig_runtime::seed::run(&set, &mut conn).unwrap().unchanged, 1);
}

#[test]
fn large_files_in_every_mode() {
    large_seeds::modes(&mut memory());
    large_seeds::long_rows(&mut memory());
    large_seeds::by_statements(&mut memory(), "SELECT 1");
}

#[test]
fn large_files_with_parents_and_expressions() {
    large_seeds::references(&mut memory());
}

#[test]
fn what_is_wrong_in_a_large_file_has_its_place() {
    large_seeds::wrong_rows(&mut memory());
    large_seeds::before_others(&mut memory());
}
