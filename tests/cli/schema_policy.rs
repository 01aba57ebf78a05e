//! `[policy] schema_rs`: `schema.rs` is held to the lock.

use crate::support::Sandbox;

const UP: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY NOT NULL);";

fn denied() -> Sandbox {
    let sandbox = Sandbox::project();
    let config = sandbox.read("dbmig.toml");
    sandbox.write(
        "dbmig.toml",
        format!("schema = \"src/schema.rs\"\n{config}\n[policy]\nschema_rs = \"deny\"\n"),
    );
    sandbox.migration("1_a", UP, "DROP TABLE a;");
    sandbox.dbmig(["migrate"]).ok().says("src/schema.rs: written");
    sandbox
}

#[test]
fn it_is_locked_with_the_migrations_and_by_nothing_else() {
    let sandbox = denied();
    let before = sandbox.read("migrations/dbmig.lock");
    sandbox.dbmig(["lock", "--check"]).exits(1);
    sandbox.dbmig(["lock"]).ok().says("locked  src/schema.rs").says("1 schema file");
    assert!(
        !before.contains("schema ")
            && sandbox
                .read("migrations/dbmig.lock")
                .contains("schema ../src/schema.rs digest=sha256:")
    );
    sandbox.dbmig(["check"]).ok();
    // A draft that is applied changes the file: a warning beside the error that it is a draft.
    sandbox.migration("2_b", "CREATE TABLE b (id INTEGER PRIMARY KEY NOT NULL);", "DROP TABLE b;");
    let lock = sandbox.read("migrations/dbmig.lock");
    sandbox.dbmig(["migrate"]).ok();
    assert_eq!(sandbox.read("migrations/dbmig.lock"), lock);
    sandbox.dbmig(["check"]).exits(1).warns("warning[schema-rs-changed]").warns("error[draft]");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok();
    sandbox.dbmig(["revert"]).ok();
    sandbox.dbmig(["check"]).exits(1).warns(
        "error[schema-rs-changed]: `schema.rs` is not what was locked\n  --> src/schema.rs\n   \
         = help: write what the database holds: `cargo dbmig schema rs`\n   \
         = help: if it is right as it is: `cargo dbmig lock`",
    );
    // It is the application's: no run is stopped by it.
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["check"]).ok();
    sandbox.dbmig(["database", "setup", "--env", "production"]).ok();
}

#[test]
fn an_edit_by_hand_is_told_and_a_new_layout_is_none() {
    let sandbox = denied();
    sandbox.dbmig(["lock"]).ok();
    let text = sandbox.read("src/schema.rs");
    sandbox.write("src/schema.rs", format!("// mine\n{}", text.replace("    ", "\t")));
    sandbox.dbmig(["check"]).ok();
    sandbox.write("src/schema.rs", text.replace("Integer", "BigInt"));
    sandbox.dbmig(["check"]).exits(1).warns("[schema-rs-changed]");
    sandbox.dbmig(["schema", "rs"]).ok().silent_about("lock");
    sandbox.dbmig(["check"]).ok();
    std::fs::remove_file(sandbox.path("src/schema.rs")).unwrap();
    sandbox.dbmig(["check"]).exits(1).warns("`schema.rs` is locked, and the file is gone");
    sandbox.dbmig(["schema", "rs"]).ok();
    // Another file.
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", config.replace("src/schema.rs", "src/db.rs"));
    sandbox.dbmig(["schema", "rs"]).ok().warns("wants it locked: `cargo dbmig lock`");
    sandbox
        .dbmig(["check"])
        .exits(1)
        .warns("`schema.rs` is not locked\n  --> src/db.rs")
        .warns("`src/schema.rs` is locked, and no configuration names it");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok();
    sandbox.write("dbmig.toml", config.replace("\"deny\"", "\"off\""));
    sandbox.dbmig(["check"]).ok().silent_about("schema-rs");
    sandbox.dbmig(["lock"]).ok();
    assert!(!sandbox.read("migrations/dbmig.lock").contains("schema"));
}

#[test]
fn a_proof_compares_it_with_what_the_migrations_make() {
    let sandbox = denied();
    // A draft is open.
    sandbox.write("src/schema.rs", "table! { by_hand }");
    sandbox.dbmig(["prove"]).ok().silent_about("schema.rs");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok();
    let before = sandbox.read("migrations/dbmig.lock");
    sandbox
        .dbmig(["prove"])
        .exits(1)
        .says("lossless              1_a")
        .says("-table! { by_hand }")
        .warns("error: `src/schema.rs` is not what the migrations make")
        .warns("`cargo dbmig schema rs`");
    let schema =
        |lock: &str| lock.lines().find(|line| line.starts_with("schema ")).map(str::to_owned);
    let lock = sandbox.read("migrations/dbmig.lock");
    assert_eq!(schema(&lock), schema(&before));
    assert!(lock.contains("proof=lossless"), "{lock}");
    sandbox.dbmig(["schema", "rs"]).ok();
    sandbox.dbmig(["check"]).exits(1).warns("[schema-rs-changed]");
    sandbox.dbmig(["prove", "--dry-run"]).ok();
    assert_eq!(sandbox.read("migrations/dbmig.lock"), lock);
    sandbox.dbmig(["prove"]).ok().says("as the migrations make it  src/schema.rs");
    sandbox.dbmig(["check"]).ok();
    // A warning does not stop anybody.
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", config.replace("\"deny\"", "\"warn\""));
    sandbox.write("src/schema.rs", "table! { by_hand }");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["prove"]).ok().warns("warning: `src/schema.rs` is not what the migrations make");
}

#[test]
fn a_lock_that_init_writes_holds_it() {
    let sandbox = denied();
    std::fs::remove_file(sandbox.path("migrations/dbmig.lock")).unwrap();
    sandbox.dbmig(["init"]).ok();
    assert!(sandbox.read("migrations/dbmig.lock").contains("schema ../src/schema.rs digest="));
    sandbox.dbmig(["check"]).ok();
}

#[test]
fn every_database_has_its_own() {
    let sandbox = Sandbox::project();
    sandbox.write(
        "dbmig.toml",
        "[databases.app]\ndialect = \"sqlite\"\nmigrations = \"app\"\nschema = \"src/app.rs\"\n\
         [databases.logs]\ndialect = \"sqlite\"\nmigrations = \"logs\"\n\
         [policy]\nschema_rs = \"deny\"\n",
    );
    for set in ["app", "logs"] {
        sandbox.write(&format!("{set}/1_a/up.sql"), UP);
        sandbox.write(&format!("{set}/1_a/down.sql"), "DROP TABLE a;");
        sandbox.write(&format!("{set}/1_a/metadata.toml"), "run_in_transaction = true\n");
    }
    sandbox.write("src/app.rs", "table! {}");
    for set in ["app", "logs"] {
        sandbox.dbmig(["lock", "--database", set]).ok();
    }
    assert!(sandbox.read("app/dbmig.lock").contains("schema ../src/app.rs"));
    assert!(!sandbox.read("logs/dbmig.lock").contains("schema ../"));
    sandbox.dbmig(["check"]).ok();
    sandbox.write("src/app.rs", "table! { a }");
    sandbox.dbmig(["check"]).exits(1).warns("`cargo dbmig lock --database app`");
}

#[test]
fn what_both_sides_changed_is_locked_anew() {
    let sandbox = denied();
    sandbox.dbmig(["lock"]).ok();
    let ours = sandbox.read("migrations/dbmig.lock");
    sandbox.write("src/schema.rs", "table! { theirs }");
    sandbox.dbmig(["lock"]).ok();
    let theirs = sandbox.read("migrations/dbmig.lock");
    let conflict = format!("<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n");
    sandbox.write("migrations/dbmig.lock", conflict);
    sandbox.dbmig(["lock", "--resolve"]).ok().warns("both sides changed `../src/schema.rs`");
    sandbox.dbmig(["check"]).exits(1).warns("`schema.rs` is not locked");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok();
}
