//! The stamp of a database: it is protected, whatever a file beside the migrations says.

use dbmig_build::Dialect;

use super::ddl::ensure_tables;
use super::tables::{STATE_TABLE, Tables};
use crate::session::{DbResult, Session, Value};
use crate::sql::{placeholder, text};

/// Which row of the state it is.
pub(super) const IS_STAMP: &str = "kind = 'stamp' AND name = 'protected'";

/// Stamps a database, and creates the history tables where they are missing. What the stamp says is for
/// people; `false` when it said the same before.
///
/// # Errors
///
/// What the database reports.
pub fn protect(session: &mut dyn Session, stamp: &str) -> DbResult<bool> {
    let history = super::read_patiently(session)?;
    if history.stamp.as_deref() == Some(stamp) {
        return Ok(false);
    }
    ensure_tables(session, &history, Some(stamp))?;
    insert(session, &history.tables, stamp)?;
    // Where it was stamped before, it says something else.
    let dialect = session.dialect();
    let sql = format!(
        "UPDATE {} SET value = {}, updated_at = CURRENT_TIMESTAMP WHERE {IS_STAMP}",
        history.tables.state(),
        placeholder(dialect, 1)
    );
    session.execute_with(&sql, &[Value::Text(stamp)])?;
    Ok(true)
}

/// Takes every stamp of a database away; `false` when there was none.
///
/// # Errors
///
/// What the database reports.
pub fn unprotect(session: &mut dyn Session) -> DbResult<bool> {
    let mut removed = 0;
    for tables in everywhere(session)? {
        let sql = format!("DELETE FROM {} WHERE {IS_STAMP}", tables.state());
        removed += session.execute_with(&sql, &[])?;
    }
    Ok(removed > 0)
}

/// What the stamp of a database says, wherever in it a history is: another search path does not take
/// the protection away. Writes nothing.
///
/// # Errors
///
/// What the database reports. Who can not read the stamp must take the database for protected.
pub fn find_stamp(session: &mut dyn Session) -> DbResult<Option<String>> {
    let dialect = session.dialect();
    for tables in everywhere(session)? {
        let value = text(dialect, "value");
        let sql = format!("SELECT {value} FROM {} WHERE {IS_STAMP}", tables.state());
        if let Some(row) = session.query(&sql, &[])?.into_iter().next() {
            return Ok(Some(row.into_iter().next().flatten().unwrap_or_default()));
        }
    }
    Ok(None)
}

/// Adds the stamp to a state that has none.
pub(super) fn insert(session: &mut dyn Session, tables: &Tables, stamp: &str) -> DbResult<()> {
    let dialect = session.dialect();
    let (insert, conflict) = match dialect {
        Dialect::Sqlite => ("INSERT OR IGNORE", ""),
        Dialect::Postgres => ("INSERT", " ON CONFLICT DO NOTHING"),
        Dialect::Mysql => ("INSERT IGNORE", ""),
    };
    let sql = format!(
        "{insert} INTO {} (kind, name, value) VALUES ('stamp', 'protected', {}){conflict}",
        tables.state(),
        placeholder(dialect, 1)
    );
    session.execute_with(&sql, &[Value::Text(stamp)]).map(drop)
}

/// Every place in the database that has a state.
fn everywhere(session: &mut dyn Session) -> DbResult<Vec<Tables>> {
    let dialect = session.dialect();
    let sql = match dialect {
        Dialect::Sqlite => format!(
            "SELECT 'main' FROM main.sqlite_master WHERE type = 'table' AND name = '{STATE_TABLE}'"
        ),
        Dialect::Postgres => format!(
            "SELECT CAST(n.nspname AS TEXT) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
             ON n.oid = c.relnamespace WHERE c.relname = '{STATE_TABLE}' AND c.relkind IN ('r', 'p') \
             AND n.nspname NOT LIKE 'pg\\_temp%' ORDER BY 1"
        ),
        Dialect::Mysql => format!(
            "SELECT {} FROM information_schema.tables WHERE table_schema = DATABASE() \
             AND table_name = '{STATE_TABLE}'",
            text(dialect, "table_schema")
        ),
    };
    let rows = session.query(&sql, &[])?;
    let names = rows.into_iter().filter_map(|row| row.into_iter().next().flatten());
    Ok(names.map(|schema| Tables::in_schema(dialect, &schema)).collect())
}
