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
