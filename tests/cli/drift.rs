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
    let ran = sandbox.dbmig(["schema", "erd", "--as", "dot"]).ok();
    assert!(ran.stdout.starts_with("digraph schema {\n"), "{ran}");
    assert!(ran.stdout.contains("    \"posts\" -> \"users\" [label=\"author\"];\n"), "{ran}");
    sandbox.dbmig(["schema", "erd", "--exclude", "users"]).ok().silent_about("--o{");
}
