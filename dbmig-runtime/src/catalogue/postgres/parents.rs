//! Which tables a table inherits from, or is a partition of.

use std::collections::HashMap;

use super::reader::Reader;
use crate::catalogue::Name;
use crate::session::DbResult;

/// The parents of tables, in their order, by the number of the child.
pub(super) fn read(reader: &mut Reader<'_>) -> DbResult<HashMap<u32, Vec<Name>>> {
    let sql = "SELECT i.inhrelid::text, NULLIF(pn.nspname::text, 'public'), p.relname::text \
         FROM pg_catalog.pg_inherits i \
         JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_catalog.pg_class p ON p.oid = i.inhparent \
         JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace \
         WHERE c.relkind IN ('r', 'p', 'f') AND {schemas} ORDER BY i.inhrelid, i.inhseqno";
    let mut all: HashMap<u32, Vec<Name>> = HashMap::new();
    for mut row in reader.rows(sql)? {
        let child = row.number();
        all.entry(child).or_default().push(row.name());
    }
    Ok(all)
}
