//! Sequences that stand behind the rows of their table (PostgreSQL): the next row that is inserted fails.

use dbmig_build::Dialect;

use super::rows::qualified;
use super::warning::Warning;
use crate::catalogue::{Catalogue, Name, Table};
use crate::session::{DbResult, Session};
use crate::sql::quoted;

/// A column that takes its numbers from a sequence, and takes none twice.
struct Owned {
    table: Name,
    column: String,
    /// As statements write it.
    sequence: String,
}

/// Of each sequence that belongs to a column and counts upwards.
const OWNED: &str = "SELECT tn.nspname::text, t.relname::text, a.attname::text, \
     pg_catalog.format('%I.%I', sn.nspname, s.relname) \
     FROM pg_catalog.pg_depend d \
     JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S' \
     JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid AND q.seqincrement > 0 AND NOT q.seqcycle \
     JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace \
     JOIN pg_catalog.pg_class t ON t.oid = d.refobjid \
     JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace \
     JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid \
     WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass \
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') ORDER BY 4";

fn owned(session: &mut dyn Session, catalogue: &Catalogue) -> DbResult<Vec<Owned>> {
    if catalogue.dialect != Dialect::Postgres {
        return Ok(vec![]);
    }
    let rows = session.query(OWNED, &[])?;
    let mut found = Vec::new();
    for row in rows {
        let Some(cells) = row.into_iter().collect::<Option<Vec<_>>>() else { continue };
        let Ok([schema, table, column, sequence]) = <[String; 4]>::try_from(cells) else {
            continue;
        };
        let table = catalogue.tables.iter().find(|found| {
            found.name.name == table
                && found.name.schema.as_deref().unwrap_or("public") == schema
                && is_unique(found, &column)
        });
        if let Some(table) = table {
            found.push(Owned { table: table.name.clone(), column, sequence });
        }
    }
    Ok(found)
}

fn is_unique(table: &Table, column: &str) -> bool {
    let mut keys = table.primary_key.iter().chain(&table.uniques);
    keys.any(|key| key.columns == [column])
}

/// Lets every sequence go on behind the rows that are there, as far as it reaches.
pub(super) fn advance(session: &mut dyn Session, catalogue: &Catalogue) -> DbResult<()> {
    for Owned { table, column, sequence } in owned(session, catalogue)? {
        let (table, column) =
            (qualified(catalogue.dialect, &table), quoted(catalogue.dialect, &column));
        let _ = session.query(
            &format!(
                "SELECT pg_catalog.setval('{}', m)::text FROM (SELECT max({column}) AS m FROM {table}) x \
                 WHERE m > (SELECT last_value FROM {sequence})",
                sequence.replace('\'', "''")
            ),
            &[],
        );
    }
    Ok(())
}

/// Those that give a number which is there.
pub(super) fn behind(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    file: &'static str,
) -> DbResult<Vec<Warning>> {
    let owned = owned(session, catalogue)?;
    if owned.is_empty() {
        return Ok(vec![]);
    }
    let each = owned.iter().enumerate().map(|(at, Owned { table, column, sequence })| {
        let (table, column) = (qualified(catalogue.dialect, table), quoted(catalogue.dialect, column));
        format!(
            "SELECT {at} AS n, (SELECT last_value + CASE WHEN is_called THEN 1 ELSE 0 END FROM {sequence}) AS next, \
             (SELECT max({column})::bigint FROM {table}) AS m"
        )
    });
    let sql = format!(
        "SELECT n::text, next::text, m::text FROM ({}) x WHERE m >= next",
        each.collect::<Vec<_>>().join(" UNION ALL ")
    );
    let mut warnings = Vec::new();
    for row in session.query(&sql, &[])? {
        let number = |at: usize| row.get(at).cloned().flatten().and_then(|n| n.parse::<i64>().ok());
        let (Some(at), Some(next), Some(greatest)) = (number(0), number(1), number(2)) else {
            continue;
        };
        let Some(owned) = usize::try_from(at).ok().and_then(|at| owned.get(at)) else { continue };
        warnings.push(Warning::Behind {
            file,
            column: format!("{}.{}", owned.table, owned.column),
            sequence: owned.sequence.clone(),
            next,
            greatest,
        });
    }
    Ok(warnings)
}
