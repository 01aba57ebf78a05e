//! `diff`, `drift`, `schema dump`: what databases hold, and what migrations make.

use crate::support::Sandbox;

fn two() -> Sandbox {
    let sandbox = Sandbox::project();
    let up = "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL);";
    sandbox.migration("1_users", up, "DROP TABLE users;");
    let up = "CREATE INDEX by_email ON users (email);";
    sandbox.migration("2_index", up, "DROP INDEX by_email;");
    sandbox
}

#[test]
fn drift_is_what_nobody_wrote_down() {
    let sandbox = two();
    sandbox.dbmig(["drift"]).exits(3).warns("does not exist");
    sandbox.dbmig(["migrate", "--to", "1"]).ok();
    sandbox.dbmig(["drift"]).ok().says("no drift");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["drift"]).ok().says("no drift");
    sandbox.execute("dev.sqlite3", "DROP INDEX by_email; CREATE TABLE extra (id INT)");
    let ran = sandbox.dbmig(["drift"]).exits(5);
    assert!(ran.stdout.contains("+ table extra\n- index by_email of users: (email)\n"), "{ran}");
    assert!(ran.stdout.contains("2 differences from its migrations"), "{ran}");
    sandbox.dbmig(["drift", "--format", "json"]).exits(5).says("\"name\":\"by_email\"");
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("external = [\"ex*\"]\n{config}"));
    sandbox.dbmig(["drift"]).exits(5).says("1 difference from");
}

#[test]
fn drift_tells_of_versions_without_a_directory() {
    let sandbox = two();
    sandbox.dbmig(["migrate"]).ok();
    std::fs::remove_dir_all(sandbox.path("migrations/2_index")).unwrap();
    let ran = sandbox.dbmig(["drift"]).exits(5);
    assert!(ran.stderr.contains("2_index is applied and has no directory"), "{ran}");
    assert!(ran.stdout.contains("+ index by_email of users: (email)"), "{ran}");
}

#[test]
fn a_difference_of_any_two() {
    let sandbox = two();
    sandbox.write(
        "wanted.sql",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, email VARCHAR(50) NOT NULL);",
    );
    let ran = sandbox.dbmig(["diff", "--to", "wanted.sql"]).ok();
    let expected = "~ column users.email: type TEXT -> VARCHAR(50)\n- index by_email of users: (email)\n2 differences\n";
    assert_eq!(ran.stdout, expected, "{ran}");
    sandbox.dbmig(["diff", "--to", "wanted.sql", "--exit-code"]).exits(1);
    sandbox.dbmig(["diff", "--from", "empty", "--to", "migrations@1"]).ok().says("+ table users");
    sandbox
        .dbmig(["diff", "--from", "migrations@1", "--to", "migrations"])
        .ok()
        .says("+ index by_email");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["diff", "--to", "url:dev.sqlite3", "--exit-code"]).ok().says("no difference");
    sandbox.dbmig(["diff", "--to", "env:development", "--exit-code"]).ok();
    sandbox.dbmig(["diff", "--to", "url:nosuch.db"]).exits(3).warns("does not exist");
    sandbox.dbmig(["diff", "--to", "nonsense"]).exits(2).warns("expected `empty`");
    sandbox.write("wanted.sql", "CREATE TABLE a (b;");
    sandbox.dbmig(["diff", "--to", "wanted.sql"]).exits(3).warns("wanted.sql: ");
}

#[test]
fn a_dump_makes_the_same_again() {
    let sandbox = two();
    sandbox.dbmig(["migrate"]).ok();
    let dump = sandbox.dbmig(["schema", "dump"]).ok().stdout;
    assert!(dump.contains("CREATE INDEX by_email ON users (email);\n"), "{dump}");
    assert!(!dump.contains("__"), "{dump}");
    sandbox.write("dump.sql", &dump);
    sandbox.dbmig(["diff", "--to", "dump.sql", "--exit-code"]).ok();
    let json = sandbox.dbmig(["schema", "dump", "--format", "json"]).ok().stdout;
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["columns"]["users"], serde_json::json!(["id", "email"]), "{json}");
    let none = sandbox.dbmig(["schema", "dump", "--exclude", "users"]).ok().stdout;
    assert_eq!(none, "");
}

#[test]
fn a_picture_of_the_tables() {
    let sandbox = two();
    let up = "CREATE TABLE posts (id INTEGER PRIMARY KEY NOT NULL, author INTEGER NOT NULL REFERENCES users (id), \
              about INTEGER UNIQUE REFERENCES users (id));";
    sandbox.migration("3_posts", up, "DROP TABLE posts;");
    sandbox.dbmig(["migrate"]).ok();
    let ran = sandbox.dbmig(["schema", "erd"]).ok();
    assert_eq!(
        ran.stdout,
        "erDiagram\n    \"posts\" {\n        INTEGER id PK\n        INTEGER author FK\n        \
         INTEGER about FK, UK\n    }\n    \"users\" {\n        INTEGER id PK\n        TEXT email\n    }\n    \
         \"users\" |o--o| \"posts\" : \"about\"\n    \"users\" ||--o{ \"posts\" : \"author\"\n"
    );
    let ran = sandbox.dbmig(["schema", "erd", "--format", "dot"]).ok();
    assert!(ran.stdout.starts_with("digraph schema {\n"), "{ran}");
    assert!(ran.stdout.contains("    \"posts\" -> \"users\" [label=\"author\"];\n"), "{ran}");
    sandbox.dbmig(["schema", "erd", "--exclude", "users"]).ok().silent_about("--o{");
    sandbox.dbmig(["schema", "erd", "--format", "mermaid"]).ok().says("erDiagram");
    sandbox.dbmig(["schema", "dump", "--format", "sql"]).ok().says("CREATE TABLE");
    sandbox
        .dbmig(["status", "--format", "dot"])
        .exits(2)
        .warns("`--format dot` is of `schema erd` alone");
}

#[test]
fn drift_becomes_a_migration() {
    let sandbox = two();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["drift", "--generate", "none"]).ok().says("no drift");
    sandbox.execute(
        "dev.sqlite3",
        "INSERT INTO users VALUES (1, 'a'); DROP INDEX by_email; CREATE TABLE extra (id INT); \
         ALTER TABLE users ADD COLUMN age INT; CREATE VIEW old AS SELECT email FROM users WHERE age > 60;",
    );
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(["drift", "--generate", "by_hand", "--dry-run"]).ok();
    assert!(ran.stdout.contains("    ALTER TABLE users ADD COLUMN age INT;\n"), "{ran}");
    assert!(before == sandbox.snapshot(), "a dry run wrote something");
    sandbox.dbmig(["drift", "--dry-run"]).exits(2);

    let ran = sandbox.dbmig(["drift", "--generate", "by_hand"]).ok();
    assert!(ran.stderr.contains("down.sql may lose rows"), "{ran}");
    assert!(ran.stdout.contains("recorded as applied, and not run"), "{ran}");
    sandbox.dbmig(["drift"]).ok().says("no drift");
    sandbox.dbmig(["status"]).ok().says("3 applied, 0 pending");
    sandbox.dbmig(["log"]).ok().says("drift");
    // Its way back works on the real rows, and its way there elsewhere.
    sandbox.dbmig(["revert"]).ok();
    sandbox.dbmig(["drift"]).ok().says("no drift");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["drift"]).ok().says("no drift");
    let rows = sandbox.query("dev.sqlite3", "SELECT email FROM users");
    assert_eq!(rows.len(), 1, "{rows:?}");
}

#[test]
fn drift_that_needs_a_table_built_anew_switches_foreign_keys_off() {
    let sandbox = Sandbox::project();
    let up = "CREATE TABLE p (id INTEGER PRIMARY KEY, n INT); \
              CREATE TABLE c (p INT REFERENCES p (id) ON DELETE CASCADE);";
    sandbox.migration("1_both", up, "DROP TABLE c; DROP TABLE p;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.execute(
        "dev.sqlite3",
        "INSERT INTO p VALUES (1, 1); INSERT INTO c VALUES (1); \
         PRAGMA foreign_keys = off; CREATE TABLE x (id INTEGER PRIMARY KEY, n INT NOT NULL); \
         INSERT INTO x SELECT * FROM p; DROP TABLE p; ALTER TABLE x RENAME TO p;",
    );
    sandbox.dbmig(["drift", "--generate", "not_null"]).ok();
    let files = sandbox.snapshot();
    let of_it =
        |path: &std::path::Path| path.to_string_lossy().ends_with("_not_null/metadata.toml");
    let (_, metadata) = files.iter().find(|(path, _)| of_it(path)).unwrap();
    let metadata = String::from_utf8_lossy(metadata);
    assert!(metadata.contains("foreign_keys = \"off\""), "{metadata}");
    sandbox.dbmig(["redo"]).ok();
    sandbox.dbmig(["drift"]).ok();
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT p FROM c").len(), 1, "rows were lost");
}

#[test]
fn drift_that_no_statement_is_known_for_is_told() {
    let sandbox = Sandbox::project();
    let up = "CREATE VIRTUAL TABLE t USING fts5 (a);";
    sandbox.migration("1_search", up, "DROP TABLE t;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.execute("dev.sqlite3", "DROP TABLE t; CREATE VIRTUAL TABLE t USING fts5 (a, b)");
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(["drift", "--generate", "x"]).exits(5);
    assert!(ran.stderr.contains("t: a virtual table can not be altered"), "{ran}");
    assert!(before == sandbox.snapshot(), "something was written");
}

#[test]
fn drift_asks_before_it_records_in_a_protected_database() {
    let sandbox = two();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.execute("dev.sqlite3", "CREATE TABLE extra (id INT)");
    sandbox.dbmig(["db", "protect"]).ok();
    let before = sandbox.snapshot();
    let ran = sandbox.dbmig(["drift", "--generate", "extra"]).exits(2);
    assert!(
        ran.stderr.contains("cargo dbmig drift --generate extra --confirm dev.sqlite3"),
        "{ran}"
    );
    assert!(before == sandbox.snapshot(), "something was written");
    sandbox.dbmig(["drift", "--generate", "extra", "--confirm", "dev.sqlite3"]).ok();
    sandbox.dbmig(["drift"]).ok();
}

#[test]
fn a_baseline_is_verified() {
    let sandbox = two();
    sandbox
        .execute("dev.sqlite3", "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL)");
    let ran = sandbox.dbmig(["baseline", "--verify"]).exits(5);
    assert!(ran.stdout.contains("- index by_email of users: (email)"), "{ran}");
    assert!(ran.stderr.contains("1 difference from what would be recorded"), "{ran}");
    sandbox.dbmig(["status"]).ok().says("0 applied, 2 pending");
    sandbox.dbmig(["baseline", "--verify", "--at", "1"]).ok();
    sandbox.dbmig(["status"]).ok().says("1 applied, 1 pending");

    let refused = ["resolve", "2", "--applied", "--verify", "--reason", "by hand"];
    sandbox.dbmig(refused).exits(5).says("- index by_email");
    sandbox.execute("dev.sqlite3", "CREATE INDEX by_email ON users (email)");
    sandbox.dbmig(refused).ok();
    let back = ["resolve", "2", "--not-applied", "--verify", "--reason", "by hand"];
    sandbox.dbmig(back).exits(5).says("+ index by_email");
    sandbox.execute("dev.sqlite3", "DROP INDEX by_email");
    sandbox.dbmig(back).ok();
    sandbox.dbmig(["status"]).ok().says("1 applied, 1 pending");
}

#[test]
fn a_difference_to_a_schema_rs() {
    let sandbox = two();
    sandbox.write("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["diff", "--to", "src/schema.rs", "--exit-code"]).ok().says("no difference");
    let text = sandbox.read("src/schema.rs");
    assert!(text.contains("email -> Text"), "{text}");
    sandbox.write(
        "src/schema.rs",
        text.replace("email -> Text", "email -> Nullable<Text>, age -> Integer"),
    );
    let ran = sandbox.dbmig(["diff", "--to", "src/schema.rs", "--exit-code"]).exits(1);
    let expected = "+ column users.age: Integer\n~ column users.email: Text -> Nullable<Text>\n2 differences\n";
    assert_eq!(ran.stdout, expected, "{ran}");
    assert!(ran.stderr.contains("were not compared"), "{ran}");
    let ran = sandbox.dbmig(["diff", "--from", "src/schema.rs", "--to", "env:development"]).ok();
    assert!(ran.stdout.contains("- column users.age: Integer"), "{ran}");
    sandbox.write("src/schema.rs", "table! { users (id) {");
    sandbox
        .dbmig(["diff", "--to", "src/schema.rs"])
        .exits(2)
        .warns("src/schema.rs:1: it does not end");
    sandbox.dbmig(["diff", "--to", "src/nosuch.rs"]).exits(2).warns("could not read");
}

#[test]
fn a_difference_to_a_commit() {
    let sandbox = two();
    sandbox.dbmig(["diff", "--from", "git:main", "--to", "migrations"]).exits(2).warns("git");
    sandbox.write("diesel.toml", "[print_schema]\nfile = \"src/schema.rs\"\n");
    sandbox.write("old.sql", "CREATE TABLE users (id INTEGER PRIMARY KEY);");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.git(["init", "--quiet", "--initial-branch", "main"]).ok();
    sandbox.git(["add", "--all"]).ok();
    sandbox.git(["commit", "--quiet", "--message", "one"]).ok();
    let up = "ALTER TABLE users ADD COLUMN age INTEGER;";
    sandbox.migration("3_age", up, "ALTER TABLE users DROP COLUMN age;");
    std::fs::remove_file(sandbox.path("old.sql")).unwrap();
    sandbox.dbmig(["migrate"]).ok();
    let from = |from: &str, to: &str| sandbox.dbmig(["diff", "--from", from, "--to", to]).ok();
    for commit in ["git:main", "git:HEAD:migrations"] {
        from(commit, "migrations").says("+ column users.age: INTEGER\n1 difference\n");
    }
    from("git:main:old.sql", "git:main").says("+ column users.email: TEXT not null\n");
    from("git:main:src/schema.rs", "src/schema.rs")
        .says("+ column users.age: Nullable<Integer>\n1 diff");
    let refused = |to: &str| sandbox.dbmig(["diff", "--to", to]).exits(2);
    refused("git:nosuch").warns("git does not know `nosuch` here");
    refused("git:main:nosuch.sql").warns("`main` has no file `nosuch.sql`");
    refused("git:main:nosuch").warns("`main` has nothing at `nosuch`");
    refused("git:").warns("say which commit");
}
