//! Sequences of MariaDB, which are tables of one row there.

use std::collections::BTreeMap;

use dbmig_build::Dialect;

use super::super::{Catalogue, Name, Sequence};
use super::source::Source;
use super::tables::{Listed, Listing};
use crate::session::DbResult;
use crate::sql;

/// Takes them out of what was listed, and reads all of them by one query.
pub(super) fn read(
    source: &mut Source<'_>,
    listed: &mut BTreeMap<String, Listed>,
    catalogue: &mut Catalogue,
) -> DbResult<()> {
    let is_sequence = |table: &Listed| table.kind == Listing::Sequence;
    let names: Vec<_> = listed
        .iter()
        .filter(|(_, table)| is_sequence(table))
        .map(|(name, _)| name.clone())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let one = |name: &String| {
        let columns = [
            sql::literal(Dialect::Mysql, name).as_str(),
            "start_value",
            "increment",
            "minimum_value",
            "maximum_value",
            "cache_size",
            "cycle_option",
        ]
        .map(|column| sql::text(Dialect::Mysql, column))
        .join(", ");
        let from = super::names::quoted(&Name::within(Some(&source.database), name));
        format!("SELECT {columns} FROM {from}")
    };
    let query = names.iter().map(one).collect::<Vec<_>>().join(" UNION ALL ");
    for mut cells in source.query(&query)? {
        let name = cells.text();
        let comment = listed.remove(&name).and_then(Listed::into_comment);
        catalogue.sequences.push(Sequence {
            name: source.name(name),
            ty: "bigint".to_owned(),
            start: cells.number(),
            increment: cells.number(),
            min: cells.number(),
            max: cells.number(),
            cache: cells.number(),
            cycle: cells.is("1"),
            owned_by: None,
            comment,
        });
    }
    Ok(())
}
