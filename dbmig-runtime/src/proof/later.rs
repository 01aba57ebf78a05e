//! What a migration allows that was not allowed before it: rows for which its way back may fail.

use crate::catalogue::{Catalogue, Name, Table};

/// Tables that take rows after a migration which they did not take before: NULL, another type, a constraint
/// or a label of an enum that is gone or new.
pub(super) fn looser(before: &Catalogue, after: &Catalogue) -> Vec<Name> {
    let is_looser = |now: &&Table| {
        let was = before.tables.iter().find(|table| table.name == now.name);
        was.is_some_and(|was| takes_more(was, now) || has_other_enum(before, after, now))
    };
    after.tables.iter().filter(is_looser).map(|table| table.name.clone()).collect()
}

fn takes_more(was: &Table, now: &Table) -> bool {
    let columns = was.columns.iter().any(|old| {
        now.column(&old.name).is_some_and(|new| (new.nullable && !old.nullable) || new.ty != old.ty)
    });
    // Whatever it is called.
    let keys = |table: &Table| -> Vec<Vec<String>> {
        let keys = table.primary_key.iter().chain(&table.uniques);
        keys.map(|key| key.columns.clone()).collect()
    };
    let left = keys(now);
    columns
        || keys(was).iter().any(|key| !left.contains(key))
        || was.checks.len() > now.checks.len()
        || was.foreign_keys.len() > now.foreign_keys.len()
        || unique_indexes(was) > unique_indexes(now)
}

fn unique_indexes(table: &Table) -> usize {
    table.indexes.iter().filter(|index| index.unique).count()
}

fn has_other_enum(before: &Catalogue, after: &Catalogue, table: &Table) -> bool {
    table.columns.iter().any(|column| {
        let of = |catalogue: &Catalogue| {
            let found = catalogue.enums.iter().find(|found| found.name == column.ty.name);
            found.map(|found| found.labels.clone())
        };
        of(before).is_some_and(|labels| of(after).is_some_and(|now| now != labels))
    })
}
