//! `generate`.

use crate::support::Sandbox;

#[test]
fn writes_diesels_form_after_the_newest() {
    let sandbox = Sandbox::project();
    sandbox.migration("2099-01-01-000000-0000_future", "SELECT 1;", "SELECT 1;");
    sandbox
        .dbmig(["generate", "create users"])
        .ok()
        .says("created migrations/209901010000000001_create_users/up.sql")
        .says("down.sql")
        .says("metadata.toml")
        .warns("cargo dbmig migrate");
    let metadata = sandbox.read("migrations/209901010000000001_create_users/metadata.toml");
    assert_eq!(metadata, "run_in_transaction = true\n");
    let names = || -> Vec<_> {
        let entries = std::fs::read_dir(sandbox.path("migrations")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    let before = names().len();
    sandbox.dbmig(["generate", "more", "--dry-run"]).ok().says("would create");
    assert_eq!(names().len(), before);
}

#[test]
fn in_an_empty_set_it_has_the_time_and_the_counter() {
    let sandbox = Sandbox::project();
    let ran = sandbox.dbmig(["generate", "x", "--format", "json"]).ok();
    let file = ran.json()["files"][0].as_str().unwrap().to_owned();
    let dir = file.split('/').nth(1).unwrap();
    let shape: String = dir.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(shape, "9999-99-99-999999-9999_x");
}

#[test]
fn declares_what_can_not_be_reverted() {
    let sandbox = Sandbox::project();
    sandbox
        .dbmig([
            "generate",
            "x",
            "--version",
            "7",
            "--irreversible",
            "data is gone",
            "--no-transaction",
        ])
        .ok();
    assert!(!sandbox.exists("migrations/7_x/down.sql"));
    let metadata = sandbox.read("migrations/7_x/metadata.toml");
    assert_eq!(
        metadata,
        "run_in_transaction = false\n\n[dbmig]\nirreversible = \"data is gone\"\n"
    );
    sandbox.write("migrations/7_x/up.sql", "VACUUM;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert"]).exits(4).warns("irreversible: data is gone");
}

#[test]
fn refuses_names_and_versions_that_can_not_be_used() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "SELECT 1;", "SELECT 1;");
    for args in [&["generate", ""][..], &["generate", "a\"b"], &["generate", "x", "--version", "1"]]
    {
        sandbox.dbmig(args.iter().copied()).exits(2);
    }
}

#[test]
fn diesels_flag_for_no_down_declares_nothing() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["migration", "generate", "x", "--version", "7", "-u"]).ok();
    assert_eq!(sandbox.read("migrations/7_x/metadata.toml"), "run_in_transaction = true\n");
    sandbox.write("migrations/7_x/up.sql", "CREATE TABLE x (id INT);");
    sandbox.dbmig(["lock"]).exits(1).warns("error[missing-down]");
    sandbox.write("migrations/7_x/down.sql", "DROP TABLE x;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert"]).ok();
}

#[test]
fn versions_keep_their_width() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["generate", "a", "--version", "5"]).ok();
    for version in ["6", "7", "8", "9", "90", "91"] {
        sandbox.dbmig(["generate", "b"]).ok();
        assert!(sandbox.exists(&format!("migrations/{version}_b")), "{version}");
    }
}

#[test]
fn reasons_say_something() {
    let sandbox = Sandbox::project();
    for reason in ["", "  "] {
        sandbox.dbmig(["generate", "x", "--irreversible", reason]).exits(2).warns("say why");
        sandbox.dbmig(["lock", "--late-ok", reason]).exits(2).warns("say why");
    }
}

/// The texts of the migrations that a command line makes, joined, without what is the version's.
fn written(sandbox: &Sandbox, args: &[&str]) -> (String, String) {
    let ran = sandbox.dbmig(args.iter().copied().chain(["--format", "json"])).ok();
    let json = ran.json();
    let all = json["migrations"].as_array().unwrap().clone();
    let text = |key: &str| all.iter().filter_map(|one| one[key].as_str()).collect::<String>();
    (text("up"), text("down"))
}

#[test]
fn says_what_it_understood_and_tries_it() {
    let sandbox = Sandbox::project();
    sandbox
        .dbmig(["generate", "create_users", "name:string(50)", "email:string:unique"])
        .ok()
        .says("create table users: id, name string(50), email string unique, created_at, updated_at\n")
        .says("_create_users/up.sql")
        .says("tried: up and down on sqlite-3\n")
        .warns("read it, then apply it: `cargo dbmig migrate`");
    sandbox.dbmig(["migrate"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["sqlite_sequence", "users"]);
    sandbox
        .dbmig(["generate", "remove_email_from_users", "--dry-run"])
        .ok()
        .says("would create")
        .says("    DROP TABLE users;")
        .warns("fails when there are rows");
    sandbox.dbmig(["generate", "add_phone_to_users", "phone:string(20)"]).ok();
    sandbox
        .dbmig(["generate", "remove_phone_from_users"])
        .ok()
        .says("tried: up and down on sqlite-3; the way back loses what was in users.phone");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert", "--all"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["sqlite_sequence"]);
}

#[test]
fn a_name_that_says_nothing_for_certain_is_a_name() {
    let sandbox = Sandbox::project();
    for (args, note) in [
        (&["generate", "backfill_users"][..], ""),
        (&["generate", "migration", "create_users"], ""),
        (&["generate", "migration", "--name", "add-phone-to-users"], ""),
        (
            &["generate", "drop_users"],
            "make nothing to drop table users: this is a name and no more",
        ),
        (&["generate", "remove_duplicates_from_orders"], "this is a name and no more"),
        (&["generate", "rename_a_to_b_in_c"], "this is a name and no more"),
        (&["generate", "add_phone_to_users"], ""),
    ] {
        let ran = sandbox.dbmig(args.iter().copied().chain(["--dry-run"])).ok();
        let ran = ran.says("    -- Your SQL goes here").silent_about("tried");
        assert!(ran.stderr.contains(note), "{ran}");
    }
}

#[test]
fn what_can_not_be_understood_writes_nothing() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["generate", "create_users", "name:string"]).ok();
    let before = sandbox.snapshot();
    for (args, error) in [
        (&["generate", "create_posts", "a:strng"][..], "did you mean `string`?"),
        (&["generate", "create_posts", "a"], "a column needs a type"),
        (&["generate", "add-column", "userz", "a:int"], "did you mean `users`?"),
        (&["generate", "add-column", "users", "name:text"], "users has a column `name` already"),
        (&["generate", "fill", "a:int"], "`fill` does not say what to do with the rest"),
        (&["generate", "migration", "a", "b"], "a migration has one name"),
        (&["generate", "index", "users"], "an index needs something to be over"),
        (&["generate", "drop-table", "users", "--model"], "`generate drop-table` makes no model"),
        (&["generate", "revert-of", "2099"], "2099"),
    ] {
        sandbox.dbmig(args.iter().copied()).exits(2).warns(error);
    }
    // What the database refuses is not written either.
    sandbox
        .dbmig(["generate", "constraint", "users", "--check", "nonsense("])
        .exits(3)
        .warns("nothing was written")
        .warns("--no-try");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_set_that_does_not_apply_keeps_nobody_from_adding_to_it() {
    let sandbox = Sandbox::project();
    sandbox.migration("1_broken", "CREATE TABLE a (b INT); nonsense;", "DROP TABLE a;");
    sandbox.dbmig(["generate", "create_users", "name:string"]).ok().says(
        "not tried: the set does not apply to an empty database: migrations/1_broken/up.sql:1:25",
    );
    sandbox
        .dbmig(["generate", "drop-table", "a"])
        .ok()
        .warns("to be completed by hand: the table a comes back as it was");
    sandbox.dbmig(["generate", "change-column", "a", "b:text"]).exits(2).warns("is not known");
    sandbox.dbmig(["check"]).exits(1).warns("error[todo-left]");
}

#[cfg(unix)]
#[test]
fn without_a_try_nothing_is_opened_and_nothing_started() {
    let sandbox = Sandbox::project();
    // A server that is not there, and a program that must not run.
    sandbox.write(
        "dbmig.toml",
        "dialect = \"postgres\"\n[env.development]\nurl_command = [\"touch\", \"started\"]\n",
    );
    let (up, down) =
        written(&sandbox, &["generate", "create_users", "email:string:unique", "--no-try"]);
    assert!(up.starts_with("CREATE TABLE users (\n    id bigint GENERATED BY DEFAULT AS IDENTITY NOT NULL,\n    email character varying(255) NOT NULL,"), "{up}");
    assert_eq!(down, "DROP TABLE users;\n");
    let (up, down) = written(&sandbox, &["generate", "add_a_to_users", "a:int", "--no-try"]);
    assert_eq!(
        (&*up, &*down),
        ("ALTER TABLE users ADD COLUMN a integer;\n", "ALTER TABLE users DROP COLUMN a;\n")
    );
    let (up, down) = written(&sandbox, &["generate", "add_index_to_users", "a", "--no-try"]);
    assert_eq!(up, "CREATE INDEX CONCURRENTLY users_a_idx ON users (a);\n");
    assert_eq!(down, "DROP INDEX CONCURRENTLY users_a_idx;\n");
    sandbox.dbmig(["generate", "plain_name"]).ok();
    assert!(!sandbox.exists("started"));
    // Where it is to be tried, it says why it was not.
    sandbox.write("dbmig.toml", "dialect = \"postgres\"\n");
    sandbox
        .dbmig(["generate", "create_teams", "name:string"])
        .ok()
        .says("not tried: no database for postgres")
        .warns("say where: `[shadow]` in dbmig.toml, with a `url`");
    // Nobody says what the database speaks.
    sandbox.write("dbmig.toml", "");
    sandbox.dbmig(["generate", "create_a"]).ok().warns("this is a name and no more");
    sandbox.dbmig(["generate", "create_b", "a:int"]).exits(2).warns("`dialect = \"sqlite\"`");
}

/// Nothing but names of programs that leave a mark stand on the path, and whatever is connected to is heard of.
#[cfg(unix)]
#[test]
fn a_plain_migration_starts_nothing_and_opens_nothing() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::project();
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    server.set_nonblocking(true).unwrap();
    let port = server.local_addr().unwrap().port();
    for program in ["cargo", "git", "rustc", "rustfmt", "sh", "psql", "mysql", "mariadb", "sqlite3"]
    {
        let path = format!("bin/{program}");
        sandbox.write(&path, "#!/bin/sh\necho $0 >> \"${0%/*}/../started\"\n");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(sandbox.path(&path), mode).unwrap();
    }
    let bin = sandbox.path("bin");
    let env = [("PATH", bin.to_str().unwrap())];
    let own = std::path::Path::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
    let run = |args: &[&str]| sandbox.run(own, &env, args.iter().copied());
    let unreadable = "this is no database";
    for (dialect, url) in [
        ("sqlite", "dev.sqlite3".to_owned()),
        ("postgres", format!("postgres://me@127.0.0.1:{port}/app")),
        ("mysql", format!("mysql://me@127.0.0.1:{port}/app")),
    ] {
        sandbox.write("dev.sqlite3", unreadable);
        sandbox.write(
            "dbmig.toml",
            format!("dialect = \"{dialect}\"\n[env.development]\nurl = \"{url}\"\n"),
        );
        for args in [
            &["generate", "fill_phones"][..],
            &["generate", "migration", "create_users"],
            &["generate", "create_teams", "name:string", "--no-try"],
            &["generate", "add_age_to_users", "age:int", "--no-try"],
            &["generate", "seed", "one"],
            &["generate", "backfill", "fill", "--table", "users", "--set", "age = 1"],
        ] {
            run(args).ok();
        }
        assert_eq!(sandbox.read("dev.sqlite3"), unreadable);
    }
    assert!(!sandbox.exists("started"), "started: {}", sandbox.read("started"));
    let heard = server.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(heard, Err(std::io::ErrorKind::WouldBlock), "somebody connected");
    // The marks are left where something is started, and what is opened is heard of.
    sandbox
        .write("dbmig.toml", "dialect = \"sqlite\"\n[env.development]\nurl_command = [\"git\"]\n");
    let _ = run(&["status"]);
    assert!(sandbox.exists("started"));
    let url = format!("postgres://me@127.0.0.1:{port}/app?connect_timeout=1");
    let _ = run(&["status", "--database-url", &url]);
    assert!(server.accept().is_ok(), "nobody connected");
}

#[test]
fn what_is_repeated_may_be_in_the_way() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["generate", "create_users", "name:string", "age:int", "note:text"]).ok();
    sandbox.write(
        "migrations/R__named.sql",
        "DROP VIEW IF EXISTS named;\nCREATE VIEW named AS SELECT name, age FROM users;\n",
    );
    sandbox
        .dbmig(["generate", "remove_age_from_users", "--dry-run"])
        .ok()
        .says("tried: up and down on sqlite-3")
        .warns("warning: fails where the repeatables are applied: ")
        .warns("view named");
    sandbox
        .dbmig(["generate", "remove_note_from_users", "--dry-run"])
        .ok()
        .silent_about("repeatables");
    // It needs what is about to come.
    sandbox.write("migrations/R__later.sql", "CREATE VIEW later AS SELECT id FROM later_on;\n");
    sandbox.dbmig(["generate", "create_later_on", "a:int", "--dry-run"]).ok().says("tried");
}

#[test]
fn undoes_a_migration_by_another() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["generate", "create_users", "name:string"]).ok();
    let (up, down) = written(&sandbox, &["generate", "revert-of", "create_users"]);
    assert_eq!(up, "DROP TABLE users;\n");
    assert!(down.starts_with("CREATE TABLE users ("), "{down}");
    sandbox.dbmig(["migrate"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["sqlite_sequence"]);
}

#[test]
fn writes_structs_beside_it_once() {
    let sandbox = Sandbox::project();
    sandbox
        .dbmig(["generate", "table", "Team", "name:string:unique", "--model"])
        .ok()
        .says("created src/models/teams.rs")
        .warns("`pub mod teams;`");
    sandbox.dbmig(["generate", "table", "User", "team:references", "at:timestamp", "--model"]).ok();
    let model = sandbox.read("src/models/users.rs");
    for part in [
        "use super::teams::Team;",
        "#[diesel(belongs_to(Team, foreign_key = team_id))]",
        "pub struct User {\n    pub id: i32,\n    pub team_id: i32,\n",
        "pub struct NewUser {\n    pub team_id: i32,\n",
        "pub struct UserChanges {\n    pub team_id: Option<i32>,\n",
    ] {
        assert!(model.contains(part), "no {part:?} in\n{model}");
    }
    sandbox.write("src/models/posts.rs", "// mine\n");
    let before = sandbox.snapshot();
    sandbox
        .dbmig(["generate", "table", "Post", "title:string", "--model"])
        .exits(2)
        .warns("`src/models/posts.rs` is there already");
    assert_eq!(sandbox.snapshot(), before);
    sandbox.dbmig(["generate", "table", "Post", "title:string", "--model-out", "src/post.rs"]).ok();
    assert!(sandbox.read("src/post.rs").contains("pub struct Post {"));
}

#[test]
fn what_a_key_takes_for_granted_is_asked_before_it_is_made() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["generate", "create_users", "email:string:null"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.execute(
        "dev.sqlite3",
        "INSERT INTO users (email) VALUES ('a@x'), ('b@x'), ('a@x'), (NULL), (NULL)",
    );
    sandbox.dbmig(["generate", "add_unique_index_to_users", "email"]).ok().silent_about("warning");
    let ran = sandbox.dbmig(["migrate"]).exits(3);
    let _ = ran
        .warns("what is asserted before does not hold: 1 row found")
        .warns("email = a@x, rows_alike = 2")
        .warns("nothing of this file was run");
    sandbox.execute("dev.sqlite3", "DELETE FROM users WHERE id = 3");
    sandbox.dbmig(["migrate"]).ok().says("1 migration applied");
    // The way back of a column that takes NULL again asks for what it brings back.
    sandbox.dbmig(["generate", "change-column", "users", "email:string:not_null"]).ok();
    sandbox.dbmig(["migrate"]).exits(3).warns("note: id = 4").warns("note: id = 5");
    sandbox.execute("dev.sqlite3", "DELETE FROM users WHERE email IS NULL");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["revert", "--all"]).ok().says("3 migrations reverted");
}
