//! SQLite: rebuilding a table that others refer to, without losing the rows that refer to it.

use std::collections::BTreeMap;

use super::work::Work;
use crate::error::{Error, ErrorKind};
use crate::session::{DbResult, Session};

/// How many rows refer to nothing: by child and parent. The number of a key changes when one is added.
pub(super) type Violations = BTreeMap<(String, String), u64>;

/// Counts the violations there are. A key that does not fit its parent can not be checked: it stands
/// under an empty parent, so that only one that was not there before counts.
pub(super) fn violations(session: &mut dyn Session) -> DbResult<Violations> {
    let tables = session.query("SELECT name FROM sqlite_master WHERE type = 'table'", &[])?;
    let mut found = Violations::new();
    for table in tables.into_iter().filter_map(|row| row.into_iter().next().flatten()) {
        let sql = format!(
            "SELECT \"table\", parent, CAST(count(*) AS TEXT) \
             FROM pragma_foreign_key_check('{}') GROUP BY 1, 2",
            table.replace('\'', "''")
        );
        let rows = match session.query(&sql, &[]) {
            Ok(rows) => rows,
            Err(error) if error.message.starts_with("foreign key mismatch") => {
                found.insert((table, String::new()), 1);
                continue;
            }
            // Nothing else may pass for "no violations".
            Err(error) => return Err(error),
        };
        for row in rows {
            let mut row = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || row.next().unwrap_or_default();
            let key = (next(), next());
            found.insert(key, next().parse().unwrap_or(0));
        }
    }
    Ok(found)
}

/// Refuses violations that were not there before.
pub(super) fn refuse_new(
    session: &mut dyn Session,
    work: &Work<'_>,
    before: &Violations,
) -> Result<(), Error> {
    let after = violations(session).map_err(Error::database("check foreign keys"))?;
    let new: Vec<_> = after
        .iter()
        .filter(|(key, count)| before.get(*key).is_none_or(|before| *count > before))
        .map(|((child, parent), count)| match parent.is_empty() {
            true => format!("a foreign key of `{child}` does not fit the table it refers to"),
            false => format!("{count} of `{child}` refer to no row of `{parent}`"),
        })
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::ForeignKeys { path: work.path(), violations: new }))
}
