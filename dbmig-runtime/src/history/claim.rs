//! The version's row in Diesel's table, which is the claim, and what its newest attempt left.

use dbmig_build::{Dialect, Version};

use super::tables::Tables;
use crate::session::{DbErrorKind, DbResult, Row, Session};
use crate::sql::{placeholder, text};

/// Puts the version into Diesel's table; `false` when it was there already.
///
/// Done first in a migration's transaction: the primary key is the lock.
pub(crate) fn claim(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let (dialect, table) = (session.dialect(), tables.diesel());
    let value = placeholder(dialect, 1);
    let sql = match dialect {
        Dialect::Sqlite => format!("INSERT OR IGNORE INTO {table} (version) VALUES ({value})"),
        Dialect::Postgres => {
            format!("INSERT INTO {table} (version) VALUES ({value}) ON CONFLICT DO NOTHING")
        }
        // IGNORE would cut what is too long, and how ON DUPLICATE KEY counts rows depends on the client.
        Dialect::Mysql => format!("INSERT INTO {table} (version) VALUES ({value})"),
    };
    match session.execute_with(&sql, &[version.as_str().into()]) {
        Err(error) if dialect == Dialect::Mysql && error.kind == DbErrorKind::Unique => Ok(false),
        result => Ok(result? == 1),
    }
}

/// Takes the version out of Diesel's table; `false` when it was not there.
pub(crate) fn forget(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let value = placeholder(session.dialect(), 1);
    let sql = format!("DELETE FROM {} WHERE version = {value}", tables.diesel());
    Ok(session.execute_with(&sql, &[version.as_str().into()])? == 1)
}

/// PostgreSQL: [`claim`], or [`forget`], and [`newest_attempt`] in one call; `None` when there was
/// nothing to claim.
pub(crate) fn claim_and_look(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    claim: bool,
) -> DbResult<Option<(i64, bool)>> {
    let table = tables.diesel();
    let write = match claim {
        true => format!("INSERT INTO {table} (version) VALUES ($1) ON CONFLICT DO NOTHING"),
        false => format!("DELETE FROM {table} WHERE version = $1"),
    };
    let newest = newest_of(Dialect::Postgres, tables, "$1");
    let sql = format!(
        "WITH claimed AS ({write} RETURNING 1) SELECT n.* FROM claimed LEFT JOIN ({newest}) n ON TRUE"
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    Ok(rows.into_iter().next().map(attempt_in))
}

/// The version is in Diesel's table: read back, since a file can have ended the transaction itself.
pub(crate) fn is_recorded(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let value = placeholder(session.dialect(), 1);
    let sql = format!("SELECT '1' FROM {} WHERE version = {value}", tables.diesel());
    Ok(!session.query(&sql, &[version.as_str().into()])?.is_empty())
}

/// The same, and nobody reverts it before the transaction ends.
pub(crate) fn hold_version(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<bool> {
    let dialect = session.dialect();
    let for_update = match dialect {
        // Its transaction has the whole database.
        Dialect::Sqlite => "",
        Dialect::Postgres | Dialect::Mysql => " FOR UPDATE",
    };
    let (table, value) = (tables.diesel(), placeholder(dialect, 1));
    let sql = format!("SELECT '1' FROM {table} WHERE version = {value}{for_update}");
    Ok(!session.query(&sql, &[version.as_str().into()])?.is_empty())
}

/// The number that the next attempt of a version gets.
pub(crate) fn next_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<i64> {
    newest_attempt(session, tables, version).map(|(number, _)| number.saturating_add(1))
}

/// What the newest attempt of a version left, in one look: its number, and whether it is half done.
pub(crate) fn newest_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<(i64, bool)> {
    let dialect = session.dialect();
    let sql = newest_of(dialect, tables, &placeholder(dialect, 1));
    let rows = session.query(&sql, &[version.as_str().into()])?;
    Ok(rows.into_iter().next().map_or((0, false), attempt_in))
}

fn newest_of(dialect: Dialect, tables: &Tables, version: &str) -> String {
    format!(
        "SELECT {number} AS number, CASE WHEN mode = 'stmt' AND state <> 'finished' AND NOT \
         (state = 'failed' AND statements_done = 0 AND intent = 0) THEN 'yes' END AS half FROM {table} h \
         WHERE version = {version} ORDER BY h.attempt DESC LIMIT 1",
        // Named by its table below: PostgreSQL would sort by the text that is selected.
        number = text(dialect, "attempt"),
        table = tables.history(),
    )
}

/// Number, and whether it is half done; no attempt is number 0.
fn attempt_in(row: Row) -> (i64, bool) {
    let mut row = row.into_iter();
    let number = row.next().flatten().and_then(|text| text.parse().ok()).unwrap_or(0);
    (number, row.next().flatten().is_some())
}
