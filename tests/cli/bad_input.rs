//! Bad input gives a clear error with a place and a next step, and changes nothing.

use std::fs;

use crate::support::{Ran, Sandbox};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY);",
        "DROP TABLE users;",
    );
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox
}

/// Runs a command and shows that no file changed.
#[track_caller]
fn unchanged<'a>(sandbox: &Sandbox, args: impl IntoIterator<Item = &'a str>) -> Ran {
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(args);
    assert!(before == sandbox.snapshot(), "a file changed under {ran}");
    ran
}

const COMMANDS: [&[&str]; 5] = [&["migrate"], &["status"], &["lock"], &["check"], &["revert"]];

#[test]
fn broken_configuration() {
    for (text, place) in [
        ("dialect = sqlite\n", "dbmig.toml:1:11"),
        ("dialect = \"sqlite\"\nmigratoins = \"m\"\n", "dbmig.toml:2:1"),
        ("dialect = \"oracle\"\n", "dbmig.toml:1:11"),
        ("[env.development]\nurl = 5\n", "dbmig.toml:2:7"),
    ] {
        let sandbox = sandbox();
        sandbox.write("dbmig.toml", text);
        for command in COMMANDS {
            unchanged(&sandbox, command.iter().copied()).exits(2).warns(place);
        }
    }
}

#[test]
fn unknown_environment() {
    unchanged(&sandbox(), ["migrate", "--env", "producton"])
        .exits(2)
        .warns("did you mean `production`?")
        .warns("or add an `[env.producton]` section");
    unchanged(&sandbox(), ["migrate", "--env", "xyz"])
        .exits(2)
        .warns("help: add an `[env.xyz]` section");
}

#[test]
fn missing_database_for_a_reading_verb() {
    let sandbox = sandbox();
    fs::remove_file(sandbox.path("dev.sqlite3")).unwrap();
    for command in [
        &["status"][..],
        &["plan"],
        &["migrate", "--dry-run"],
        &["revert"],
        &["redo"],
        &["seed", "run"],
    ] {
        unchanged(&sandbox, command.iter().copied())
            .exits(3)
            .warns("does not exist")
            .warns("cargo dbmig migrate");
    }
}

#[test]
fn database_in_a_folder_that_is_not_there() {
    let sandbox = sandbox();
    let ran = unchanged(&sandbox, ["migrate", "--database-url", "no/such/dev.sqlite3"]).exits(3);
    let _ = ran.warns("mkdir -p no/such");
}

#[test]
fn database_that_is_none() {
    let sandbox = sandbox();
    sandbox.write(
        "text.db",
        "this is no database, and it is longer than a header of SQLite would be ".repeat(9),
    );
    unchanged(&sandbox, ["migrate", "--database-url", "text.db"])
        .exits(3)
        .warns("file is not a database");
    unchanged(&sandbox, ["migrate", "--database-url", "migrations"])
        .exits(3)
        .warns("is a directory");
    for url in ["postgres://u:secret@127.0.0.1:1/x", "mysql://u:secret@127.0.0.1:1/x"] {
        unchanged(&sandbox, ["migrate", "--database-url", url])
            .exits(3)
            .warns("could not connect to database")
            .silent_about("secret");
    }
}

#[test]
fn read_only_database() {
    let sandbox = sandbox();
    sandbox.migration("2_posts", "CREATE TABLE posts (id INT);", "DROP TABLE posts;");
    let url = "file:dev.sqlite3?mode=ro";
    unchanged(&sandbox, ["status", "--database-url", url]).ok().says("1 pending");
    unchanged(&sandbox, ["migrate", "--database-url", url])
        .exits(3)
        .warns("attempt to write a readonly database")
        .warns("can not be written");
}

#[cfg(unix)]
#[test]
fn name_that_is_not_utf8() {
    use std::os::unix::ffi::OsStrExt as _;
    let sandbox = sandbox();
    let name = std::ffi::OsStr::from_bytes(b"2_caf\xe9");
    fs::create_dir(sandbox.path("migrations").join(name)).unwrap();
    for command in ["migrate", "check", "lock"] {
        unchanged(&sandbox, [command]).exits(1).warns("error[not-utf8]");
    }
}

#[test]
fn file_that_is_not_utf8() {
    let sandbox = sandbox();
    sandbox.write("migrations/2_x/up.sql", b"SELECT 1;\nSELECT 'caf\xe9';\n");
    for command in ["migrate", "check", "lock"] {
        unchanged(&sandbox, [command])
            .exits(1)
            .warns("error[not-utf8]")
            .warns("migrations/2_x/up.sql:2:1");
    }
}

#[test]
fn migrations_that_is_a_file() {
    let sandbox = sandbox();
    fs::remove_dir_all(sandbox.path("migrations")).unwrap();
    sandbox.write("migrations", "");
    for command in ["migrate", "status", "check", "lock"] {
        unchanged(&sandbox, [command]).exits(1).warns("error[unreadable]").warns("not a directory");
    }
    unchanged(&sandbox, ["generate", "x"]).exits(2).warns("is not a directory");
}

#[test]
fn two_versions_alike() {
    let sandbox = sandbox();
    sandbox.migration("2024-01-31_b", "SELECT 1;", "SELECT 1;");
    sandbox.migration("20240131_a", "SELECT 1;", "SELECT 1;");
    for command in ["migrate", "status", "check", "lock"] {
        unchanged(&sandbox, [command])
            .exits(1)
            .warns("error[duplicate-version]: version `20240131` is used twice")
            .warns("first used by `2024-01-31_b`");
    }
}

#[test]
fn half_written_lock() {
    let sandbox = sandbox();
    sandbox.migration("2_posts", "CREATE TABLE posts (id INT);", "DROP TABLE posts;");
    let lock = sandbox.read("migrations/dbmig.lock");
    for cut in [0, 20, lock.len() / 2, lock.len() - 1] {
        sandbox.write("migrations/dbmig.lock", &lock[..cut]);
        for command in ["migrate", "check", "lock"] {
            unchanged(&sandbox, [command])
                .exits(1)
                .warns("error[lock-malformed]")
                .warns("git checkout HEAD -- \"migrations/dbmig.lock\"");
        }
    }
}

#[test]
fn conflict_markers() {
    let sandbox = sandbox();
    let lock = sandbox.read("migrations/dbmig.lock");
    sandbox.write(
        "migrations/dbmig.lock",
        format!("<<<<<<< HEAD\n{lock}=======\n{lock}>>>>>>> other\n"),
    );
    for command in ["migrate", "check", "lock"] {
        unchanged(&sandbox, [command])
            .exits(1)
            .warns("migrations/dbmig.lock:1:1")
            .warns("lock --resolve");
    }
}

#[test]
fn statement_that_fails() {
    let sandbox = sandbox();
    let up = "CREATE TABLE a (id INT);\n\nCREATE TABLE b (id INT);\n\n  -- the third\n  INSERT INTO a (id, nosuch) VALUES (1, 2);\n";
    sandbox.migration("2_bad", up, "SELECT 1;");
    sandbox.migration("3_next", "CREATE TABLE next (id INT);", "DROP TABLE next;");
    sandbox
        .dbmig(["migrate"])
        .exits(3)
        .warns(
            "error: migrations/2_bad/up.sql:6:3: table a has no column named nosuch (SQLITE_ERROR)",
        )
        .warns("statement 3 of 3: INSERT INTO a (id, nosuch) VALUES (1, 2)")
        .warns("rolled back: nothing of this file is in the database")
        .warns("`cargo dbmig migrate`");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["users"]);
    sandbox.dbmig(["status"]).ok().says("failed").says("pending");
    sandbox.migration("2_bad", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["migrate"]).ok().says("2 migrations applied");
}

#[test]
fn error_has_its_place_inside_the_statement() {
    let sandbox = sandbox();
    sandbox.migration("2_bad", "SELECT 1;\nCREATE TABLE é (\n  é INT,, b INT\n);\n", "SELECT 1;");
    sandbox
        .dbmig(["migrate"])
        .exits(3)
        .warns("migrations/2_bad/up.sql:3:9: near \",\": syntax error");
}

#[test]
fn unknown_migrations() {
    let sandbox = sandbox();
    for command in [
        &["migrate", "--to", "usrs"][..],
        &["revert", "--to", "usrs"],
        &["sql", "usrs"],
        &["redo", "--through", "usrs"],
    ] {
        unchanged(&sandbox, command.iter().copied()).exits(2).warns("the nearest are `1_users`");
    }
}

#[test]
fn misuse_of_the_command_line() {
    let sandbox = sandbox();
    for args in [
        &["migrate", "--nosuch"][..],
        &["migrate", "--to", "1", "--step", "2"],
        &["revert", "--all", "--to", "1"],
        &["seed"],
        &["migrate", "--step", "x"],
    ] {
        unchanged(&sandbox, args.iter().copied()).exits(2);
    }
    unchanged(&sandbox, ["migrat"]).exits(2).warns("migrate");
}

#[test]
fn broken_dotenv() {
    let sandbox = sandbox();
    sandbox.write(".env", "FINE=1\nnot a line\n");
    unchanged(&sandbox, ["status"]).exits(2).warns("Initializing `.env` file failed").warns(":2:");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let sandbox = sandbox();
    sandbox.write("migrations/2_\u{1b}[31mred/up.sql", "SELECT 1;");
    for command in ["check", "status", "migrate"] {
        unchanged_or_not(&sandbox, command).silent_about("\u{1b}");
    }
}

fn unchanged_or_not(sandbox: &Sandbox, command: &str) -> Ran {
    sandbox.dbmig([command])
}

#[test]
fn empty_up_without_a_lock() {
    let sandbox = Sandbox::new();
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE a (id INT);");
    sandbox.write("migrations/2_b/up.sql", "");
    let env = [("DATABASE_URL", "x.sqlite3")];
    sandbox
        .dbmig_with(&env, ["migrate"])
        .exits(4)
        .warns("the `up.sql` of migration `2_b` holds no statement");
    sandbox.dbmig_with(&env, ["migrate", "--to", "1"]).ok();
    assert_eq!(sandbox.tables("x.sqlite3"), ["a"]);
}

#[test]
fn no_migrations_directory() {
    let sandbox = sandbox();
    fs::remove_dir_all(sandbox.path("migrations")).unwrap();
    unchanged(&sandbox, ["migrate"]).exits(1).warns("error[unreadable]").warns("cargo dbmig init");
}

#[test]
fn explanations_need_no_order() {
    let sandbox = sandbox();
    sandbox.write("dbmig.toml", "broken");
    sandbox.write(".env", "broken");
    unchanged(&sandbox, ["explain", "modified"]).ok();
    unchanged(&sandbox, ["db:migrate"]).exits(2).warns("cargo dbmig migrate");
}

#[test]
fn proposed_commands_keep_the_environment() {
    let sandbox = sandbox();
    unchanged(&sandbox, ["status", "--env", "test"])
        .exits(3)
        .warns("`cargo dbmig migrate --env test`");
}

#[test]
fn draft_that_was_not_written_yet() {
    let sandbox = sandbox();
    sandbox.dbmig(["generate", "later"]).ok();
    sandbox.dbmig(["migrate"]).exits(4).warns("holds no statement").warns("nothing was run");
    assert_eq!(
        sandbox.query("dev.sqlite3", "SELECT version FROM __diesel_schema_migrations"),
        ["1"]
    );
}
