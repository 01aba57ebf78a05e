//! Beside Diesel on the same database.

use dbmig_build::blob;
use dbmig_runtime::Session as _;
use dbmig_runtime::history::{self, State};
use dbmig_runtime::{EmbeddedSet, Migrator};
use diesel_migrations::MigrationHarness as _;

use crate::support::{memory, set, states, texts, users_and_posts};

#[test]
fn diesel_and_we_work_on_the_same_database() {
    let (mut conn, set) = (memory(), users_and_posts());
    let embedded = EmbeddedSet::new(blob::render(&set).leak());
    // Diesel first, through our source; then we adopt and go on.
    conn.run_next_migration(&embedded).unwrap();
    let report = Migrator::new(&embedded).run(&mut conn).unwrap();
    assert_eq!((report.applied(), report.adopted), (1, 1));
    assert_eq!(
        texts(&mut conn, "SELECT action FROM __dbmig_history ORDER BY id"),
        ["adopt", "apply"]
    );
    assert!(!conn.has_pending_migration(&embedded).unwrap());
    // Diesel reverts, and we see it.
    let reverted = conn.revert_last_migration(&embedded).unwrap();
    assert_eq!(reverted.to_string(), "2");
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Pending]);
    assert_eq!(Migrator::new(&embedded).run(&mut conn).unwrap().applied(), 1);
    assert_eq!(states(&mut conn, &set), [State::Applied, State::Applied]);
}

#[test]
fn an_edit_of_what_diesel_applied_is_seen_once_it_is_adopted() {
    let (mut conn, set_before) = (memory(), users_and_posts());
    let embedded = EmbeddedSet::new(blob::render(&set_before).leak());
    conn.run_next_migration(&embedded).unwrap();
    let _ = Migrator::new(&set_before).run(&mut conn).unwrap();
    let edited = set(&[
        ("1_users", "CREATE TABLE users (id BIGINT);", "DROP TABLE users;", ""),
        ("2_posts", "CREATE TABLE posts (id INTEGER PRIMARY KEY);", "DROP TABLE posts;", ""),
    ]);
    assert_eq!(states(&mut conn, &edited), [State::Modified, State::Applied]);
}

#[test]
fn rows_equal_diesels() {
    let set = set(&[
        ("2024-01-01-000000_a", "CREATE TABLE a (id INT);", "DROP TABLE a;", ""),
        ("10_b", "CREATE TABLE b (id INT);", "DROP TABLE b;", ""),
        ("9_c", "CREATE TABLE c (id INT);", "DROP TABLE c;", ""),
    ]);
    let embedded = EmbeddedSet::new(blob::render(&set).leak());
    let (mut ours, mut diesels) = (memory(), memory());
    let _ = Migrator::new(&set).run(&mut ours).unwrap();
    diesels.run_pending_migrations(&embedded).unwrap();
    for sql in [
        "SELECT version FROM __diesel_schema_migrations ORDER BY rowid",
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('__diesel_schema_migrations')",
    ] {
        assert_eq!(texts(&mut ours, sql), texts(&mut diesels, sql));
    }
}

#[test]
fn what_needs_our_runner_is_refused_in_diesels() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let set = set(&[("1_a", "CREATE TABLE a (id INT);", "", off)]);
    let embedded = EmbeddedSet::new(blob::render(&set).leak());
    let error = memory().run_pending_migrations(&embedded).unwrap_err();
    assert!(error.to_string().contains("cargo dbmig"), "{error}");
}

#[test]
fn a_row_that_is_younger_than_our_record_is_another_tools() {
    let (mut conn, set_before) = (memory(), users_and_posts());
    let _ = Migrator::new(&set_before).run(&mut conn).unwrap();
    // As Diesel leaves it after a revert and a run of the edited file, some time later.
    conn.execute("UPDATE __diesel_schema_migrations SET run_on = datetime('now', '+1 hour') WHERE version = '1'").unwrap();
    let history = history::read(&mut conn).unwrap();
    let version = dbmig_runtime::Version::new("1");
    assert!(history.applied[&version].record.is_none(), "an old record was believed");
}

#[test]
fn a_newer_format_is_refused() {
    let mut conn = memory();
    let _ = Migrator::new(&users_and_posts()).run(&mut conn).unwrap();
    conn.execute("UPDATE __dbmig_state SET value = '2' WHERE kind = 'format'").unwrap();
    assert!(
        Migrator::new(&users_and_posts())
            .run(&mut conn)
            .unwrap_err()
            .to_string()
            .contains("does not know")
    );
}
