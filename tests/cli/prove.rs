//! `prove`: what undoes, what loses, what does not; and what goes into the lock.

use crate::support::Sandbox;

const USERS: (&str, &str) = (
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, age INT);",
    "DROP TABLE users;",
);

/// A set that begins with `users`.
fn with(migrations: &[(&str, &str, &str)]) -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("1_users", USERS.0, USERS.1);
    for (dir, up, down) in migrations {
        sandbox.migration(dir, up, down);
    }
    sandbox
}

#[test]
fn verdicts() {
    for (up, down, verdict, said) in [
        (
            "ALTER TABLE users ADD COLUMN phone VARCHAR(20);",
            "ALTER TABLE users DROP COLUMN phone;",
            "lossless              2_x",
            "",
        ),
        (
            // The down puts the column back at the end.
            "CREATE TABLE kept AS SELECT id, email FROM users; ALTER TABLE users DROP COLUMN email;",
            "ALTER TABLE users ADD COLUMN email TEXT NOT NULL DEFAULT '';\n\
             UPDATE users SET email = (SELECT email FROM kept WHERE kept.id = users.id);\nDROP TABLE kept;",
            "no way back           2_x",
            "note: ~ column users.email: default '' added",
        ),
        (
            "ALTER TABLE users RENAME COLUMN age TO years; CREATE TABLE kept AS SELECT id, years FROM users; \
             ALTER TABLE users DROP COLUMN years;",
            "ALTER TABLE users ADD COLUMN age INT; UPDATE users SET age = \
             (SELECT years FROM kept WHERE kept.id = users.id); DROP TABLE kept;",
            "lossless              2_x",
            "",
        ),
        (
            "ALTER TABLE users DROP COLUMN age;",
            "ALTER TABLE users ADD COLUMN age INT;",
            "schema only           2_x",
            "note: 2_x: the way back loses users.age (users: age=",
        ),
        (
            "DELETE FROM users WHERE age IS NULL;",
            "SELECT 1;",
            "schema only           2_x",
            "the way back loses users (users: age=NULL",
        ),
        // Rows that the migration looks for are there.
        (
            "UPDATE users SET email = 'hello' WHERE email = 'helo' OR age IN (33, 34);",
            "UPDATE users SET email = 'helo' WHERE email = 'hello';",
            "schema only           2_x",
            "the way back loses users.email (users: age=33",
        ),
        (
            "UPDATE users SET email = 'hello' WHERE email = 'helo';",
            "UPDATE users SET email = 'helo' WHERE email = 'hello';",
            "lossless              2_x",
            "",
        ),
        (
            "UPDATE users SET email = 'hello' WHERE email = 'helo';",
            "UPDATE users SET email = 'hallo' WHERE email = 'hello';",
            "schema only           2_x",
            "email='hallo'",
        ),
        (
            "CREATE INDEX by_email ON users (email);",
            "SELECT 1;",
            "no way back           2_x",
            "note: + index by_email of users: (email)",
        ),
        (
            "ALTER TABLE users ADD COLUMN x TEXT; CREATE INDEX by_x ON users (x);",
            "-- back\nALTER TABLE users DROP COLUMN x;",
            "no way back           2_x",
            "error: migrations/2_x/down.sql:2:1: error in index by_x",
        ),
        (
            "CREATE UNIQUE INDEX by_email ON users (email);",
            "DROP INDEX by_email;",
            "lossless              2_x",
            "fails when there are rows: migrations/2_x/up.sql:1:1: UNIQUE constraint failed: users.email",
        ),
        (
            "CREATE TABLE a (n INT NOT NULL); INSERT INTO a SELECT 1 FROM users;",
            "DROP TABLE a; DELETE FROM users WHERE id = 11; \
             CREATE TABLE never AS SELECT 1; DROP TABLE never;",
            "schema only           2_x",
            "the way back loses users",
        ),
    ] {
        let sandbox = with(&[("2_x", up, down)]);
        let refused = verdict.starts_with("no way back");
        let ran = sandbox.dbmig(["prove"]).exits(if refused { 1 } else { 0 });
        assert!(ran.stdout.contains(verdict), "{up}\n{ran}");
        assert!(ran.stderr.contains(said), "{up}\n{ran}");
        assert!(ran.stdout.contains("lossless              1_users"), "{ran}");
        assert!(!sandbox.exists("dev.sqlite3"), "the database of the project is left alone");
    }
}

#[test]
fn what_says_that_there_is_no_way_back_is_not_refused() {
    let sandbox = with(&[]);
    sandbox.write("migrations/2_x/up.sql", "DELETE FROM users;");
    sandbox.write(
        "migrations/2_x/metadata.toml",
        "run_in_transaction = true\n[dbmig]\nirreversible = \"rows are gone\"\n",
    );
    sandbox.dbmig(["prove"]).ok().says("no way back           2_x").says("2 migrations proved");
    sandbox.write("migrations/2_x/metadata.toml", "run_in_transaction = true\n");
    sandbox.dbmig(["prove"]).exits(1).warns("2_x");
}

#[test]
fn the_lock_keeps_verdicts_while_they_hold() {
    let sandbox = with(&[(
        "2_x",
        "ALTER TABLE users DROP COLUMN age;",
        "ALTER TABLE users ADD COLUMN age INT;",
    )]);
    sandbox.dbmig(["prove"]).ok().says("2 migrations proved");
    sandbox.dbmig(["lock"]).ok();
    // Drafts have no place in the lock: nothing of the first proof was kept.
    sandbox.dbmig(["prove", "--dry-run"]).ok().says("2 migrations proved");
    assert!(!sandbox.read("migrations/dbmig.lock").contains("proof="));
    sandbox.dbmig(["prove"]).ok().says("2 migrations proved");
    let lock = sandbox.read("migrations/dbmig.lock");
    assert!(lock.contains("proof=schema-only proof-lost=users.age"), "{lock}");
    assert!(lock.contains("proof-server=sqlite-3"), "{lock}");
    sandbox.dbmig(["check"]).ok();
    sandbox.dbmig(["prove"]).ok().says("nothing to prove");
    sandbox.dbmig(["prove", "--all"]).ok().says("2 migrations proved");
    sandbox.dbmig(["prove", "2"]).ok().says("1 migration proved");
    sandbox.dbmig(["prove", "..1"]).ok().says("1_users").says("1 migration proved");
    sandbox.migration("3_y", "CREATE TABLE y (id INT);", "DROP TABLE y;");
    sandbox.dbmig(["prove"]).ok().says("3_y").says("1 migration proved");
    // Another way back is another proof.
    sandbox.write("migrations/2_x/down.sql", "ALTER TABLE users ADD COLUMN age INTEGER;");
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    assert!(!sandbox.read("migrations/dbmig.lock").contains("proof=schema-only"));
    sandbox
        .dbmig(["prove", "2"])
        .exits(1)
        .warns("~ column users.age: type INT -> INTEGER")
        .warns("migrations/2_x/down.sql:1:1: down.sql does not restore the schema")
        .warns("statement 1 of 1: ALTER TABLE users ADD COLUMN age INTEGER");
    let lock = sandbox.read("migrations/dbmig.lock");
    assert!(
        lock.contains("proof=none proof-reason=\"down.sql does not restore the schema\""),
        "{lock}"
    );
}

#[test]
fn a_set_that_can_not_be_applied_is_told() {
    let sandbox = with(&[("2_x", "SELECT 1;\nSELECT nosuch;", "SELECT 1;")]);
    let ran = sandbox.dbmig(["prove"]).exits(3);
    assert!(ran.stderr.contains("migrations/2_x/up.sql:2:8: no such column: nosuch"), "{ran}");
    assert!(ran.stderr.contains("the set can not be applied to an empty database"), "{ran}");
}

#[test]
fn rows_that_can_not_be_made_are_named() {
    let sandbox = with(&[(
        "2_x",
        "CREATE TABLE odd (a TEXT NOT NULL CHECK (length(a) = 7 AND a GLOB 'x[0-9]y[0-9]z[0-9]w'));",
        "DROP TABLE odd;",
    )]);
    sandbox.migration("3_y", "ALTER TABLE odd ADD COLUMN b INT;", "ALTER TABLE odd DROP COLUMN b;");
    let ran = sandbox.dbmig(["prove", "3", "--format", "json"]).ok();
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let proved = &value["proved"][0];
    assert_eq!(proved["verdict"], "lossless");
    assert_eq!(proved["no_rows"][0]["table"], "odd");
    assert!(proved["no_rows"][0]["why"].as_str().unwrap().contains("CHECK"), "{proved}");
    // People are told as well.
    sandbox.dbmig(["prove", "3"]).ok().warns("no rows for odd: CHECK");
}

#[test]
fn circles_of_keys_that_are_never_null_get_rows() {
    let sandbox = Sandbox::project();
    sandbox.migration(
        "1_circle",
        "CREATE TABLE modules (id INTEGER PRIMARY KEY, latest INTEGER NOT NULL REFERENCES releases (id), note TEXT);\n\
         CREATE TABLE releases (id INTEGER PRIMARY KEY, module INTEGER NOT NULL REFERENCES modules (id));",
        "DROP TABLE releases; DROP TABLE modules;",
    );
    // Fails where a row points to none.
    sandbox.migration(
        "2_consistent",
        "CREATE TABLE orphans (n INT CHECK (n = 0)); \
         INSERT INTO orphans SELECT count(*) FROM pragma_foreign_key_check;",
        "DROP TABLE orphans;",
    );
    sandbox.migration(
        "3_note",
        "ALTER TABLE modules DROP COLUMN note;",
        "ALTER TABLE modules ADD COLUMN note TEXT;",
    );
    let ran = sandbox.dbmig(["prove"]).ok().silent_about("no rows").silent_about("there are rows");
    assert!(ran.stdout.contains("schema only           3_note"), "{ran}");
    assert!(ran.stderr.contains("the way back loses modules.note"), "{ran}");
}

#[test]
fn a_parent_that_is_dropped_takes_its_children_along() {
    let rebuild = "CREATE TABLE users_new (id INTEGER PRIMARY KEY, email TEXT NOT NULL, age INT, role INT);\n\
                   INSERT INTO users_new (id, email, age) SELECT id, email, age FROM users;\n\
                   DROP TABLE IF EXISTS \"users\";\nALTER TABLE users_new RENAME TO users;";
    let sandbox = with(&[
        (
            "2_posts",
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, author INT REFERENCES users (id) ON DELETE CASCADE);\n\
             CREATE TABLE likes (id INTEGER PRIMARY KEY, post INT REFERENCES posts (id) ON DELETE CASCADE);",
            "DROP TABLE likes; DROP TABLE posts;",
        ),
        ("3_role", rebuild, "ALTER TABLE users DROP COLUMN role;"),
    ]);
    // So does `migrate`: it runs with foreign keys on, whatever SQLite was built with.
    let ran = sandbox.dbmig(["prove", "3"]).ok();
    assert!(ran.stderr.contains("the way back loses likes, posts"), "{ran}");
    let said = "warning: 3_role/up.sql: DROP TABLE users takes along what refers to it: likes, posts\n\
                help: write `foreign_keys = \"off\"` below `[dbmig]` in its metadata.toml";
    assert!(ran.stderr.contains(said), "{ran}");
    sandbox.write(
        "migrations/3_role/metadata.toml",
        "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n",
    );
    sandbox
        .dbmig(["prove", "3"])
        .ok()
        .says("lossless              3_role")
        .silent_about("takes along");
}
