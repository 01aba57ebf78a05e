//! `check --against`: what is on the base branch stays as it is.

use crate::support::Sandbox;

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY);";

/// A repository with one locked migration on `main`, and a branch `feature` checked out.
fn repository() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration("2_users", USERS, "DROP TABLE users;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.git(["init", "-q"]).ok();
    commit(&sandbox, "users");
    sandbox.git(["checkout", "-qb", "feature"]).ok();
    sandbox
}

fn commit(sandbox: &Sandbox, message: &str) {
    sandbox.git(["add", "-A"]).ok();
    sandbox.git(["commit", "-qm", message]).ok();
}

#[test]
fn what_is_on_the_base_may_not_change() {
    let sandbox = repository();
    sandbox.dbmig(["check", "--against", "main"]).ok();
    // Also when the lock was made to agree.
    sandbox.write("migrations/2_users/up.sql", "CREATE TABLE people (id INT);");
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    sandbox.dbmig(["check"]).ok();
    sandbox
        .dbmig(["check", "--against", "main"])
        .exits(1)
        .warns("error[base-changed]: `up.sql` of migration `2_users` is on `main`, and was changed")
        .warns("git checkout main -- \"migrations/2_users/up.sql\"");
    sandbox.write("migrations/2_users/up.sql", format!("-- a comment\n{USERS}"));
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    sandbox.dbmig(["check", "--against", "main"]).ok();
    std::fs::remove_dir_all(sandbox.path("migrations/2_users")).unwrap();
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    sandbox.dbmig(["check", "--against", "main"]).exits(1).warns("and its directory is gone");
}

#[test]
fn compared_where_the_branch_left_the_base() {
    let sandbox = repository();
    // The base goes on; that is no change of ours.
    sandbox.git(["checkout", "-q", "main"]).ok();
    sandbox.migration("3_theirs", "CREATE TABLE theirs (id INT);", "DROP TABLE theirs;");
    sandbox.dbmig(["lock"]).ok();
    commit(&sandbox, "theirs");
    sandbox.git(["checkout", "-q", "feature"]).ok();
    sandbox.dbmig(["check", "--against", "main"]).ok();
}

#[test]
fn new_ones_come_after_the_newest_or_commute() {
    let sandbox = repository();
    sandbox.migration("1_early", "CREATE TABLE early (id INT);", "DROP TABLE early;");
    // Locked by hand as if it had always been there: only the base tells.
    sandbox.write("migrations/dbmig.lock", "");
    std::fs::remove_file(sandbox.path("migrations/dbmig.lock")).unwrap();
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check", "--against", "main"]).ok();
    sandbox.write("migrations/1_early/up.sql", "DROP TABLE users;");
    sandbox.dbmig(["lock", "--relock", "1"]).ok();
    sandbox
        .dbmig(["check", "--against", "main"])
        .exits(1)
        .warns("error[late-conflict]")
        .warns("which is on `main`");
}

#[test]
fn the_base_comes_from_flag_policy_or_origin() {
    let sandbox = repository();
    // Nobody named one and there is no origin: nothing to compare with.
    sandbox.dbmig(["check"]).ok().silent_about("base");
    sandbox.dbmig(["check", "--against"]).exits(1).warns("error[base-unknown]");
    sandbox
        .dbmig(["check", "--against", "nosuch"])
        .exits(1)
        .warns("git does not know `nosuch` here");
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("{config}\n[policy]\nbase = \"origin/main\"\n"));
    sandbox.dbmig(["check"]).ok().warns("warning[base-unknown]").warns("git fetch origin main");
    sandbox.dbmig_with(&[("CI", "true")], ["check"]).exits(1).warns("error[base-unknown]");
    sandbox.write("dbmig.toml", format!("{config}\n[policy]\nbase = \"main\"\n"));
    sandbox.write("migrations/2_users/up.sql", "CREATE TABLE people (id INT);");
    sandbox.dbmig(["lock", "--relock", "2"]).exits(1).warns("is on `main`").warns("--force");
    sandbox.dbmig(["lock", "--relock", "2", "--force"]).ok();
    sandbox.dbmig(["check"]).exits(1).warns("error[base-changed]");
}

#[test]
fn a_branch_that_mends_a_broken_base_is_not_stopped() {
    let sandbox = repository();
    sandbox.git(["checkout", "-q", "main"]).ok();
    sandbox.migration("2-_again", "CREATE TABLE again (id INT);", "DROP TABLE again;");
    commit(&sandbox, "broken");
    sandbox.git(["checkout", "-qb", "mend"]).ok();
    std::fs::remove_dir_all(sandbox.path("migrations/2-_again")).unwrap();
    let config = sandbox.read("dbmig.toml");
    sandbox.write("dbmig.toml", format!("{config}\n[policy]\nbase = \"main\"\n"));
    sandbox
        .dbmig_with(&[("CI", "true")], ["check"])
        .ok()
        .warns("warning[base-unknown]: not compared with the base branch: the migrations of `main` are not in order");
}
