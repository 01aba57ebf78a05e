//! Rebuilding a table that others refer to.

use dbmig_build::Dialect;
use dbmig_runtime::{
    ErrorKind, Migrator, PlanError, Report, RunOptions, Session as _, Silent, history, plan, runner,
};
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, set, texts};

/// A parent with two children that go with it.
const TABLES: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY); \
             CREATE TABLE child (id INT, parent INT REFERENCES parent (id) ON DELETE CASCADE); \
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1), (2, 1);";

const REBUILD: &str = "CREATE TABLE parent2 (id INTEGER PRIMARY KEY, name TEXT); \
     INSERT INTO parent2 SELECT id, 'x' FROM parent; DROP TABLE parent; \
     ALTER TABLE parent2 RENAME TO parent;";

fn parent_and_child(
    rebuild: &str,
    metadata: &str,
) -> (SqliteConnection, Result<Report, dbmig_runtime::Error>) {
    let mut conn = memory();
    let set = set(&[("1_tables", TABLES, "", ""), ("2_rebuild", rebuild, "", metadata)]);
    let result = Migrator::new(&set).run(&mut conn);
    (conn, result)
}

#[test]
fn a_rebuild_with_foreign_keys_off_keeps_the_children() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let (mut conn, result) = parent_and_child(REBUILD, off);
    assert_eq!(result.unwrap().applied(), 2);
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM child"), ["2"]);
    assert_eq!(texts(&mut conn, "PRAGMA foreign_keys"), ["1"], "it was not switched on again");
}

#[test]
fn a_rebuild_that_breaks_a_foreign_key_is_rolled_back() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let (mut conn, result) = parent_and_child("DELETE FROM parent;", off);
    let error = result.unwrap_err();
    assert!(
        matches!(&error.kind, ErrorKind::ForeignKeys { violations, .. } if violations == &["2 of `child` refer to no row of `parent`"]),
        "{error}"
    );
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM parent"), ["1"]);
}

#[test]
fn a_file_that_asks_for_them_to_be_off_is_understood() {
    let rebuild = format!("PRAGMA foreign_keys = OFF; {REBUILD} PRAGMA foreign_keys = ON;");
    let (mut conn, result) = parent_and_child(&rebuild, "");
    assert_eq!(result.unwrap().applied(), 2);
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM child"), ["2"]);
}

#[test]
fn old_violations_elsewhere_are_no_reason() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let mut conn = memory();
    conn.execute(
        "PRAGMA foreign_keys = OFF; CREATE TABLE p (id INTEGER PRIMARY KEY); \
         CREATE TABLE orphan (p INT REFERENCES p (id)); INSERT INTO orphan VALUES (7); \
         CREATE TABLE broken (p INT REFERENCES nosuch (x)); CREATE TABLE u (id INT);",
    )
    .unwrap();
    let set = set(&[("1_u", "DROP TABLE u; CREATE TABLE u (id INT, name TEXT);", "", off)]);
    assert_eq!(Migrator::new(&set).run(&mut conn).unwrap().applied(), 1);
}

#[test]
fn off_without_a_transaction_is_refused() {
    let off = "run_in_transaction = false\n[dbmig]\nforeign_keys = \"off\"\n";
    let (mut conn, result) = parent_and_child(REBUILD, off);
    let error = result.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Plan(PlanError::Settings { .. })), "{error}");
    assert!(texts(&mut conn, "SELECT name FROM sqlite_master").is_empty(), "something was run");
}

#[test]
fn a_recorded_down_runs_under_its_own_settings() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let tables = ("1_tables", TABLES, "", "");
    let mut conn = memory();
    let down = "CREATE TABLE p2 (id INTEGER PRIMARY KEY); INSERT INTO p2 SELECT id FROM parent; \
                DROP TABLE parent; ALTER TABLE p2 RENAME TO parent;";
    let both = set(&[tables, ("2_rebuild", REBUILD, down, off)]);
    let _ = Migrator::new(&both).run(&mut conn).unwrap();
    let one = set(&[tables]);
    let history = history::read(&mut conn).unwrap();
    let plan = plan::plan_revert_missing(&one, &history, Dialect::Sqlite).unwrap();
    assert_eq!(
        runner::run(&mut conn, &one, &history, &plan, &RunOptions::default(), &mut Silent)
            .unwrap()
            .reverted(),
        1
    );
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM child"), ["2"]);
}

#[test]
fn off_without_a_transaction_is_refused_for_a_way_back_too() {
    let on = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    let off = "run_in_transaction = false\n[dbmig]\nforeign_keys = \"off\"\n";
    let mut conn = memory();
    let with = |metadata| set(&[("1_a", "CREATE TABLE a (x INT);", "DROP TABLE a;", metadata)]);
    let _ = Migrator::new(&with(on)).run(&mut conn).unwrap();
    let history = history::read(&mut conn).unwrap();
    let one = plan::Target::Steps(1);
    for plan in [
        plan::plan_revert(&with(off), &history, Dialect::Sqlite, &one),
        plan::plan_redo(&with(off), &history, Dialect::Sqlite, &one),
    ] {
        assert!(matches!(plan, Err(PlanError::Settings { .. })), "{plan:?}");
    }
}

#[test]
fn a_key_that_no_longer_fits_its_parent_is_refused() {
    let off = "run_in_transaction = true\n[dbmig]\nforeign_keys = \"off\"\n";
    // The rebuild loses the primary key that the children refer to.
    let rebuild = "CREATE TABLE p2 (id INT); INSERT INTO p2 SELECT id FROM parent; \
                   DROP TABLE parent; ALTER TABLE p2 RENAME TO parent;";
    let (mut conn, result) = parent_and_child(rebuild, off);
    let error = result.unwrap_err();
    assert!(error.to_string().contains("a foreign key of `child` does not fit"), "{error}");
    assert_eq!(
        texts(&mut conn, "SELECT pk FROM pragma_table_info('parent')"),
        ["1"],
        "not rolled back"
    );
}
