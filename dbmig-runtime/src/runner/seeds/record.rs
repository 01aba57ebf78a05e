//! What `__dbmig_state` knows of seeds: the content (`seed`), the rows (`seed-rows`), and what an undo needs
//! (`seed-undo`, in pieces `<seed>#<number>`).

use dbmig_build::Digest;

use crate::history::Tables;
use crate::session::{DbResult, Session, Value};
use crate::sql::{placeholder, text};

/// Takes back what is known of a seed.
pub(super) fn forget(session: &mut dyn Session, tables: &Tables, name: &str) -> DbResult<()> {
    let place = placeholder(session.dialect(), 1);
    let sql = format!(
        "DELETE FROM {} WHERE kind IN ('seed', 'seed-rows') AND name = {place}",
        tables.state()
    );
    session.execute_with(&sql, &[Value::Text(name)]).map(drop)
}

/// Writes one row.
pub(super) fn put(
    session: &mut dyn Session,
    tables: &Tables,
    kind: &str,
    name: &str,
    value: &str,
) -> DbResult<()> {
    let place = |index| placeholder(session.dialect(), index);
    let insert = format!(
        "INSERT INTO {} (kind, name, value) VALUES ({}, {}, {})",
        tables.state(),
        place(1),
        place(2),
        place(3)
    );
    session
        .execute_with(&insert, &[Value::Text(kind), Value::Text(name), Value::Text(value)])
        .map(drop)
}

/// The digest of the content of a seed that was run.
pub(super) fn recorded(
    session: &mut dyn Session,
    tables: &Tables,
    name: &str,
) -> DbResult<Option<String>> {
    let dialect = session.dialect();
    let select = format!(
        "SELECT {} FROM {} WHERE kind = 'seed' AND name = {}",
        text(dialect, "value"),
        tables.state(),
        placeholder(dialect, 1)
    );
    let rows = session.query(&select, &[Value::Text(name)])?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
}

/// Records the seed first, in its own transaction; `false` when this content is recorded already.
pub(super) fn record(
    session: &mut dyn Session,
    tables: &Tables,
    (name, digest): (&str, &Digest),
    again: bool,
) -> DbResult<bool> {
    let same = recorded(session, tables, name)?.as_deref() == Some(digest.as_str());
    if same && !again {
        return Ok(false);
    }
    forget(session, tables, name)?;
    put(session, tables, "seed", name, digest.as_str())?;
    Ok(true)
}
