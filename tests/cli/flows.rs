//! The daily work, as scripts.

use diesel::Connection as _;
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use crate::support::Sandbox;

const USERS: (&str, &str, &str) =
    ("1_users", "CREATE TABLE users (id INTEGER PRIMARY KEY);", "DROP TABLE users;");

fn with_users() -> Sandbox {
    let sandbox = Sandbox::project();
    sandbox.migration(USERS.0, USERS.1, USERS.2);
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox
}

#[test]
fn edit_a_draft_and_redo() {
    let sandbox = with_users();
    sandbox.migration(
        "2_posts",
        "CREATE TABLE posts (id INTEGER PRIMARY KEY);",
        "DROP TABLE posts;",
    );
    sandbox.dbmig(["migrate"]).ok().says("2_posts");
    sandbox.dbmig(["status"]).ok().says("[draft]");
    // Another table, and the down that fits it: the old down must run.
    sandbox.migration(
        "2_posts",
        "CREATE TABLE articles (id INTEGER PRIMARY KEY);",
        "DROP TABLE articles;",
    );
    sandbox
        .dbmig(["migrate"])
        .ok()
        .says("nothing to apply")
        .warns("draft `2_posts` was edited since it was applied")
        .warns("cargo dbmig redo --through 2");
    sandbox.dbmig(["status"]).ok().says("modified ");
    sandbox.dbmig(["redo", "--through", "2"]).ok().says("1 migration redone");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["articles", "users"]);
    sandbox.dbmig(["status"]).ok().says("2 applied, 0 pending").silent_about("modified");
    // With something pending the edit stops the run before anything happens.
    sandbox.migration(
        "2_posts",
        "CREATE TABLE essays (id INTEGER PRIMARY KEY);",
        "DROP TABLE essays;",
    );
    sandbox.migration("3_tags", "CREATE TABLE tags (id INTEGER PRIMARY KEY);", "DROP TABLE tags;");
    sandbox.dbmig(["migrate"]).exits(4).warns("edited since").warns("cargo dbmig redo --through 2");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["articles", "users"]);
    sandbox.dbmig(["redo"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    assert_eq!(sandbox.tables("dev.sqlite3"), ["essays", "tags", "users"]);
}

#[test]
fn mend_only_the_down_of_a_draft() {
    let sandbox = with_users();
    let up = "CREATE TABLE posts (id INTEGER PRIMARY KEY);";
    sandbox.migration("2_posts", up, "DROP TABLE wrong;");
    sandbox.dbmig(["migrate"]).ok();
    sandbox.dbmig(["redo"]).exits(3).warns("migrations/2_posts/down.sql:1:1: no such table: wrong");
    sandbox.migration("2_posts", up, "DROP TABLE posts;");
    sandbox.dbmig(["redo"]).ok().warns("not the one it was applied with");
    sandbox.dbmig(["status"]).ok().says("2 applied, 0 pending");
}

#[test]
fn switch_branches_with_one_database() {
    let sandbox = with_users();
    sandbox.git(["init", "-q"]).ok();
    sandbox.write(".gitignore", "*.sqlite3\n");
    sandbox.git(["add", "-A"]).ok();
    sandbox.git(["commit", "-qm", "users"]).ok();
    sandbox.git(["checkout", "-qb", "feature"]).ok();
    sandbox.migration("2_feature", "CREATE TABLE feature (id INT);", "DROP TABLE feature;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["migrate"]).ok();
    sandbox.git(["add", "-A"]).ok();
    sandbox.git(["commit", "-qm", "feature"]).ok();
    sandbox.git(["checkout", "-q", "main"]).ok();
    // Back on main the database is ahead: said, and no reason to stop work.
    sandbox.migration("3_main", "CREATE TABLE main_only (id INT);", "DROP TABLE main_only;");
    sandbox
        .dbmig(["migrate"])
        .ok()
        .warns("the database has `2_feature`, which has no directory here")
        .warns("cargo dbmig revert --missing")
        .says("3_main");
    sandbox.dbmig(["status"]).ok().says("missing").says("2_feature");
    sandbox.dbmig(["status", "--exit-code"]).exits(4);
    sandbox
        .dbmig(["revert", "--missing"])
        .ok()
        .warns("the down that was recorded")
        .says("1 migration reverted");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["main_only", "users"]);
    // And on the branch it is pending again.
    sandbox.git(["checkout", "-q", "feature"]).ok();
    sandbox.dbmig(["migrate"]).ok().says("2_feature");
    assert_eq!(sandbox.tables("dev.sqlite3"), ["feature", "main_only", "users"]);
}

#[test]
fn merge_two_branches_that_both_added_a_migration() {
    let sandbox = with_users();
    sandbox.git(["init", "-q"]).ok();
    sandbox.write(".gitignore", "*.sqlite3\n");
    sandbox.git(["add", "-A"]).ok();
    sandbox.git(["commit", "-qm", "users"]).ok();
    for (branch, name) in [("ours", "2_ours"), ("theirs", "3_theirs")] {
        sandbox.git(["checkout", "-qb", branch, "main"]).ok();
        sandbox.migration(
            name,
            &format!("CREATE TABLE {branch} (id INT);"),
            &format!("DROP TABLE {branch};"),
        );
        sandbox.dbmig(["lock"]).ok();
        sandbox.git(["add", "-A"]).ok();
        sandbox.git(["commit", "-qm", branch]).ok();
    }
    sandbox.git(["merge", "-q", "ours"]).exits(1);
    for command in ["check", "migrate", "lock"] {
        sandbox
            .dbmig([command])
            .exits(1)
            .warns("error[lock-conflict]")
            .warns("cargo dbmig lock --resolve");
    }
    assert_eq!(sandbox.tables("dev.sqlite3"), ["users"], "something ran on a conflicted lock");
    sandbox.dbmig(["lock", "--resolve"]).ok().says("3 final migrations");
    let resolved = sandbox.read("migrations/dbmig.lock");
    sandbox.dbmig(["lock", "--resolve"]).ok();
    assert_eq!(sandbox.read("migrations/dbmig.lock"), resolved);
    sandbox.dbmig(["check"]).ok();
    sandbox.dbmig(["migrate"]).ok().says("2 migrations applied");
}

#[test]
fn a_late_draft_that_commutes_is_locked_and_one_that_conflicts_is_not() {
    let sandbox = with_users();
    sandbox.migration(
        "5_theme",
        "ALTER TABLE users ADD COLUMN theme TEXT;",
        "ALTER TABLE users DROP COLUMN theme;",
    );
    sandbox.dbmig(["lock"]).ok();
    sandbox.migration("3_tags", "CREATE TABLE tags (id INT);", "DROP TABLE tags;");
    sandbox.dbmig(["lock"]).ok().warns("warning[late-draft]");
    assert!(sandbox.read("migrations/dbmig.lock").contains("late=commutes"));
    let rebuild = "CREATE TABLE u2 (id INTEGER PRIMARY KEY); INSERT INTO u2 SELECT id FROM users; \
                   DROP TABLE users; ALTER TABLE u2 RENAME TO users;";
    sandbox.migration("4_rebuild", rebuild, "SELECT 1;");
    sandbox
        .dbmig(["lock"])
        .exits(1)
        .warns("error[late-conflict]")
        .warns("cargo dbmig rebase 4")
        .warns("--late-ok");
    let lock = sandbox.read("migrations/dbmig.lock");
    assert!(!lock.contains("4_rebuild"));
    sandbox.dbmig(["rebase"]).ok().says("renamed 4_rebuild → ");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig(["check"]).ok().says("in order");
}

#[test]
fn a_conflict_can_be_accepted_for_a_reason() {
    let sandbox = with_users();
    sandbox.migration("3_theme", "ALTER TABLE users ADD COLUMN theme TEXT;", "SELECT 1;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.migration("2_drop", "DROP TABLE users;", "SELECT 1;");
    sandbox.dbmig(["lock"]).exits(1);
    sandbox.dbmig(["lock", "--late-ok", "nobody uses it"]).ok();
    assert!(sandbox.read("migrations/dbmig.lock").contains("late=\"nobody uses it\""));
}

fn diesel(
    sandbox: &Sandbox,
    work: impl FnOnce(&mut diesel::SqliteConnection, FileBasedMigrations),
) {
    let path = sandbox.path("dev.sqlite3");
    let mut conn = diesel::SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    work(&mut conn, FileBasedMigrations::from_path(sandbox.path("migrations")).unwrap());
}

#[test]
fn adopt_go_back_to_diesel_and_come_again() {
    let sandbox = Sandbox::project();
    sandbox.migration(USERS.0, USERS.1, USERS.2);
    sandbox.migration("2_posts", "CREATE TABLE posts (id INT);", "DROP TABLE posts;");
    diesel(&sandbox, |conn, source| {
        conn.run_next_migration(source).unwrap();
    });
    sandbox.dbmig(["status"]).ok().says("1_users  [draft, adopted]").says("1 applied, 1 pending");
    sandbox.dbmig(["migrate"]).ok().says("1 migration applied").warns("another tool had applied");
    sandbox.migration("3_tags", "CREATE TABLE tags (id INT);", "DROP TABLE tags;");
    diesel(&sandbox, |conn, source| {
        assert_eq!(conn.run_pending_migrations(source).unwrap().len(), 1);
    });
    diesel(&sandbox, |conn, source| {
        assert_eq!(conn.revert_last_migration(source).unwrap().to_string(), "3");
    });
    sandbox.dbmig(["status"]).ok().says("2 applied, 1 pending");
    sandbox.dbmig(["migrate"]).ok().says("3_tags");
    diesel(&sandbox, |conn, source| assert!(!conn.has_pending_migration(source).unwrap()));
    let versions = sandbox
        .query("dev.sqlite3", "SELECT version FROM __diesel_schema_migrations ORDER BY version");
    assert_eq!(versions, ["1", "2", "3"]);
}

#[test]
fn restart_an_older_release_on_a_newer_database() {
    let sandbox = with_users();
    sandbox.migration("2_new", "CREATE TABLE new (id INT);", "DROP TABLE new;");
    sandbox.dbmig(["lock"]).ok();
    let production = [("DBMIG_DATABASE_URL", "prod.sqlite3"), ("DBMIG_ENV", "production")];
    sandbox.dbmig_with(&production, ["migrate"]).exits(3).warns("protected");
    std::fs::copy(sandbox.path("dev.sqlite3"), sandbox.path("prod.sqlite3")).unwrap();
    sandbox.dbmig_with(&production, ["migrate"]).ok().says("2_new");
    // The older release does not have the newest migration.
    std::fs::remove_dir_all(sandbox.path("migrations/2_new")).unwrap();
    sandbox.dbmig(["lock", "--relock", "2"]).ok();
    sandbox
        .dbmig_with(&production, ["migrate"])
        .ok()
        .says("nothing to apply")
        .warns("has no directory here");
    // With something to apply and an older unknown one it stops.
    sandbox.migration("3_other", "CREATE TABLE other (id INT);", "DROP TABLE other;");
    sandbox.dbmig(["lock"]).ok();
    sandbox.dbmig_with(&production, ["migrate"]).exits(4).warns("2");
    assert_eq!(sandbox.tables("prod.sqlite3"), ["new", "users"]);
}

#[test]
fn a_protected_environment_takes_locked_migrations_only() {
    let sandbox = with_users();
    std::fs::copy(sandbox.path("dev.sqlite3"), sandbox.path("prod.sqlite3")).unwrap();
    sandbox.migration("2_draft", "CREATE TABLE draft (id INT);", "DROP TABLE draft;");
    sandbox
        .dbmig(["migrate", "--env", "production"])
        .exits(1)
        .warns("error[draft]")
        .warns("a protected environment takes locked migrations only");
    sandbox.dbmig(["lock"]).ok();
    sandbox.write("migrations/2_draft/up.sql", "CREATE TABLE edited (id INT);");
    sandbox.dbmig(["migrate", "--env", "production"]).exits(1).warns("error[modified]");
    assert_eq!(sandbox.tables("prod.sqlite3"), ["users"]);
}
