//! How many rows a table has, for progress.

use dbmig_build::Dialect;
use dbmig_build::backfill::Backfill;

use crate::session::{DbResult, Row, Session, Value};
use crate::sql::text;

/// Up to so many rows a table is counted; above, its statistics are asked.
const COUNTED: u64 = 100_000;

/// How many rows the table has: exact where it is small, otherwise as its statistics say.
pub(super) fn total(session: &mut dyn Session, backfill: &Backfill<'_>) -> DbResult<Option<u64>> {
    let (dialect, table) = (session.dialect(), &backfill.table);
    let number = |rows: Vec<Row>| {
        let cell = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
        cell.and_then(|text| text.parse::<u64>().ok())
    };
    let few = format!(
        "SELECT {} FROM (SELECT 1 AS dbmig_1 FROM {} LIMIT {}) AS dbmig_t",
        text(dialect, "COUNT(*)"),
        table.sql,
        COUNTED + 1
    );
    let few = number(session.query(&few, &[])?);
    if few.is_some_and(|few| few <= COUNTED) {
        return Ok(few);
    }
    let name = Value::Text(table.last());
    let rows = match dialect {
        Dialect::Sqlite => session.query(&format!("SELECT COUNT(*) FROM {}", table.sql), &[])?,
        Dialect::Postgres => session.query(
            "SELECT CAST(CAST(reltuples AS bigint) AS TEXT) FROM pg_catalog.pg_class \
             WHERE oid = pg_catalog.to_regclass($1) AND reltuples > 0",
            &[Value::Text(&table.sql)],
        )?,
        Dialect::Mysql => session.query(
            &format!(
                "SELECT {} FROM information_schema.tables WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?",
                text(dialect, "table_rows")
            ),
            &[table.schema().into(), name],
        )?,
    };
    Ok(number(rows))
}
