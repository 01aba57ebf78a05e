//! Whether a database holds anything that is not ours.

use dbmig_build::Dialect;

use super::tables::{DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE};
use crate::session::{DbResult, Session};
use crate::sql::text;

/// Whether the database has a table or view beside Diesel's and ours.
///
/// # Errors
///
/// What the database reports.
pub fn has_other_tables(session: &mut dyn Session) -> DbResult<bool> {
    let dialect = session.dialect();
    let (name, from) = match dialect {
        Dialect::Sqlite => (
            "name",
            "main.sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        ),
        Dialect::Postgres => (
            "c.relname",
            "pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' \
             AND n.nspname <> 'information_schema'",
        ),
        Dialect::Mysql => {
            ("table_name", "information_schema.tables WHERE table_schema = DATABASE()")
        }
    };
    let ours = [DIESEL_TABLE, HISTORY_TABLE, STATE_TABLE].map(|name| format!("'{name}'"));
    let sql = format!(
        "SELECT {} FROM {from} AND {name} NOT IN ({}) LIMIT 1",
        text(dialect, name),
        ours.join(", ")
    );
    Ok(!session.query(&sql, &[])?.is_empty())
}
