//! What `__dbmig_state` knows of seeds: the content (`seed`), the rows (`seed-rows`), and what an undo needs
//! (`seed-undo`, in pieces `<seed>#<number>`).

use super::unit::Unit;
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

/// Records the seed first, in its own transaction; `false` when this content is recorded already.
pub(super) fn record(
    session: &mut dyn Session,
    tables: &Tables,
    unit: &Unit<'_>,
    again: bool,
) -> DbResult<bool> {
    let (dialect, state) = (session.dialect(), tables.state());
    let place = |index| placeholder(dialect, index);
    let name = Value::Text(&unit.seed.name);
    let select = format!(
        "SELECT {} FROM {state} WHERE kind = 'seed' AND name = {}",
        text(dialect, "value"),
        place(1)
    );
    let known = session.query(&select, &[name])?;
    let same = known.first().and_then(|row| row.first()).and_then(|value| value.as_deref())
        == Some(unit.digest.as_str());
    if same && !again {
        return Ok(false);
    }
    forget(session, tables, &unit.seed.name)?;
    put(session, tables, "seed", &unit.seed.name, unit.digest.as_str())?;
    Ok(true)
}
