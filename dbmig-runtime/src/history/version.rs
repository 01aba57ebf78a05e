//! What the history says of one version, without reading the rest of it: a run of a thousand migrations
//! looks a thousand times.

use dbmig_build::Version;

use super::read::{COUNTS, part};
use super::record;
use super::{Record, Tables};
use crate::session::{DbResult, Session};
use crate::sql::placeholder;

/// Whether the version is in Diesel's table, and the newest record of it.
pub(crate) fn read_version(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
) -> DbResult<(bool, Option<Record>)> {
    let dialect = session.dialect();
    let (diesel, history) = (tables.diesel(), tables.history());
    let (first, second) = (placeholder(dialect, 1), placeholder(dialect, 2));
    let row = part(dialect, "version", &["version"], &format!("{diesel} WHERE version = {first}"));
    let newest = format!("(SELECT MAX(id) FROM {history} WHERE version = {second} AND {COUNTS})");
    let record =
        part(dialect, "record", &record::COLUMNS, &format!("{history} WHERE id = {newest}"));
    let values = [version.as_str().into(), version.as_str().into()];
    let (mut applied, mut newest) = (false, None);
    for mut row in session.query(&format!("{row} UNION ALL {record}"), &values)? {
        match row.remove(0).as_deref() {
            Some("record") => newest = Some(record::from_row(row)?.1),
            _ => applied = true,
        }
    }
    Ok((applied, newest))
}
