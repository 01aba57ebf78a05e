//! `lock`.

use crate::support::Sandbox;

fn locked() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("1_a", "CREATE TABLE a (id INT);", "DROP TABLE a;");
    sandbox.dbmig(["lock"]).ok().says("locked  1_a").says("1 final migration");
    sandbox
}

#[test]
fn nothing_to_lock_writes_nothing() {
    let sandbox = locked();
    let before = sandbox.snapshot();
    sandbox.dbmig(["lock"]).ok().says("nothing to lock");
    assert!(before == sandbox.snapshot());
}

#[test]
fn a_dry_run_shows_the_difference() {
    let sandbox = locked();
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    let before = sandbox.snapshot();
    sandbox.dbmig(["lock", "--dry-run"]).ok().says("+migration 2 dir=2_b");
    assert!(before == sandbox.snapshot());
}

#[test]
fn what_was_edited_is_accepted_by_name_only() {
    let sandbox = locked();
    sandbox.write("migrations/1_a/up.sql", "CREATE TABLE b (id INT);");
    sandbox.dbmig(["lock"]).exits(1).warns("error[modified]").warns("cargo dbmig lock --relock 1");
    sandbox.dbmig(["check"]).exits(1);
    sandbox.dbmig(["lock", "--relock", "1"]).ok();
    sandbox.dbmig(["check"]).ok();
    std::fs::remove_dir_all(sandbox.path("migrations/1_a")).unwrap();
    sandbox.dbmig(["check"]).exits(1).warns("error[removed]");
    sandbox.dbmig(["lock"]).exits(1);
    sandbox.dbmig(["lock", "--relock", "1"]).ok().says("0 final migrations");
    sandbox.dbmig(["lock", "--relock", "9"]).exits(2);
}

#[test]
fn a_renamed_one_is_accepted_by_name() {
    let sandbox = locked();
    std::fs::rename(sandbox.path("migrations/1_a"), sandbox.path("migrations/1_renamed")).unwrap();
    sandbox.dbmig(["check"]).ok().warns("warning[renamed]");
    sandbox.dbmig(["lock", "--relock", "1"]).ok();
    sandbox.dbmig(["check"]).ok().silent_about("renamed");
}

#[test]
fn drafts_must_be_in_order_to_be_locked() {
    let sandbox = locked();
    sandbox.migration("2_b", "-- later\n", "");
    sandbox.dbmig(["lock"]).exits(1).warns("error[empty-up]").warns("error[missing-down]");
    assert!(!sandbox.read("migrations/dbmig.lock").contains("2_b"));
}

#[test]
fn check_compares_and_writes_nothing() {
    let sandbox = locked();
    sandbox.dbmig(["lock", "--check"]).ok().says("nothing to lock");
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    let before = sandbox.snapshot();
    sandbox.dbmig(["lock", "--check"]).exits(1).says("+migration 2 dir=2_b");
    assert!(before == sandbox.snapshot());
}

#[test]
fn what_could_not_be_written_is_not_called_locked() {
    let sandbox = locked();
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    sandbox.dbmig(["lock", "--dry-run"]).ok().silent_about("locked  2_b");
    let ran = sandbox.dbmig(["lock"]).ok();
    assert!(ran.stdout.find("locked  2_b") < ran.stdout.find("2 final migrations"), "{ran}");
}

#[test]
fn paths_in_proposed_commands_are_quoted() {
    let sandbox = locked();
    sandbox.write("$(x)/1_a/up.sql", "CREATE TABLE a (id INT);");
    sandbox.write("$(x)/1_a/down.sql", "DROP TABLE a;");
    sandbox.write("$(x)/1_a/metadata.toml", "run_in_transaction = true\n");
    let args = ["lock", "--migrations-dir", "$(x)"];
    sandbox.dbmig(args).ok().warns("`git add '$(x)/dbmig.lock'`");
    sandbox.write("$(x)/dbmig.lock", "migration 1\n");
    let resolve = args.into_iter().chain(["--resolve"]);
    sandbox.dbmig(resolve).exits(2).warns("`git checkout HEAD -- '$(x)/dbmig.lock'`");
}

#[test]
fn a_late_one_is_shown_as_every_finding_is() {
    let sandbox = locked();
    sandbox.migration("3_c", "CREATE TABLE c (id INT);", "DROP TABLE c;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.migration("2_b", "CREATE TABLE b (id INT);", "DROP TABLE b;");
    let ran = sandbox.dbmig(["lock"]).ok().warns("\n  --> migrations/2_b");
    assert!(ran.stderr.starts_with("warning[late-draft]: "), "{ran}");
}

#[test]
fn a_relock_keeps_the_reason_for_being_late() {
    let sandbox = Sandbox::project();
    sandbox.migration("3_c", "ALTER TABLE users ADD COLUMN c TEXT;", "SELECT 1;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.migration("2_b", "DROP TABLE users;", "SELECT 1;");
    sandbox.dbmig(["lock", "--late-ok", "we know"]).ok();
    sandbox.write("migrations/2_b/up.sql", "DROP TABLE users; SELECT 1;");
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    assert!(sandbox.read("migrations/dbmig.lock").contains("late=\"we know\""));
}

#[test]
fn repeatables_and_reference_seeds_are_locked_and_may_change() {
    let sandbox = locked();
    sandbox.write("migrations/R__views.sql", "CREATE VIEW v AS SELECT 1;\n");
    sandbox.write("seeds/reference/001_a.csv", "id\n1\n");
    sandbox.write("seeds/dev/001_b.sql", "SELECT 1;\n");
    let check = || sandbox.dbmig(["check"]);
    check().exits(1).warns("error[repeatable-changed]: repeatable `R__views.sql` is not locked");
    check().exits(1).warns("error[seed-changed]").warns("\n  --> seeds/reference/001_a.csv");
    sandbox
        .dbmig(["lock"])
        .ok()
        .says("locked  R__views.sql")
        .says("locked  reference/001_a.csv")
        .says("1 final migration, 1 repeatable, 1 reference seed");
    check().ok();
    let lock = sandbox.read("migrations/dbmig.lock");
    assert!(lock.contains("\nrepeatable R__views.sql digest=sha256:"), "{lock}");
    assert!(lock.contains("\nseed reference/001_a.csv digest=sha256:"), "{lock}");
    assert!(!lock.contains("001_b"), "{lock}");

    sandbox.write("migrations/R__views.sql", "CREATE VIEW v AS SELECT 2;\n");
    std::fs::remove_file(sandbox.path("seeds/reference/001_a.csv")).unwrap();
    check().exits(1).warns("was edited after it was locked").warns("the file is gone");
    sandbox.dbmig(["migrate", "--env", "production"]).exits(1).warns("repeatable-changed");
    sandbox.dbmig(["migrate"]).ok().silent_about("repeatable-changed");
    sandbox.dbmig(["lock"]).ok().says("1 final migration, 1 repeatable\n");
    check().ok();
}

#[test]
fn the_format_is_raised_by_request_only() {
    let sandbox = locked();
    let before = sandbox.snapshot();
    sandbox.dbmig(["lock", "--upgrade"]).ok().says("already the newest format (1)");
    assert!(before == sandbox.snapshot());
    let newer = sandbox.read("migrations/dbmig.lock").replace("dbmig-lock 1", "dbmig-lock 2");
    sandbox.write("migrations/dbmig.lock", &newer);
    for args in [&["lock", "--upgrade"][..], &["lock", "--resolve"]] {
        let ran = sandbox.dbmig(args.iter().copied()).exits(2);
        ran.warns("dbmig.lock:2:1: the lock file has format 2").warns("update cargo-dbmig");
    }
    sandbox.dbmig(["check"]).exits(1).warns("error[lock-unsupported]");
    assert_eq!(sandbox.read("migrations/dbmig.lock"), newer);
    std::fs::remove_file(sandbox.path("migrations/dbmig.lock")).unwrap();
    sandbox.dbmig(["lock", "--upgrade"]).exits(2).warns("there is no lock file");
}
