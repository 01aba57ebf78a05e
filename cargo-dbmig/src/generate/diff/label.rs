//! A name for a migration that says what it does.

use dbmig_runtime::catalogue::change::Rename;
use dbmig_runtime::catalogue::{Catalogue, Kind, Name, Table};

use super::super::names;

/// At most so many changes are named; more are a change of their tables.
const NAMED: usize = 2;

/// `create_posts`, `add_age_to_users_and_drop_tags`; `change_users_and_posts` where there is more to it.
pub(super) fn of(begin: &Catalogue, after: &Catalogue, renames: &[Rename]) -> String {
    let mut words: Vec<String> = renames.iter().map(of_rename).collect();
    let (mut tables, mut rest) = (Vec::<Name>::new(), Vec::new());
    for difference in begin.differences(after).into_iter().filter(|one| !one.is_order()) {
        let object = &difference.object;
        let table = object.of.clone().unwrap_or_else(|| object.name.clone());
        if object.kind == Kind::Table && object.of.is_none() {
            match (begin.table(&object.name), after.table(&object.name)) {
                (None, _) => words.push(format!("create_{}", object.name.name)),
                (_, None) => words.push(format!("drop_{}", object.name.name)),
                _ => rest.push(table),
            }
        } else if !tables.contains(&table) {
            tables.push(table);
        }
    }
    for name in tables {
        match (begin.table(&name), after.table(&name)) {
            (Some(before), Some(after)) => words.push(of_table(before, after)),
            _ => rest.push(name),
        }
    }
    words.extend(rest.iter().map(|name| format!("change_{}", name.name)));
    words.dedup();
    let all = match words.len() {
        0 => "change_schema".to_owned(),
        few if few <= NAMED => words.join("_and_"),
        more => format!("{}_and_{}_more", words[0], more - 1),
    };
    names::of_words(&all)
}

fn of_rename(rename: &Rename) -> String {
    match rename {
        Rename::Table { from, to } => format!("rename_{}_to_{}", from.name, to.name),
        Rename::Column { table, from, to } => format!("rename_{from}_to_{to}_in_{}", table.name),
    }
}

/// What happens to one table, in a few words.
fn of_table(before: &Table, after: &Table) -> String {
    let name = &after.name.name;
    let missing = |here: &Table, there: &Table| -> Vec<String> {
        let columns = here.columns.iter().map(|column| column.name.clone());
        columns.filter(|column| there.column(column).is_none()).collect()
    };
    let (come, go) = (missing(after, before), missing(before, after));
    match (&come[..], &go[..]) {
        ([_, ..], []) if come.len() <= NAMED => format!("add_{}_to_{name}", come.join("_and_")),
        ([], [_, ..]) if go.len() <= NAMED => format!("remove_{}_from_{name}", go.join("_and_")),
        _ => {
            let changed: Vec<_> = after
                .columns
                .iter()
                .filter(|column| before.column(&column.name).is_some_and(|old| old != *column))
                .map(|column| column.name.as_str())
                .collect();
            match (&come[..], &go[..], &changed[..]) {
                ([], [], [one]) => format!("change_{one}_in_{name}"),
                _ => format!("change_{name}"),
            }
        }
    }
}
