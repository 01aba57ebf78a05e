//! `dev`: check, apply, `schema.rs`, seeds; never a reset, and never where something is protected.

use crate::support::Sandbox;

fn project() -> Sandbox {
    let sandbox = Sandbox::project();
    let toml = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", toml.replacen('\n', "\nschema = \"src/schema.rs\"\n", 1));
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);",
        "DROP TABLE users;",
    );
    sandbox.write("seeds/dev/001_users.sql", "INSERT INTO users (name) VALUES ('dev');");
    sandbox
}

#[test]
fn everything_in_one_go_and_nothing_the_second_time() {
    let sandbox = project();
    let ran = sandbox.dbmig(["dev"]).ok();
    let _ = ran
        .says("checked  1 migration")
        .says("Creating database: dev.sqlite3")
        .says("applied  1_users")
        .says("dev.sqlite3 (development): 1 migration applied")
        .says("src/schema.rs: written")
        .says("seeded  dev/001_users.sql");
    assert!(sandbox.read("src/schema.rs").contains("name -> Text"));
    let before = sandbox.snapshot();
    let again =
        sandbox.dbmig(["dev"]).ok().says("nothing to apply").says("0 seeds run, 1 unchanged");
    let _ = again.silent_about("schema.rs");
    assert!(before == sandbox.snapshot());
    sandbox.migration(
        "2_posts",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);",
        "DROP TABLE posts;",
    );
    let json = sandbox.dbmig(["dev", "--format", "json"]).ok().json();
    assert_eq!(json["command"], "dev");
    assert_eq!(json["migrate"]["applied"][0]["name"], "2_posts");
    assert_eq!(json["schema_rs"][0], "src/schema.rs");
    assert_eq!(json["seed"]["unchanged"], 1);
}

#[test]
fn parts_can_be_left_out() {
    let sandbox = project();
    sandbox
        .dbmig(["dev", "--no-schema", "--no-seed"])
        .ok()
        .silent_about("seed")
        .says("applied  1_users");
    assert!(!sandbox.exists("src/schema.rs"));
    let empty = Sandbox::project();
    empty.dbmig(["dev"]).ok().warns("no migration to create the database for");
    assert!(!empty.exists("dev.sqlite3"));
}

#[test]
fn what_is_not_in_order_stops_it_before_anything_is_run() {
    let sandbox = project();
    sandbox.write("migrations/1_users/up.sql", "CREATE TABLE users (id INTEGER);\nCOMMIT;\n");
    let ran = sandbox.dbmig(["dev"]).exits(1);
    let _ = ran
        .warns_or_says("transaction-control")
        .warns_or_says("migrations/1_users/up.sql:2:1")
        .warns("nothing was run")
        .warns("help: mend it, then `cargo dbmig dev`");
    assert!(!sandbox.exists("dev.sqlite3"));
    // A statement that fails stops it as well: neither schema.rs nor seeds follow.
    sandbox.write(
        "migrations/1_users/up.sql",
        "CREATE TABLE users (id INTEGER);\nINSERT INTO nosuch VALUES (1);\n",
    );
    sandbox.dbmig(["dev"]).exits(3).warns("up.sql:2:1: no such table").warns("`cargo dbmig dev`");
    assert!(!sandbox.exists("src/schema.rs"));
}

#[test]
fn a_schema_that_was_edited_is_left_as_it_is() {
    let sandbox = project();
    sandbox.dbmig(["dev"]).ok();
    let edited = sandbox.read("src/schema.rs").replace("name -> Text", "nick -> Text");
    sandbox.write("src/schema.rs", &edited);
    for _ in 0..2 {
        let ran = sandbox.dbmig(["dev"]).exits(1);
        let _ = ran
            .warns(
                "warning: `src/schema.rs` says something else than the database, and did so before",
            )
            .warns("`cargo dbmig schema rs`");
        assert_eq!(sandbox.read("src/schema.rs"), edited);
        // Also where something is applied.
        sandbox.migration(
            "2_posts",
            "CREATE TABLE posts (id INTEGER PRIMARY KEY);",
            "DROP TABLE posts;",
        );
    }
    // What was written by hand as the migration is going to make it is no difference.
    sandbox.dbmig(["schema", "rs"]).ok();
    let tags = |sandbox: &Sandbox| {
        sandbox.migration(
            "3_tags",
            "CREATE TABLE tags (id INTEGER PRIMARY KEY);",
            "DROP TABLE tags;",
        );
    };
    let other = project();
    other.migration("2_posts", "CREATE TABLE posts (id INTEGER PRIMARY KEY);", "DROP TABLE posts;");
    tags(&other);
    other.dbmig(["dev"]).ok();
    sandbox.write("src/schema.rs", other.read("src/schema.rs"));
    tags(&sandbox);
    sandbox.dbmig(["dev"]).ok().says("applied  3_tags").silent_about("schema.rs: written");
}

#[test]
fn a_draft_that_was_edited_is_not_reverted_by_the_way() {
    let sandbox = project();
    sandbox.dbmig(["dev"]).ok();
    sandbox.migration(
        "1_users",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, a INT);",
        "DROP TABLE users;",
    );
    sandbox.dbmig(["dev"]).ok().warns("cargo dbmig redo --through 1");
    sandbox.migration(
        "2_posts",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);",
        "DROP TABLE posts;",
    );
    sandbox.dbmig(["dev"]).exits(4).warns("cargo dbmig redo --through 1");
    assert_eq!(sandbox.query("dev.sqlite3", "SELECT name FROM users"), ["dev"]);
}

#[test]
fn what_is_protected_is_not_for_dev() {
    let sandbox = project();
    let ran = sandbox.dbmig(["dev", "--env", "production"]).exits(2);
    let _ = ran
        .warns("`dev` is for development, and environment `production` is protected")
        .warns("help: apply what is pending: `cargo dbmig migrate --env production`");
    assert!(!sandbox.exists("prod.sqlite3"));
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["db", "protect"]).ok();
    sandbox.migration(
        "2_posts",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);",
        "DROP TABLE posts;",
    );
    let ran = sandbox.dbmig(["dev"]).exits(2);
    let _ = ran.warns("`dev` is for development").warns("it is stamped").warns("nothing was run");
    assert_eq!(sandbox.tables("dev.sqlite3").iter().filter(|name| *name == "posts").count(), 0);
}

#[test]
fn what_is_skipped_keeps_no_seed_from_being_run() {
    let sandbox = project();
    sandbox.migration(
        "2_posts",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);",
        "DROP TABLE posts;",
    );
    sandbox.write(
        "migrations/2_posts/metadata.toml",
        "run_in_transaction = true\n\n[[dbmig.precondition]]\nquery = \"SELECT 1 WHERE 0\"\non_fail = \"skip\"\n",
    );
    let ran = sandbox.dbmig(["dev"]).ok();
    let _ = ran.says("1 migration applied, 1 skipped").says("seeded  dev/001_users.sql");
    sandbox.dbmig(["db", "wait", "--migrated"]).ok().says("nothing is pending");
}
