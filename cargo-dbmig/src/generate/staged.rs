//! One change as several migrations, so that none keeps others waiting for long (PostgreSQL).
//!
//! An index on a table that is there is built concurrently, in a migration of its own outside a transaction.
//! A foreign key or a condition first holds for new rows only, and the old ones are looked at in the next
//! migration. NOT NULL comes by way of such a condition, so that nothing is looked at under a lock.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::change::{Step, Value};
use dbmig_runtime::catalogue::{Catalogue, Check, Index, IndexKey, Label, Name, Options, Table};

use super::diff::Relabelled;
use super::edit::Edit;
use super::{names, plain};

/// One migration: the catalogues that it goes through.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// What is added to the name.
    pub(super) suffix: String,
    /// From the first to the last.
    pub(super) path: Vec<Catalogue>,
    /// Whether it keeps readers and writers out for moments only.
    pub(super) online: bool,
    /// What is done to the rows on the way: at which of the catalogues.
    pub(super) fills: Vec<(usize, Step)>,
    /// What they get while their table is built anew (SQLite).
    pub(super) values: Vec<Value>,
    /// Whether its second catalogue is the first one with the renames done, and nothing else: as the server
    /// tells it, which may write a view in another way.
    pub(super) renames_apart: bool,
    /// What is done right behind the renames, and before they are taken back; only where those are apart.
    pub(super) relabelled: Relabelled,
}

/// The migrations of a change, one at least.
pub(super) fn stages(edit: &Edit<'_>) -> Vec<Stage> {
    let one =
        || vec![Stage { path: vec![edit.before.clone(), edit.after.clone()], ..Stage::default() }];
    if edit.dialect() != Dialect::Postgres || edit.options.short || !edit.renames.is_empty() {
        return one();
    }
    let mut plan = Plan { at: edit.before.clone(), stages: Vec::new() };
    let mut first = edit.after.clone();
    let mut indexes = Vec::new();
    let mut valid = edit.after.clone();
    for before in &edit.before.tables {
        let table = first.tables.iter_mut().find(|table| table.name == before.name);
        let Some(table) = table else { continue };
        indexes.extend(apart(before, table).into_iter().map(|one| (before.name.clone(), one)));
        let made_null = later(before, table);
        let goal = valid.tables.iter_mut().find(|table| table.name == before.name);
        // On the way the condition stands for NOT NULL, and both are there for a moment.
        if let Some(goal) = goal {
            goal.checks.extend(made_null.iter().map(valid_one));
        }
    }
    plan.go(vec![first], "");
    for (of, index) in indexes {
        let mut next = plan.at.clone();
        let table = next.tables.iter_mut().find(|table| table.name == of);
        if let Some(table) = table {
            match index {
                Apart::Comes(index) => table.indexes.push(index),
                Apart::Goes(name) => table.indexes.retain(|one| one.label.name != name),
            }
        }
        plan.online(next);
    }
    let mut rest = vec![held(&plan.at, &valid)];
    rest.push(valid);
    rest.push(edit.after.clone());
    plan.go(rest, "validate");
    if plan.stages.is_empty() { one() } else { plan.stages }
}

struct Plan {
    at: Catalogue,
    stages: Vec<Stage>,
}

impl Plan {
    fn go(&mut self, path: Vec<Catalogue>, suffix: &str) {
        let mut all = vec![self.at.clone()];
        for next in path {
            if all.last() != Some(&next) {
                all.push(next);
            }
        }
        if all.len() < 2 || told_same(&all) {
            return;
        }
        self.at = all.last().cloned().unwrap_or_else(|| self.at.clone());
        let suffix = if self.stages.is_empty() { "" } else { suffix }.to_owned();
        self.stages.push(Stage { suffix, path: all, ..Stage::default() });
    }

    fn online(&mut self, next: Catalogue) {
        let count = self.stages.iter().filter(|stage| stage.online).count();
        let suffix = match (self.stages.is_empty(), count) {
            (true, _) => String::new(),
            (false, 0) => "index".to_owned(),
            (false, count) => format!("index_{}", count + 1),
        };
        let path = vec![std::mem::replace(&mut self.at, next.clone()), next];
        self.stages.push(Stage { suffix, path, online: true, ..Stage::default() });
    }
}

/// Whether nothing differs but the order in lists.
fn told_same(path: &[Catalogue]) -> bool {
    path.windows(2).all(|pair| pair[0].differences(&pair[1]).is_empty())
}

enum Apart {
    Comes(Index),
    Goes(Option<String>),
}

/// Takes out what is built or dropped concurrently.
fn apart(before: &Table, table: &mut Table) -> Vec<Apart> {
    let named = |list: &[Index], index: &Index| {
        list.iter().any(|other| other.label.name == index.label.name)
    };
    let (stay, come): (Vec<_>, Vec<_>) =
        table.indexes.drain(..).partition(|index| named(&before.indexes, index));
    table.indexes = stay;
    // The index of a column that goes, goes with it.
    let whole = |index: &&Index| {
        index.parts.iter().all(|part| match &part.key {
            IndexKey::Column(name) => table.columns.iter().any(|column| column.name == *name),
            IndexKey::Expression(_) => before.columns.len() == table.columns.len(),
        })
    };
    let gone: Vec<Index> = before
        .indexes
        .iter()
        .filter(|index| !named(&table.indexes, index))
        .filter(whole)
        .cloned()
        .collect();
    table.indexes.extend(gone.iter().cloned());
    let go = gone.into_iter().map(|index| Apart::Goes(index.label.name));
    go.chain(come.into_iter().map(Apart::Comes)).collect()
}

/// Puts off what looks at all rows; the conditions that stand for NOT NULL.
fn later(before: &Table, table: &mut Table) -> Vec<Check> {
    for key in &mut table.foreign_keys {
        if !before.foreign_keys.iter().any(|old| old.label.name == key.label.name) {
            key.validated = false;
        }
    }
    for check in &mut table.checks {
        if !before.checks.iter().any(|old| old.label.name == check.label.name) {
            check.validated = false;
        }
    }
    let mut made = Vec::new();
    for at in 0..table.columns.len() {
        let column = &table.columns[at];
        let old = before.column(&column.name);
        if column.nullable || !old.is_some_and(|old| old.nullable) {
            continue;
        }
        let name = names::free(table, std::slice::from_ref(&column.name), "not_null");
        let written = plain::written(&column.name, Dialect::Postgres);
        let check = Check {
            label: Label::chosen(name),
            expression: format!("{written} IS NOT NULL"),
            validated: false,
            options: Options::new(),
            comment: None,
        };
        table.columns[at].nullable = true;
        table.checks.push(check.clone());
        made.push(check);
    }
    made
}

fn valid_one(check: &Check) -> Check {
    Check { validated: true, ..check.clone() }
}

/// The catalogue on the way: all conditions hold, and NOT NULL is not said yet.
fn held(at: &Catalogue, goal: &Catalogue) -> Catalogue {
    let mut held = at.clone();
    for table in &mut held.tables {
        let Some(goal) = goal_of(goal, &table.name) else { continue };
        for key in &mut table.foreign_keys {
            let same = goal.foreign_keys.iter().find(|other| other.label.name == key.label.name);
            key.validated = same.map_or(key.validated, |other| other.validated);
        }
        for check in &mut table.checks {
            let same = goal.checks.iter().find(|other| other.label.name == check.label.name);
            check.validated = same.map_or(check.validated, |other| other.validated);
        }
    }
    held
}

fn goal_of<'a>(goal: &'a Catalogue, name: &Name) -> Option<&'a Table> {
    goal.table(name)
}
