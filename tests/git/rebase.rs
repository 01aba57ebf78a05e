//! `rebase`: RELIABILITY T22 as far as git goes, and databases that ran the old version.

use crate::support::Sandbox;
use crate::{add, codes, commit, lock, repository};

const BASE: &str = "\n[policy]\nbase = \"main\"\n";

/// On `main` and on `ours` a migration was locked; the working tree is `ours`.
fn diverged(theirs: &str, ours: &str) -> Sandbox {
    let sandbox = repository();
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", config + BASE);
    commit(&sandbox, "policy");
    let _ = sandbox.git(["checkout", "-q", "-b", "ours"]).ok();
    add(&sandbox, ours);
    commit(&sandbox, "ours");
    let _ = sandbox.git(["checkout", "-q", "main"]).ok();
    add(&sandbox, theirs);
    commit(&sandbox, "theirs");
    let _ = sandbox.git(["checkout", "-q", "ours"]).ok();
    sandbox
}

/// The directories, sorted.
fn directories(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(sandbox.path("migrations"))
        .expect("the migrations")
        .map(|entry| entry.expect("an entry of the migrations"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("a UTF-8 name"))
        .collect();
    names.sort();
    names
}

fn versions(sandbox: &Sandbox) -> Vec<String> {
    sandbox.query("dev.sqlite3", "SELECT version FROM __diesel_schema_migrations ORDER BY version")
}

#[test]
fn in_the_middle_of_a_merge_and_of_a_rebase() {
    for (theirs, ours) in [
        ("2024-02-02-000000_theirs", "2024-02-01-000000_ours"),
        ("2024-02-01-000000_theirs", "2024-02-01-000000_ours"),
        ("2024-02-01-000000_a", "2024-02-01-000000_ours"),
    ] {
        for how in ["merge", "rebase"] {
            let sandbox = diverged(theirs, ours);
            let ran = sandbox.git([how, "main"]);
            assert_ne!(ran.code, Some(0), "{ran}");
            assert!(sandbox.read("migrations/dbmig.lock").contains("<<<<<<<"), "{how}");
            let before = sandbox.snapshot();
            let _ = sandbox.dbmig(["rebase", "--dry-run"]).ok().says("would rename 2024-02-01");
            assert!(before == sandbox.snapshot(), "a dry run wrote");
            let _ = sandbox.dbmig(["rebase"]).ok().says("renamed 2024-02-01-000000_ours → 2");
            assert_eq!(codes(&sandbox), ["draft"], "{how} {theirs}");
            lock(&sandbox, &[]);
            assert_eq!(codes(&sandbox), [""; 0]);
            let names = directories(&sandbox);
            assert_eq!(names.len(), 4);
            assert!(names[2] == theirs && names[3].ends_with("_ours"), "{names:?}");
            let _ = sandbox.git(["add", "-A"]).ok();
            let _ = match how {
                "merge" => sandbox.git(["commit", "-q", "--no-edit"]).ok(),
                _ => sandbox.git(["-c", "core.editor=true", "rebase", "--continue"]).ok(),
            };
            let _ = sandbox.dbmig(["check", "--against", "main"]).ok();
            let _ = sandbox.dbmig(["rebase"]).ok().says("nothing that only this branch has");
        }
    }
}

#[test]
fn without_a_base_the_other_side_of_the_merge_is_asked() {
    let sandbox = diverged("2024-02-01-000000_theirs", "2024-02-01-000000_ours");
    let config = sandbox.read("dbmig.toml").replace(BASE, "");
    sandbox.write("dbmig.toml", config);
    commit(&sandbox, "no policy");
    assert_ne!(sandbox.git(["merge", "main"]).code, Some(0));
    let _ = sandbox.dbmig(["rebase"]).ok().says("renamed 2024-02-01-000000_ours → ");
    assert_eq!(codes(&sandbox), ["draft"]);
}

#[test]
fn on_main_the_branch_that_comes_in_gets_the_new_versions() {
    let sandbox = diverged("2024-02-01-000000_theirs", "2024-02-02-000000_ours");
    let config = sandbox.read("dbmig.toml").replace(BASE, "");
    for branch in ["ours", "main"] {
        let _ = sandbox.git(["checkout", "-q", branch]).ok();
        sandbox.write("dbmig.toml", &config);
        commit(&sandbox, "no policy");
    }
    add(&sandbox, "2024-02-03-000000_newest");
    commit(&sandbox, "newest");
    assert_ne!(sandbox.git(["merge", "ours"]).code, Some(0));
    let _ = sandbox.dbmig(["rebase"]).ok().says("renamed 2024-02-02-000000_ours → ");
    let names = directories(&sandbox);
    assert_eq!(names[2..4], ["2024-02-01-000000_theirs", "2024-02-03-000000_newest"]);
}

#[test]
fn a_lock_that_can_not_be_read_is_not_taken_for_none() {
    let sandbox = repository();
    for damaged in [&b"\xff\xfe\n"[..], b"", b"dbmig-lock 9\n"] {
        sandbox.write("migrations/dbmig.lock", damaged);
        let before = sandbox.snapshot();
        let _ = sandbox.dbmig(["rebase"]).exits(2).warns("migrations/dbmig.lock:1:1: ");
        assert!(before == sandbox.snapshot());
    }
}

#[test]
fn before_the_merge_and_in_order() {
    let sandbox = diverged("2024-02-02-000000_theirs", "2024-02-01-000000_ours");
    add(&sandbox, "2024-02-03-000000_more");
    commit(&sandbox, "more");
    let _ = sandbox.dbmig(["rebase"]).ok();
    let names = directories(&sandbox);
    assert!(names[2].ends_with("_ours") && names[3].ends_with("_more"), "{names:?}");
    assert!(names[2].as_str() > "2024-02-02-000000_theirs");
    lock(&sandbox, &[]);
    commit(&sandbox, "rebased");
    let ran = sandbox.git(["merge", "-q", "--no-edit", "main"]);
    assert_ne!(ran.code, Some(0), "the header conflicts");
    let _ = sandbox.dbmig(["lock", "--resolve"]).ok();
    assert_eq!(codes(&sandbox), [""; 0]);
}

#[test]
fn a_development_database_follows() {
    let sandbox = diverged("2024-02-02-000000_theirs", "2024-02-01-000000_ours");
    let _ = sandbox.dbmig(["migrate"]).ok();
    let before = versions(&sandbox);
    let _ = sandbox.dbmig(["rebase", "--dry-run"]).ok().says("would re-point 20240201000000 → 2");
    assert_eq!(versions(&sandbox), before);
    let ran = sandbox.dbmig(["rebase", "--format", "json"]).ok();
    assert_eq!(ran.json()["repointed"][0]["from"], "20240201000000", "{ran}");
    let after = versions(&sandbox);
    assert_eq!((after.len(), &after[..2]), (3, &before[..2]));
    assert_ne!(after[2], before[2]);
    lock(&sandbox, &[]);
    commit(&sandbox, "rebased");
    assert_ne!(sandbox.git(["merge", "-q", "--no-edit", "main"]).code, Some(0));
    let _ = sandbox.dbmig(["lock", "--resolve"]).ok();
    assert_eq!(codes(&sandbox), [""; 0]);
    // Only theirs is pending: ours is known under its new version, with its digests and its way back.
    let _ = sandbox.dbmig(["migrate"]).ok().says("theirs").silent_about("_ours");
    let _ = sandbox.dbmig(["revert", "--all"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), [""; 0]);
}

#[test]
fn other_databases_are_left_alone() {
    let sandbox = diverged("2024-02-02-000000_theirs", "2024-02-01-000000_ours");
    let _ = sandbox.dbmig(["migrate"]).ok();
    let before = versions(&sandbox);
    let production = ["--env", "production"];
    let url = ["--database-url", "dev.sqlite3"];
    let protected = ["rebase", "--repoint"].into_iter().chain(production).chain(url);
    let _ = sandbox.dbmig(protected).exits(2).warns("is protected");
    for args in [&["--env", "production"][..], &["--database-url", "dev.sqlite3"]] {
        let all = ["rebase", "--dry-run"].iter().chain(args).copied();
        let _ = sandbox.dbmig(all).ok().silent_about("re-point");
    }
    let asked = ["rebase", "--dry-run", "--repoint"].into_iter().chain(url);
    let _ = sandbox.dbmig(asked).ok().says("would re-point");
    assert_eq!(versions(&sandbox), before);
    let missing = ["rebase", "--repoint", "--database-url", "missing.sqlite3"];
    let _ = sandbox.dbmig(missing).exits(3).warns("does not exist");
    assert!(!sandbox.exists("missing.sqlite3"));
    assert!(directories(&sandbox).contains(&"2024-02-01-000000_ours".to_owned()));
}

#[test]
fn what_fails_takes_everything_back() {
    let sandbox = diverged("2024-02-02-000000_theirs", "2024-02-01-000000_ours");
    let _ = sandbox.dbmig(["migrate"]).ok();
    // The database refuses the new version.
    let trigger = "CREATE TRIGGER no BEFORE UPDATE ON __diesel_schema_migrations \
                   BEGIN SELECT RAISE(ABORT, 'not today'); END";
    let _ = sandbox.query("dev.sqlite3", trigger);
    let (files, before) = (directories(&sandbox), versions(&sandbox));
    let lock = sandbox.read("migrations/dbmig.lock");
    let _ = sandbox.dbmig(["rebase"]).exits(3).warns("not today");
    assert_eq!((directories(&sandbox), versions(&sandbox)), (files, before));
    assert_eq!(sandbox.read("migrations/dbmig.lock"), lock);
}

#[test]
fn another_text_does_not_follow() {
    let sandbox = diverged("2024-02-02-000000_theirs", "2024-02-01-000000_ours");
    let _ = sandbox.dbmig(["migrate"]).ok();
    let before = versions(&sandbox);
    sandbox.write("migrations/2024-02-01-000000_ours/up.sql", "CREATE TABLE other (a INT);\n");
    let ran = sandbox.dbmig(["rebase"]).ok();
    let _ = ran.warns("was applied with another text").warns("cargo dbmig revert --missing");
    assert_eq!(versions(&sandbox), before);
}
