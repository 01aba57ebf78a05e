//! What a migration does to its connection ends with it.

use dbmig_runtime::Migrator;

use crate::support::{memory, set, texts};

const OUTSIDE: &str = "run_in_transaction = false";

#[test]
fn the_next_migration_finds_the_connection_as_it_was() {
    let cases = [
        ("PRAGMA ignore_check_constraints = ON", "ignore_check_constraints", "0"),
        ("PRAGMA recursive_triggers = ON", "recursive_triggers", "0"),
        ("PRAGMA legacy_alter_table = ON", "legacy_alter_table", "0"),
        ("PRAGMA reverse_unordered_selects = ON", "reverse_unordered_selects", "0"),
        ("PRAGMA writable_schema = ON", "writable_schema", "0"),
        ("PRAGMA busy_timeout = 1", "busy_timeout", "30000"),
        ("PRAGMA foreign_keys = OFF", "foreign_keys", "1"),
        ("ATTACH ':memory:' AS other", "database_list", "main"),
        ("CREATE TEMP TABLE scratch (a)", "busy_timeout", "30000"),
    ];
    for (statement, pragma, expected) in cases {
        let column = if pragma == "database_list" { "name" } else { "*" };
        let look = format!(
            "CREATE TABLE seen AS SELECT group_concat({}) AS found FROM pragma_{pragma}{};",
            if column == "*" { timeout_column(pragma) } else { column },
            if column == "name" { " WHERE name <> 'temp'" } else { "" },
        );
        let mut conn = memory();
        let set = set(&[("1_a", &format!("{statement};"), "", OUTSIDE), ("2_b", &look, "", "")]);
        Migrator::new(&set).run(&mut conn).unwrap();
        assert_eq!(texts(&mut conn, "SELECT found FROM seen"), [expected], "{statement}");
    }
}

/// SQLite calls the column of one pragma otherwise.
fn timeout_column(pragma: &str) -> &str {
    if pragma == "busy_timeout" { "timeout" } else { pragma }
}
