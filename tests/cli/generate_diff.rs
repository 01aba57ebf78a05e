//! `generate --diff`: one case a flag, and what it says.

use crate::support::Sandbox;

const USERS: &str = "diesel::table! { users (id) { id -> Integer, name -> Text, } }\n";

/// A set with one table, and a `schema.rs` that tells it.
fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("schema = \"src/schema.rs\"\n{config}"));
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL DEFAULT 'x');\n\
         CREATE INDEX by_name ON users (name);\n",
        "DROP TABLE users;\n",
    );
    sandbox.write("src/schema.rs", USERS);
    sandbox
}

/// `users` with other columns than `name`.
fn users(columns: &str) -> String {
    format!("diesel::table! {{ users (id) {{ id -> Integer, {columns} }} }}\n")
}

fn dirs(sandbox: &Sandbox) -> Vec<String> {
    let entries = std::fs::read_dir(sandbox.path("migrations")).unwrap();
    let entries = entries.map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut all: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

/// The `up.sql` of the newest migration.
fn newest(sandbox: &Sandbox) -> String {
    let name = dirs(sandbox).pop().unwrap();
    sandbox.read(&format!("migrations/{name}/up.sql"))
}

#[test]
fn nothing_to_do_is_no_file() {
    let sandbox = project();
    let before = sandbox.snapshot();
    for args in [
        &["generate", "--diff"][..],
        &["generate", "--diff", "name"],
        &["generate", "--diff", "--check"],
        &["generate", "--diff", "--amend", "--from", "migrations"],
    ] {
        sandbox
            .dbmig(args.iter().copied())
            .ok()
            .says("nothing to do")
            .warns("note: ")
            .silent_about("by_name");
    }
    let ran = sandbox.dbmig(["generate", "--diff"]).ok();
    assert_eq!(ran.stdout, "nothing to do: the migrations make what src/schema.rs tells\n");
    assert!(ran.stderr.contains("what it does not tell stays: 1 default, 1 index"), "{ran}");
    assert!(sandbox.snapshot() == before, "something was written");
}

#[test]
fn check_tells_and_writes_nothing() {
    let sandbox = project();
    sandbox.write("src/schema.rs", users("name -> Text, age -> Integer,"));
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(["generate", "--diff", "--check"]).exits(1);
    assert_eq!(
        ran.stdout,
        "+ column users.age: Integer\n1 difference between the migrations and src/schema.rs\n"
    );
    let json = sandbox.dbmig(["generate", "--diff", "--check", "--format", "json"]).exits(1).json();
    assert_eq!(json["differences"][0], "+ column users.age: Integer");
    assert!(sandbox.snapshot() == before, "something was written");
    sandbox.dbmig(["generate", "--diff", "--check", "x"]).exits(2).warns("takes none");
    sandbox
        .dbmig(["generate", "constraint", "users", "--check"])
        .exits(2)
        .warns("needs a condition");
}

#[test]
fn what_is_needed_is_listed_ready_to_paste() {
    let sandbox = project();
    sandbox.write("src/schema.rs", users("full_name -> Text, age -> Integer,"));
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(["generate", "--diff", "two", "--no-input", "--unsafe"]).exits(4);
    let ran = ran
        .warns("error: 2 things that src/schema.rs does not tell\n")
        .warns("`users.name` goes and `full_name` comes, both Text: is it the same under another name? `--rename users.name=full_name` or `--drop users.name`\n")
        .warns("`users.age` is new and never NULL: what do the rows get that are there? `--fill users.age=0` or `--no-fill users.age`\n")
        .warns("nothing was written");
    let pasted = "`cargo dbmig generate --diff two --unsafe --rename users.name=full_name --fill users.age=0`";
    let ran = ran.warns(pasted);
    let json = ["generate", "--diff", "--no-input", "--format", "json"];
    let json = sandbox.dbmig(json).exits(4).json();
    assert_eq!(json["questions"][1]["options"][0], "--fill users.age=0", "{ran}");
    // Somebody who is no terminal is not asked either.
    sandbox.dbmig(["generate", "--diff"]).exits(4);
    assert!(sandbox.snapshot() == before, "something was written");
    let words = pasted.trim_matches('`').split(' ').skip(2);
    sandbox.dbmig(words).ok().says("_two/up.sql");
    assert!(newest(&sandbox).starts_with("ALTER TABLE users RENAME COLUMN name TO full_name;\n"));
    sandbox.dbmig(["generate", "--diff", "--check"]).ok();
}

#[cfg(unix)]
#[test]
fn on_a_terminal_it_is_asked() {
    let sandbox = project();
    sandbox.write("src/schema.rs", users("full_name -> Text, age -> Integer,"));
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_cargo-dbmig"));
    let typed = |text: &str, args: &[&str]| {
        let (_open, slave) = crate::protection::terminal(text);
        let args = ["generate", "--diff", "asked"].iter().chain(args).copied();
        sandbox.run_reading(slave, program, &[], args)
    };
    let _ = typed("y\n0", &["--no-input"]).exits(4);
    let before = sandbox.snapshot();
    // End of input.
    let _ =
        typed("y\n\u{4}", &[]).exits(2).warns("no answer was given").warns("--fill users.age=0");
    assert!(sandbox.snapshot() == before, "something was written");
    let ran = typed("perhaps\ny\nid + 1", &[]).ok();
    let ran =
        ran.warns("is it the same under another name?\n").warns("that is none of the answers");
    let up = newest(&sandbox);
    assert!(up.contains("RENAME COLUMN name TO full_name"), "{ran}");
    assert!(up.contains("id + 1"), "{up}");
}

#[test]
fn answers_are_held_to_what_differs() {
    let sandbox = project();
    sandbox.write("src/schema.rs", users("name -> Text, age -> Nullable<Integer>,"));
    for (option, value, message) in [
        ("--rename", "users.name", "is not `--rename <OLD>=<NEW>`"),
        ("--rename", "users.nam=age", "`--rename users.nam` answers nothing here"),
        ("--rename", "users.name=age", "`--rename users.name` answers nothing here"),
        ("--drop", "users.name", "`--drop users.name` answers nothing here"),
        ("--fill", "users.age=1", "`--fill users.age` answers nothing here"),
        ("--fill", "users.age", "is not `--fill"),
        ("--no-fill", "users.age", "answers nothing here"),
        ("--type", "users.agee=int", "answers nothing here"),
        ("--values", "mood=a", "answers nothing here"),
        ("--auto-increment", "users.id", "answers nothing here"),
        ("--from", "nonsense", "expected `empty`"),
        ("--from", "src/nosuch.rs", "could not read"),
        ("--from", "nosuch.sql", "could not read"),
        ("--from", "env:nosuch", "nosuch"),
    ] {
        sandbox.dbmig(["generate", "--diff", option, value]).exits(2).warns(message);
    }
    sandbox.dbmig(["generate", "--diff", "a", "b"]).exits(2).warns("a migration has one name");
    sandbox.dbmig(["generate", "--rename", "a=b", "x"]).exits(2).warns("--diff");
    sandbox.dbmig(["generate", "--diff", "--no-try"]).exits(2);
    assert_eq!(dirs(&sandbox), ["1_users"]);
}

#[test]
fn a_schema_can_be_the_wish() {
    let sandbox = project();
    sandbox.write(
        "wished.sql",
        "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL DEFAULT 'y', CHECK (name <> ''));\n\
         CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id), n INT GENERATED ALWAYS AS (id + 1));\n\
         CREATE UNIQUE INDEX by_user ON posts (user_id) WHERE user_id > 0;\n\
         CREATE VIEW named AS SELECT name FROM users;\n",
    );
    let ran = sandbox.dbmig(["generate", "--diff", "--from", "wished.sql"]).ok();
    for line in [
        "~ column users.name: default 'x' -> 'y'",
        "+ check (name <> '') of users",
        "- index by_name of users: (name)",
        "+ table posts",
        "+ view named",
        "_create_posts_and_2_more/up.sql",
        "tried: up and down on sqlite-3",
    ] {
        assert!(ran.stdout.contains(line), "no {line:?} in {ran}");
    }
    let same = ["generate", "--diff", "--check", "--from", "wished.sql"];
    sandbox.dbmig(same).ok();
    sandbox.dbmig(["migrate", "--no-schema"]).ok();
    for from in ["env:development", "url:dev.sqlite3", "migrations"] {
        sandbox.dbmig(["generate", "--diff", "--check", "--from", from]).ok();
    }
    sandbox.dbmig(["generate", "--diff", "--check", "--from", "migrations@1"]).exits(1);
    sandbox.dbmig(["generate", "--diff", "--check", "--from", "empty"]).exits(1);
    sandbox.dbmig(["revert", "--no-schema"]).ok();
    sandbox.dbmig(["drift"]).ok();
}

#[test]
fn what_is_repeated_is_no_difference() {
    let sandbox = project();
    sandbox.write(
        "migrations/R__named.sql",
        "DROP VIEW IF EXISTS named;\nCREATE VIEW named AS SELECT name FROM users;\n",
    );
    sandbox.dbmig(["migrate", "--no-schema"]).ok();
    sandbox.dbmig(["generate", "--diff", "--from", "env:development"]).ok().says("nothing to do");
    sandbox.execute("dev.sqlite3", "CREATE VIEW own AS SELECT id FROM users");
    let ran = sandbox.dbmig(["generate", "--diff", "--from", "env:development", "--dry-run"]).ok();
    assert!(ran.stdout.contains("CREATE VIEW own"), "{ran}");
    assert!(!ran.stdout.contains("named"), "{ran}");
}

#[test]
fn more_goes_into_a_draft() {
    let sandbox = project();
    sandbox.dbmig(["lock"]).ok();
    sandbox.write("src/schema.rs", users("name -> Text, age -> Nullable<Integer>,"));
    sandbox.dbmig(["generate", "--diff", "--amend"]).exits(2).warns("`1_users`, is locked");
    sandbox.dbmig(["generate", "add_age", "--version", "2"]).ok();
    // Nothing is in it yet.
    sandbox
        .dbmig(["generate", "--diff", "--amend"])
        .ok()
        .says("+ALTER TABLE users ADD COLUMN age INTEGER;")
        .says("changed migrations/2_add_age/up.sql");
    sandbox.write(
        "migrations/2_add_age/up.sql",
        "-- by hand\nALTER TABLE users ADD COLUMN age INTEGER;\nUPDATE users SET age = 3\n",
    );
    sandbox.write("src/schema.rs", users("name -> Text, age -> Integer,"));
    let args = ["generate", "--diff", "--amend", "--fill", "users.age=1"];
    let before = sandbox.snapshot();
    sandbox
        .dbmig(args.into_iter().chain(["--dry-run"]))
        .ok()
        .says("would change migrations/2_add_age/up.sql");
    assert!(sandbox.snapshot() == before, "something was written");
    let _ = sandbox.dbmig(args);
    let up = sandbox.read("migrations/2_add_age/up.sql");
    assert!(up.starts_with("-- by hand\nALTER TABLE users ADD COLUMN age INTEGER;\nUPDATE users SET age = 3;\nCREATE TABLE new_users"), "{up}");
    let down = sandbox.read("migrations/2_add_age/down.sql");
    assert!(down.ends_with("ALTER TABLE users DROP COLUMN age;\n"), "{down}");
    let metadata = sandbox.read("migrations/2_add_age/metadata.toml");
    assert_eq!(metadata, "run_in_transaction = true\n\n[dbmig]\nforeign_keys = \"off\"\n");
    assert_eq!(dirs(&sandbox), ["1_users", "2_add_age"]);
    sandbox.dbmig(["generate", "--diff", "--check"]).ok();
    sandbox.dbmig(["prove"]).ok();
}

#[test]
fn what_does_not_lead_there_is_refused_with_what_remains() {
    let sandbox = project();
    // SQLite has no such type, and `TEXT` is read back as `Text`.
    sandbox.write("src/schema.rs", users("name -> Text, doc -> Nullable<Json>,"));
    sandbox.dbmig(["generate", "--diff"]).exits(4).warns("`--type users.doc=TEXT`");
    sandbox
        .dbmig(["generate", "--diff", "--type", "users.doc=TEXT"])
        .exits(1)
        .warns("error: the statements that were found do not make what src/schema.rs tells")
        .warns("still: ~ column users.doc: Nullable<Text> -> Nullable<Json>")
        .warns("ALTER TABLE users ADD COLUMN doc TEXT;")
        .warns("nothing was written");
    assert_eq!(dirs(&sandbox), ["1_users"]);
}

#[test]
fn nothing_says_which_schema_rs() {
    let sandbox = Sandbox::project();
    sandbox.dbmig(["generate", "--diff"]).exits(2).warns("--from src/schema.rs");
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("schema = \"src/schema.rs\"\n{config}"));
    sandbox.dbmig(["generate", "--diff"]).exits(2).warns("`cargo dbmig schema rs`");
    sandbox.write("src/schema.rs", "diesel::table! { users { id Integer } }");
    sandbox.dbmig(["generate", "--diff"]).exits(2).warns("src/schema.rs:1: ");
    sandbox.write("src/schema.rs", "diesel::table! { users (key) { id -> Integer, } }");
    sandbox.dbmig(["generate", "--diff"]).exits(2).warns("`key` is in the primary key of `users`");
}

#[test]
fn what_the_file_leaves_out_is_left_alone() {
    let sandbox = project();
    sandbox.migration(
        "1b_more",
        "CREATE TABLE tags (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT id FROM tags;",
        "DROP VIEW v; DROP TABLE tags;",
    );
    sandbox.write("diesel.toml", "[print_schema]\nfilter = { except_tables = [\"^tags$\"] }\n");
    sandbox.dbmig(["generate", "--diff"]).ok().says("nothing to do");
    // What is told of them all the same is passed over.
    let more = "diesel::table! { tags (id) { id -> Integer, x -> Text, } }\ndiesel::table! { v (id) { id -> Integer, } }\n\
                diesel::table! { posts (id) { id -> Nullable<Integer>, } }\n";
    sandbox.write("src/schema.rs", format!("{USERS}{more}"));
    sandbox
        .dbmig(["generate", "--diff"])
        .ok()
        .says("_create_posts/up.sql")
        .warns("`tags` of src/schema.rs is left out by `[print_schema]` of diesel.toml, and is passed over")
        .warns("`v` of src/schema.rs is a view, and is passed over");
    assert_eq!(newest(&sandbox), "CREATE TABLE posts (\n    id INTEGER PRIMARY KEY\n);\n");
}

#[test]
fn what_goes_is_told() {
    let sandbox = project();
    sandbox.migration("1b_v", "CREATE VIEW v AS SELECT name FROM users;", "DROP VIEW v;");
    sandbox.write("src/schema.rs", users(""));
    sandbox
        .dbmig(["generate", "--diff"])
        .ok()
        .says("the way back loses what was in users.name")
        .warns("warning: users.name goes, with what is in it")
        .warns("the view v names users.name, which goes: change it as well");
}

#[test]
fn nobody_asks_whether_what_is_filled_is_null() {
    let sandbox = Sandbox::project();
    let toml = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", toml.replacen('\n', "\nschema = \"src/schema.rs\"\n", 1));
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, age INTEGER); INSERT INTO users VALUES (1, NULL), (2, 7);",
        "DROP TABLE users;",
    );
    sandbox.dbmig(["migrate"]).ok();
    let text = sandbox.read("src/schema.rs").replace("age -> Nullable<Integer>", "age -> Integer");
    sandbox.write("src/schema.rs", text);
    sandbox.dbmig(["generate", "--diff", "--fill", "users.age=0"]).ok();
    sandbox.dbmig(["migrate"]).ok().says("1 migration applied");
    let ages = "SELECT CAST(age AS TEXT) FROM users ORDER BY id";
    assert_eq!(sandbox.query("dev.sqlite3", ages), ["0", "7"]);
}
