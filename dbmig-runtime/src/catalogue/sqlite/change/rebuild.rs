//! A table that is built anew beside the old one, and takes its place.

use std::collections::HashSet;

use dbmig_build::Dialect;

use super::super::super::change::{Step, Value, replaced};
use super::super::super::{Catalogue, IndexKey, Name, Table};
use super::super::names::{bare, folded};
use super::super::write;
use crate::sql;

/// The statements, up to the new name; its indexes are made afterwards.
pub(super) fn steps(
    before: &Table,
    after: &Table,
    (begin, to): (&Catalogue, &Catalogue),
    values: &[Value],
) -> Vec<Step> {
    let name = &after.name;
    let beside = free_name(name, begin, to);
    let (new, old) = (bare(&beside), bare(&name.name));
    let lost = before.columns.iter().any(|column| after.column(&column.name).is_none());
    let mut steps = vec![write::table(&called(after, &beside))];
    let value = |column: &str| {
        let mut values = values.iter().filter(|one| one.table == *name && one.column == column);
        values.next().map(|one| one.sql.as_str())
    };
    let copied: Vec<_> = after
        .columns
        .iter()
        .filter(|column| column.generated.is_none())
        .filter_map(|column| {
            let here = bare(&column.name);
            let there = match (before.column(&column.name), value(&column.name)) {
                (Some(_), None) => here.clone(),
                (Some(_), Some(value)) => format!("coalesce({here}, {value})"),
                (None, Some(value)) => value.to_owned(),
                (None, None) => return None,
            };
            Some((here, there))
        })
        .collect();
    if !copied.is_empty() {
        let (here, there): (Vec<_>, Vec<_>) = copied.into_iter().unzip();
        let (here, there) = (here.join(", "), there.join(", "));
        steps.push(format!("INSERT INTO {new} ({here}) SELECT {there} FROM {old}"));
    }
    let counts = |table: &Table| table.columns.iter().any(|column| column.auto_increment);
    if counts(before) && counts(after) {
        // The number of the last row, which may be gone.
        let [new, old] = [&beside, &name.name].map(|name| sql::literal(Dialect::Sqlite, name));
        steps.push(format!("DELETE FROM sqlite_sequence WHERE name = {new}"));
        steps.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {new}, seq FROM sqlite_sequence WHERE name = {old}"
        ));
    }
    let drop = steps.len();
    steps.push(format!("DROP TABLE {old}"));
    steps.push(format!("ALTER TABLE {new} RENAME TO {old}"));
    let steps = steps.into_iter().enumerate().map(|(at, sql)| Step {
        destroys: lost && at == drop,
        foreign_keys_off: true,
        ..Step::new(name, sql)
    });
    steps.collect()
}

/// `new_users`, or what is left of such names.
fn free_name(name: &Name, begin: &Catalogue, to: &Catalogue) -> String {
    let taken: HashSet<_> = [begin, to]
        .into_iter()
        .flat_map(|catalogue| {
            let tables = catalogue.tables.iter().map(|table| &table.name.name);
            let views = catalogue.views.iter().map(|view| &view.name.name);
            let indexes = catalogue.tables.iter().flat_map(|table| &table.indexes);
            let indexes = indexes.filter_map(|index| index.label.name.as_ref());
            tables.chain(views).chain(indexes).map(|name| folded(name)).collect::<Vec<_>>()
        })
        .collect();
    let mut free = format!("new_{}", name.name);
    while taken.contains(&folded(&free)) {
        free.insert_str(0, "new_");
    }
    free
}

/// The same table under another name: where a condition names its table, that is the one meant.
fn called(table: &Table, name: &str) -> Table {
    let mut table = table.clone();
    let old = std::mem::replace(&mut table.name, Name::new(name)).name;
    let rewrite = |text: &mut String| {
        let dotted = |next: Option<&dbmig_build::sql::Token<'_>>| {
            next.is_some_and(|token| token.text == ".")
        };
        *text = replaced(text, Dialect::Sqlite, &old, name, |_, next| dotted(next));
    };
    for column in &mut table.columns {
        column.generated.iter_mut().for_each(|one| rewrite(&mut one.expression));
    }
    table.checks.iter_mut().for_each(|check| rewrite(&mut check.expression));
    for index in &mut table.indexes {
        for part in &mut index.parts {
            if let IndexKey::Expression(expression) = &mut part.key {
                rewrite(expression);
            }
        }
    }
    table
}
