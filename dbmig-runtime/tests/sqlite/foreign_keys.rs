//! Rebuilding a table that others refer to.

use dbmig_runtime::{ErrorKind, Migrator, Report};
use diesel::sqlite::SqliteConnection;

use crate::support::{memory, set, texts};

const REBUILD: &str = "CREATE TABLE parent2 (id INTEGER PRIMARY KEY, name TEXT); \
     INSERT INTO parent2 SELECT id, 'x' FROM parent; DROP TABLE parent; \
     ALTER TABLE parent2 RENAME TO parent;";

fn parent_and_child(
    rebuild: &str,
    metadata: &str,
) -> (SqliteConnection, Result<Report, dbmig_runtime::Error>) {
    let mut conn = memory();
    let set = set(&[
        (
            "1_tables",
            "CREATE TABLE parent (id INTEGER PRIMARY KEY); \
             CREATE TABLE child (id INT, parent INT REFERENCES parent (id) ON DELETE CASCADE); \
             INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1), (2, 1);",
            "",
            "",
        ),
        ("2_rebuild", rebuild, "", metadata),
    ]);
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
        matches!(&error.kind, ErrorKind::ForeignKeys { violations, .. } if violations.len() == 2),
        "{error}"
    );
    assert_eq!(texts(&mut conn, "SELECT count(*) FROM parent"), ["1"]);
}
