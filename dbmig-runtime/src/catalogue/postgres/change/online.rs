//! Forms that keep others out for moments only.

use super::super::super::{Key, Name};
use super::super::write::{full, ident, keys, list};

/// Builds an index beside writers.
pub(super) fn index(sql: &mut String) {
    for head in ["CREATE INDEX", "CREATE UNIQUE INDEX", "DROP INDEX"] {
        if sql.starts_with(head) {
            sql.insert_str(head.len(), " CONCURRENTLY");
        }
    }
}

/// Whether a statement refuses to run in a transaction.
pub(super) fn is_alone(sql: &str) -> bool {
    let head: Vec<_> = sql.split(' ').take(4).collect();
    head.contains(&"INDEX") && head.contains(&"CONCURRENTLY")
}

/// A key whose index is built beside writers, where there is such a form of it.
pub(super) fn key(of: &Name, kind: &str, key: &Key) -> Vec<String> {
    let plain = || vec![format!("ALTER TABLE {} ADD {}", full(of), keys::key(kind, key))];
    let Some(name) = key.label.name.as_deref().filter(|_| key.options.is_empty()) else {
        return plain();
    };
    let build = format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {} ON {} {}",
        ident(name),
        full(of),
        list(&key.columns)
    );
    // What comes behind the columns of an ordinary key goes behind the name of the index.
    let whole = keys::key(kind, key);
    let columns = format!(" {}", list(&key.columns));
    let with_index = whole.replacen(&columns, &format!(" USING INDEX {}", ident(name)), 1);
    vec![build, format!("ALTER TABLE {} ADD {with_index}", full(of))]
}

/// A column that takes no NULL any more: its rows are looked at beside writers.
pub(super) fn not_null(of: &Name, column: &str) -> Vec<String> {
    let (table, check) = (full(of), ident(&format!("{column}_is_not_null")));
    let column = ident(column);
    vec![
        format!(
            "ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID"
        ),
        format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}"),
        format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"),
        format!("ALTER TABLE {table} DROP CONSTRAINT {check}"),
    ]
}
