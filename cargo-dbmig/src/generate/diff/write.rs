//! A change as migrations.
//!
//! Renames come first, so that what follows finds what it is about. Where rows have nothing for a column,
//! that takes NULL at first (or has the value for a default), and is what it should be once they have it;
//! SQLite builds the table anew, and fills it on the way.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::change::{Rename, Step, Value, renamed};
use dbmig_runtime::catalogue::{Catalogue, Name, quoted};

use super::{Change, Fill, fills};
use crate::error::CliResult;
use crate::generate::Options;
use crate::generate::edit::Edit;
use crate::generate::staged::{self, Stage};
use crate::generate::write::{Written, backwards, part};

pub(super) fn write(change: &Change, short: bool) -> CliResult<Written> {
    let options = Options { short, ..Options::default() };
    let begin = change.begin.clone();
    let between = between(change);
    let mut edit = Edit::of(&begin, &options);
    edit.after.clone_from(&between);
    let mut stages = staged::stages(&edit);
    if change.after.dialect == Dialect::Sqlite {
        stages.iter_mut().for_each(|stage| stage.values = values(change));
    } else if between != change.after || !change.fills.is_empty() {
        edit.before.clone_from(&between);
        edit.after.clone_from(&change.after);
        join(&mut stages, staged::stages(&edit), statements(change));
    }
    edit.before.clone_from(&change.before);
    edit.after.clone_from(&change.after);
    if !change.renames.is_empty() {
        edit.renames.clone_from(&change.renames);
        lead(&mut stages, &change.renames, &change.before, &begin);
        if let Some(first) = stages.first_mut() {
            first.relabelled.clone_from(&change.relabelled);
        }
    }
    let mut parts = Vec::new();
    let mut todo = Vec::new();
    for (at, stage) in stages.iter().enumerate() {
        parts.extend(part(&edit, stage, at == 0, &mut todo)?);
    }
    if let Some(first) = parts.first_mut() {
        first.suffix.clear();
    }
    Ok(Written { parts, after: change.after.clone(), todo, notes: Vec::new() })
}

/// What there is before rows get their values.
fn between(change: &Change) -> Catalogue {
    let mut between = change.after.clone();
    if between.dialect == Dialect::Sqlite {
        return between;
    }
    for fill in &change.fills {
        let table = between.tables.iter_mut().find(|table| table.name == fill.table);
        let columns = table.into_iter().flat_map(|table| &mut table.columns);
        for column in columns.filter(|column| column.name == fill.column) {
            match by_default(fill, change.after.dialect) {
                true => column.default = Some(fill.value.clone()),
                false => column.nullable = true,
            }
        }
    }
    between
}

/// The same for SQLite, which builds the table anew and fills it on the way.
fn values(change: &Change) -> Vec<Value> {
    let value = |fill: &Fill| Value {
        table: fill.table.clone(),
        column: fill.column.clone(),
        sql: fill.value.clone(),
    };
    change.fills.iter().map(value).collect()
}

/// Whether the rows get it as the default of the new column, which keeps nobody waiting. MySQL has types without
/// constant defaults.
fn by_default(fill: &Fill, dialect: Dialect) -> bool {
    fill.new && dialect == Dialect::Postgres && fills::is_constant(&fill.value, dialect)
}

/// What gives the rows their values: one statement a table, for by then a condition of every column may look
/// at each row that is written.
fn statements(change: &Change) -> Vec<Step> {
    let dialect = change.after.dialect;
    let mut tables: Vec<(&Name, Vec<&Fill>)> = Vec::new();
    for fill in change.fills.iter().filter(|fill| !by_default(fill, dialect)) {
        match tables.iter_mut().find(|(table, _)| *table == &fill.table) {
            Some((_, fills)) => fills.push(fill),
            None => tables.push((&fill.table, vec![fill])),
        }
    }
    tables
        .into_iter()
        .map(|(table, fills)| Step::new(table, update(dialect, table, &fills)))
        .collect()
}

fn update(dialect: Dialect, table: &Name, fills: &[&Fill]) -> String {
    let name = |name: &str| quoted(dialect, name);
    let schema = table.schema.as_deref().map(|schema| format!("{}.", name(schema)));
    let table = format!("{}{}", schema.unwrap_or_default(), name(&table.name));
    let set = |fill: &&Fill| match fills.len() {
        1 => format!("{} = {}", name(&fill.column), fill.value),
        _ => format!("{0} = coalesce({0}, {1})", name(&fill.column), fill.value),
    };
    let set: Vec<_> = fills.iter().map(set).collect();
    let without = fills.iter().map(|fill| format!("{} IS NULL", name(&fill.column)));
    let without: Vec<_> = without.collect();
    format!("UPDATE {table} SET {} WHERE {}", set.join(", "), without.join(" OR "))
}

/// Goes on with the second stages, once the rows have their values: in the same migration where neither of
/// the two must stand alone.
fn join(stages: &mut Vec<Stage>, more: Vec<Stage>, statements: Vec<Step>) {
    let mut more = more.into_iter();
    let Some(mut next) = more.next() else { return };
    let rest: Vec<_> = more.collect();
    // What keeps new rows from having nothing is there before the old ones are filled.
    let at = if rest.is_empty() { 0 } else { next.path.len() - 1 };
    next.fills.extend(statements.into_iter().map(|step| (at, step)));
    match stages.as_mut_slice() {
        [only] if !only.online && !next.online => {
            let moved = only.path.len() - 1;
            only.path.extend(next.path.into_iter().skip(1));
            only.fills.extend(next.fills.into_iter().map(|(at, step)| (at + moved, step)));
        }
        _ => {
            "fill".clone_into(&mut next.suffix);
            stages.push(next);
        }
    }
    for mut stage in rest {
        if stage.suffix.is_empty() {
            "then".clone_into(&mut stage.suffix);
        }
        stages.push(stage);
    }
}

/// Begins with the renames: together with what follows, unless an old name is given to something new, which
/// the way back would find in its way.
fn lead(stages: &mut Vec<Stage>, renames: &[Rename], before: &Catalogue, begin: &Catalogue) {
    let plain = renamed(before, renames).is_ok_and(|plain| plain == *begin);
    let free = |first: &Stage| {
        let last = first.path.last();
        plain && last.is_some_and(|last| renamed(last, &backwards(renames)).is_ok())
    };
    match stages.first_mut() {
        Some(first) if !first.online && free(first) => first.path[0].clone_from(before),
        Some(first) if !first.online => {
            first.path.insert(0, before.clone());
            first.renames_apart = true;
            first.fills.iter_mut().for_each(|(at, _)| *at += 1);
        }
        _ => {
            let path = vec![before.clone(), begin.clone()];
            let stage = Stage { path, renames_apart: true, ..Stage::default() };
            if let Some(first) = stages.first_mut() {
                "then".clone_into(&mut first.suffix);
            }
            stages.insert(0, stage);
        }
    }
}
