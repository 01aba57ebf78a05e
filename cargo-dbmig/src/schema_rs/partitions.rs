//! Partitions of PostgreSQL: the server gives them the keys of their table, which the catalogue knows only
//! where somebody wrote them.

use dbmig_runtime::catalogue::{Catalogue, ForeignKey, Key, Name, Table};

use super::types;

/// The primary key of a table, its own or that of the table it is a part of.
pub(super) fn primary_key<'a>(catalogue: &'a Catalogue, table: &'a Table) -> Option<&'a Key> {
    lineage(catalogue, table).find_map(|table| table.primary_key.as_ref())
}

/// The foreign keys of a table, with the tables that they point to: a key to a table with partitions
/// points to each of them as well.
pub(super) fn foreign_keys<'a>(
    catalogue: &'a Catalogue,
    table: &'a Table,
) -> Vec<(&'a ForeignKey, &'a Name)> {
    let keys = lineage(catalogue, table).flat_map(|table| &table.foreign_keys);
    keys.flat_map(|key| {
        let parts = catalogue.tables.iter().filter(|part| {
            part.name != key.table && lineage(catalogue, part).any(|whole| whole.name == key.table)
        });
        std::iter::once(&key.table).chain(parts.map(|part| &part.name)).map(move |to| (key, to))
    })
    .collect()
}

/// A table, the one that it is a part of, and so on.
fn lineage<'a>(catalogue: &'a Catalogue, table: &'a Table) -> impl Iterator<Item = &'a Table> {
    std::iter::successors(Some(table), |table| {
        let (schema, name) = types::parts(table.options.get("partition_of")?);
        catalogue.table(&Name::within(schema.filter(|schema| schema != "public"), name))
    })
}
