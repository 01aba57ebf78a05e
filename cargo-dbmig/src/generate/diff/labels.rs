//! Names that the server had chosen, once what they were made of is called in another way: `users_pkey` of
//! what is `people` now. Whoever made the table under its new name has `people_pkey`.

use std::collections::HashSet;

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::change::Step;
use dbmig_runtime::catalogue::{Catalogue, Label, Name, Table, quoted};

/// The same under other names, and back.
#[derive(Debug, Clone, Default)]
pub(in crate::generate) struct Relabelled {
    pub(in crate::generate) up: Vec<Step>,
    pub(in crate::generate) down: Vec<Step>,
}

/// Gives to what the server has named the names that it has in `after`.
pub(super) fn relabel(before: &Catalogue, begin: &mut Catalogue, after: &Catalogue) -> Relabelled {
    let mut done = Relabelled::default();
    let dialect = begin.dialect;
    if dialect == Dialect::Sqlite {
        return done;
    }
    let chosen: HashSet<String> = before.tables.iter().flat_map(chosen).collect();
    for table in &mut begin.tables {
        let Some(wished) = after.table(&table.name) else { continue };
        let of = table.name.clone();
        let mut give = |label: &mut Label, wished: &Label, index: bool| {
            let (Some(old), Some(new)) = (&label.name, &wished.name) else { return };
            if old == new || !wished.generated || !chosen.contains(old) || new == "PRIMARY" {
                return;
            }
            let sql = |from: &str, to: &str| statement(dialect, &of, index, (from, to));
            done.up.push(Step::new(&of, sql(old, new)));
            done.down.insert(0, Step::new(&of, sql(new, old)));
            *label = wished.clone();
        };
        if let (Some(key), Some(wished)) = (&mut table.primary_key, &wished.primary_key) {
            give(&mut key.label, &wished.label, false);
        }
        for key in &mut table.uniques {
            let same = wished.uniques.iter().find(|one| one.columns == key.columns);
            same.into_iter().for_each(|one| give(&mut key.label, &one.label, false));
        }
        for index in &mut table.indexes {
            let same = wished.indexes.iter().find(|one| {
                one.parts == index.parts
                    && one.unique == index.unique
                    && one.predicate == index.predicate
            });
            same.into_iter().for_each(|one| give(&mut index.label, &one.label, true));
        }
        if dialect == Dialect::Postgres {
            for key in &mut table.foreign_keys {
                let same = wished
                    .foreign_keys
                    .iter()
                    .find(|one| one.columns == key.columns && one.table == key.table);
                same.into_iter().for_each(|one| give(&mut key.label, &one.label, false));
            }
            for check in &mut table.checks {
                let same = wished.checks.iter().find(|one| one.expression == check.expression);
                same.into_iter().for_each(|one| give(&mut check.label, &one.label, false));
            }
        }
    }
    done
}

fn chosen(table: &Table) -> Vec<String> {
    let keys = table.primary_key.iter().chain(&table.uniques).map(|key| &key.label);
    let foreign = table.foreign_keys.iter().map(|key| &key.label);
    let others = table.checks.iter().map(|one| &one.label);
    let indexes = table.indexes.iter().map(|one| &one.label);
    let all = keys.chain(foreign).chain(others).chain(indexes);
    all.filter(|label| label.generated).filter_map(|label| label.name.clone()).collect()
}

fn statement(dialect: Dialect, of: &Name, index: bool, (from, to): (&str, &str)) -> String {
    let name = |name: &str| quoted(dialect, name);
    let full = |own: &str| match &of.schema {
        Some(schema) => format!("{}.{}", name(schema), name(own)),
        None => name(own),
    };
    let (table, from_plain, to) = (full(&of.name), name(from), name(to));
    match dialect {
        Dialect::Postgres if index => format!("ALTER INDEX {} RENAME TO {to}", full(from)),
        Dialect::Postgres => format!("ALTER TABLE {table} RENAME CONSTRAINT {from_plain} TO {to}"),
        // A unique key is an index to it.
        Dialect::Mysql | Dialect::Sqlite => {
            format!("ALTER TABLE {table} RENAME INDEX {from_plain} TO {to}")
        }
    }
}
