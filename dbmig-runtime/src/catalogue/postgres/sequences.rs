//! Sequences: those of their own, and those of identity columns.

use std::collections::HashMap;

use super::reader::{Reader, comment, no_member};
use crate::catalogue::{Catalogue, Name, Sequence};
use crate::session::DbResult;

/// The sequences of identity columns, by the numbers of table and column.
pub(super) type Identities = HashMap<(u32, i32), Sequence>;

/// Reads them; those of identity columns are given back.
pub(super) fn read(reader: &mut Reader<'_>, catalogue: &mut Catalogue) -> DbResult<Identities> {
    let sql = format!(
        "SELECT NULLIF(n.nspname::text, 'public'), c.relname::text, \
           pg_catalog.format_type(s.seqtypid, NULL), s.seqstart::text, s.seqincrement::text, \
           s.seqmin::text, s.seqmax::text, s.seqcache::text, s.seqcycle::text, \
           (o.deptype = 'i')::text, t.oid::text, a.attnum::text, NULLIF(tn.nspname::text, 'public'), \
           t.relname::text, a.attname::text, d.description \
         FROM pg_catalog.pg_sequence s \
         JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_depend o ON o.classid = {class} AND o.objid = c.oid \
           AND o.refclassid = {class} AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i') \
         LEFT JOIN pg_catalog.pg_class t ON t.oid = o.refobjid \
         LEFT JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace \
         LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = o.refobjsubid \
         {comment} WHERE {{schemas}} AND {own}",
        class = super::reader::class_of("pg_class"),
        comment = comment("pg_class", "c.oid"),
        own = no_member("pg_class", "c.oid"),
    );
    let mut identities = Identities::new();
    for mut row in reader.rows(&sql)? {
        let mut sequence = Sequence {
            name: row.name(),
            ty: row.text(),
            start: row.number(),
            increment: row.number(),
            min: row.number(),
            max: row.number(),
            cache: row.number(),
            cycle: row.flag(),
            owned_by: None,
            comment: None,
        };
        let of_identity = row.flag();
        let (table, column) = (row.number::<u32>(), row.number::<i32>());
        let (owner, owner_column): (Name, Option<String>) = (row.name(), row.optional());
        sequence.comment = row.optional();
        if of_identity {
            identities.insert((table, column), sequence);
            continue;
        }
        // What belongs to a table that is not looked at is not looked at either.
        if reader.holds(&sequence.name) && (owner_column.is_none() || reader.holds(&owner)) {
            sequence.owned_by = owner_column.map(|column| (owner, column));
            catalogue.sequences.push(sequence);
        }
    }
    Ok(identities)
}
