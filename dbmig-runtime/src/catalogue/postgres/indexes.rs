//! Indexes, those that constraints have for themselves as well.

use std::collections::HashMap;

use super::chosen;
use super::columns::{COLLATION, collation, joined};
use super::expression::{bare, settled};
use super::reader::{Reader, comment};
use crate::catalogue::{Index, IndexKey, IndexPart, Options};
use crate::session::DbResult;

/// An index with what only its table can make sense of.
pub(super) struct Found {
    pub(super) oid: u32,
    /// The table, or materialised view.
    pub(super) relation: u32,
    /// Whether a constraint has it for itself.
    pub(super) of_constraint: bool,
    /// Whether it says which row is meant in replication.
    pub(super) replica_identity: bool,
    /// Whether the table was sorted by it.
    pub(super) clustered: bool,
    pub(super) index: Index,
    /// What its parts are called in names that the server chooses.
    pub(super) names: Vec<String>,
}

/// The indexes, by what they are on. Those that a parent's index brought along are not among them.
pub(super) fn read(reader: &mut Reader<'_>) -> DbResult<HashMap<u32, Vec<Found>>> {
    let mut parts = parts(reader)?;
    let sql = format!(
        "SELECT i.indexrelid::text, i.indrelid::text, t.relname::text, c.relname::text, \
           EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid \
             AND k.contype IN ('p', 'u', 'x'))::text, \
           i.indisunique::text, CASE WHEN am.amname <> 'btree' THEN am.amname::text END, \
           i.indnkeyatts::text, pg_catalog.pg_get_expr(i.indpred, i.indrelid), i.indisvalid::text, \
           i.indisreplident::text, i.indisclustered::text, c.reloptions::text, {distinct}, d.description \
         FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
         JOIN pg_catalog.pg_am am ON am.oid = c.relam {comment} \
         WHERE t.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND {{schemas}}",
        distinct = reader.since(15, "i.indnullsnotdistinct::text"),
        comment = comment("pg_class", "i.indexrelid"),
    );
    let mut all: HashMap<u32, Vec<Found>> = HashMap::new();
    for mut row in reader.rows(&sql)? {
        let (oid, relation) = (row.number(), row.number());
        let (table, name): (String, String) = (row.text(), row.text());
        let (of_constraint, unique, method) = (row.flag(), row.flag(), row.optional());
        let (names, mut parts): (Vec<_>, Vec<_>) =
            parts.remove(&oid).unwrap_or_default().into_iter().unzip();
        let carried = parts.split_off(row.number::<usize>().min(parts.len()));
        let include = carried.into_iter().filter_map(|part| match part.key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        });
        let mut index = Index {
            label: chosen::label(name, &table, Some(&names), "idx"),
            unique,
            method,
            include: include.collect(),
            parts,
            predicate: row.optional().map(settled),
            valid: row.flag(),
            options: Options::new(),
            comment: None,
        };
        let (replica_identity, clustered) = (row.flag(), row.flag());
        index.options.extend(joined(row.list()).map(|settings| ("with", settings)));
        index.options.extend(row.flag().then(|| ("nulls_not_distinct", String::new())));
        index.comment = row.optional();
        let found =
            Found { oid, relation, of_constraint, replica_identity, clustered, index, names };
        all.entry(found.relation).or_default().push(found);
    }
    Ok(all)
}

/// The parts of all indexes in their order, each with the name that it has in the index.
fn parts(reader: &mut Reader<'_>) -> DbResult<HashMap<u32, Vec<(String, IndexPart)>>> {
    let class = "CASE WHEN cn.nspname IN ('pg_catalog', 'public') \
         THEN pg_catalog.quote_ident(oc.opcname::text) ELSE pg_catalog.quote_ident(cn.nspname::text) \
         OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(oc.opcname::text) END";
    let sql = format!(
        "SELECT i.indexrelid::text, a.attname::text, ta.attname::text, \
           CASE WHEN ta.attname IS NULL THEN \
             pg_catalog.pg_get_indexdef(i.indexrelid, a.attnum::pg_catalog.int4, false) END, \
           CASE WHEN a.attnum <= i.indnkeyatts THEN i.indoption[a.attnum - 1] END::text, \
           am.amname::text, {class}, a.{options}::text, {COLLATION} \
         FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_class t ON t.oid = i.indrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
         JOIN pg_catalog.pg_am am ON am.oid = c.relam \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indexrelid \
         JOIN pg_catalog.pg_type ty ON ty.oid = a.atttypid \
         LEFT JOIN pg_catalog.pg_attribute ta \
           ON ta.attrelid = i.indrelid AND ta.attnum = i.indkey[a.attnum - 1] \
         LEFT JOIN pg_catalog.pg_opclass oc ON a.attnum <= i.indnkeyatts \
           AND oc.oid = i.indclass[a.attnum - 1] \
           AND (NOT oc.opcdefault OR a.{options} IS NOT NULL) \
         LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = oc.opcnamespace \
         {collation} \
         WHERE t.relkind IN ('r', 'p', 'm') AND NOT c.relispartition AND {{schemas}} \
         ORDER BY i.indexrelid, a.attnum",
        options = if reader.version() >= 13 { "attoptions" } else { "attfdwoptions" },
        collation = collation("a.attcollation", "COALESCE(ta.attcollation, ty.typcollation)"),
    );
    let mut all: HashMap<u32, Vec<(String, IndexPart)>> = HashMap::new();
    for mut row in reader.rows(&sql)? {
        let index = row.number();
        let name = row.text();
        let column = row.optional();
        let expression = row.optional().unwrap_or_default();
        let bits: u8 = row.number();
        // Other methods have no order.
        let sorted = row.text() == "btree";
        let mut part = IndexPart {
            key: match column {
                Some(column) => IndexKey::Column(column),
                None => IndexKey::Expression(bare(&settled(expression)).to_owned()),
            },
            descending: sorted && bits & 1 != 0,
            options: Options::new(),
        };
        let (class, settings, collation) = (row.optional(), joined(row.list()), row.optional());
        let class = class.map(|class| match settings {
            Some(settings) => format!("{class} ({settings})"),
            None => class,
        });
        part.options.extend(class.map(|class| ("opclass", class)));
        part.options.extend(collation.map(|collation| ("collation", collation)));
        let first = bits & 2 != 0;
        if sorted && first != part.descending {
            part.options.insert("nulls", if first { "first" } else { "last" }.to_owned());
        }
        all.entry(index).or_default().push((name, part));
    }
    Ok(all)
}
