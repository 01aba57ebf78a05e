//! Tables, views and composite types, put together.

use std::collections::HashMap;

use super::constraints::{self, quoted};
use super::reader::Reader;
use super::relations::Relation;
use super::sequences::Identities;
use super::write::full;
use super::{columns, indexes, parents, relations};
use crate::catalogue::{Catalogue, Composite, Identity, Index, Name, Options, Table, View};
use crate::session::DbResult;

/// What was found, by the number of the table.
struct Parts {
    columns: HashMap<u32, Vec<columns::Found>>,
    constraints: HashMap<u32, Vec<constraints::Found>>,
    indexes: HashMap<u32, Vec<indexes::Found>>,
    parents: HashMap<u32, Vec<Name>>,
    identities: Identities,
}

/// Reads them into the catalogue. What constraints there are on domains is given back.
pub(super) fn read(
    reader: &mut Reader<'_>,
    catalogue: &mut Catalogue,
    identities: Identities,
) -> DbResult<HashMap<u32, Vec<constraints::Found>>> {
    let relations = relations::read(reader)?;
    let mut parts = Parts {
        columns: columns::read(reader)?,
        constraints: constraints::read(reader)?,
        indexes: indexes::read(reader)?,
        parents: parents::read(reader)?,
        identities,
    };
    for relation in relations {
        match relation.kind {
            'c' => {
                let found = parts.columns.remove(&relation.oid).unwrap_or_default();
                let fields = columns::fields(found);
                let Relation { name, comment, .. } = relation;
                catalogue.composites.push(Composite { name, fields, comment });
            }
            'v' | 'm' => catalogue.views.push(parts.view(relation)),
            _ => catalogue.tables.push(parts.table(relation)),
        }
    }
    Ok(parts.constraints)
}

impl Parts {
    fn view(&mut self, relation: Relation) -> View {
        let found = self.columns.remove(&relation.oid).unwrap_or_default();
        let columns = found.into_iter().map(|found| (found.column.name, found.column.ty.text));
        let query = super::expression::settled(relation.query.unwrap_or_default());
        let mut options = relation.options;
        let indexes = self.indexes.remove(&relation.oid).unwrap_or_default();
        note_indexes(&mut options, &indexes);
        View {
            name: relation.name,
            definition: query.trim().trim_end_matches(';').trim_end().to_owned(),
            columns: columns.collect(),
            materialized: relation.kind == 'm',
            indexes: indexes.into_iter().map(|found| found.index).collect(),
            options,
            comment: relation.comment,
        }
    }

    fn table(&mut self, relation: Relation) -> Table {
        let Relation { oid, name, mut options, comment, .. } = relation;
        let found = self.columns.remove(&oid).unwrap_or_default();
        let numbers: HashMap<_, _> =
            found.iter().map(|found| (found.number, found.column.name.clone())).collect();
        let parents = self.parents.remove(&oid).unwrap_or_default();
        note_parents(&mut options, &parents);
        let indexes = self.indexes.remove(&oid).unwrap_or_default();
        note_indexes(&mut options, &indexes);
        let mut table = Table {
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            indexes: Vec::new(),
            comment,
            options,
            name,
        };
        let partition = table.options.contains_key("partition_of");
        for columns::Found { number, mut column, identity } in found {
            // Since PostgreSQL 17 partitions have it as well, without a sequence of their own.
            column.identity = identity.and_then(|always| {
                let sequence = self.identities.remove(&(oid, number))?;
                Some(Identity { always, sequence })
            });
            if partition {
                // They all are.
                column.options.remove("inherited");
            }
            table.columns.push(column);
        }
        let own = &table.name.name;
        for found in self.constraints.remove(&oid).unwrap_or_default() {
            match found.kind {
                'p' => table.primary_key = Some(found.key(own, &numbers, &indexes)),
                'u' => table.uniques.push(found.key(own, &numbers, &indexes)),
                'f' => table.foreign_keys.push(found.foreign_key(own, &numbers)),
                'x' => table.exclusions.push(found.exclusion(own, &indexes)),
                _ => table.checks.push(found.check(own, &numbers)),
            }
        }
        let free = indexes.into_iter().filter(|found| !found.of_constraint);
        table.indexes = free.map(|found| found.index).collect();
        table
    }
}

fn note_parents(options: &mut Options, parents: &[Name]) {
    if parents.is_empty() {
        return;
    }
    let names: Vec<_> = parents.iter().map(full).collect();
    let key = if options.contains_key("partition_bound") { "partition_of" } else { "inherits" };
    options.insert(key, names.join(", "));
}

/// What a table says about one of its indexes.
fn note_indexes(options: &mut Options, indexes: &[indexes::Found]) {
    let name = |index: &Index| quoted(&index.label.name.clone().into_iter().collect::<Vec<_>>());
    for found in indexes {
        if found.replica_identity {
            options.insert("replica_identity", format!("using index {}", name(&found.index)));
        }
        if found.clustered {
            options.insert("cluster_on", name(&found.index));
        }
    }
}
