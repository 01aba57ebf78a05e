//! The statements that turn one catalogue of SQLite into another.
//!
//! `ALTER TABLE` adds a column at the end, drops one that nothing else names, and renames. For all else the
//! table is built anew beside the old one, and takes its rows, its number of the last row, and its name. Views
//! and triggers that name what changes are dropped before and made again: SQLite looks at them when a
//! table gets another name, and refuses where one of them does not fit.

mod rebuild;
mod table;

use std::collections::HashSet;

use dbmig_build::sql::TokenKind;

use super::super::change::{CannotSay, Pairs, Rename, Step, Wish, pairs};
use super::super::facts::{Piece, of_piece};
use super::super::{Catalogue, Facts, Name, Object, Table, Trigger, View};
use super::names::{bare, folded, unquoted};
use super::text::seen;
use super::write;
use table::{Alteration, alteration};

fn told(piece: Piece<'_>) -> (Object, Facts) {
    of_piece(dbmig_build::Dialect::Sqlite, piece)
}

/// `from` as it is; `begin` the same once the renames are done.
pub(crate) fn changes(
    from: &Catalogue,
    begin: &Catalogue,
    to: &Catalogue,
    wish: &Wish,
) -> Result<Vec<Step>, Vec<CannotSay>> {
    let tables = pairs(&begin.tables, &to.tables, |table| told(Piece::Table(table)));
    let kept = || tables.same.iter().chain(&tables.altered);
    let mut wrong = Vec::new();
    let mut altered = Vec::new();
    for (before, after) in kept() {
        match alteration(before, after, wish) {
            Ok(Alteration::None) => {}
            Ok(what) => altered.push((*before, *after, what)),
            Err(why) => wrong.push(why),
        }
    }
    wrong.extend(twins(&tables));
    if !wrong.is_empty() {
        return Err(wrong);
    }

    // What the views and triggers must not name while it changes.
    let mut touched: HashSet<String> =
        tables.removed.iter().map(|table| folded(&table.name.name)).collect();
    for rename in &wish.renames {
        let (Rename::Table { from: name, .. } | Rename::Column { table: name, .. }) = rename;
        touched.insert(folded(&name.name));
    }
    let disturbs = |what: &Alteration<'_>| match what {
        Alteration::Rebuild => true,
        Alteration::Alter { dropped, .. } => !dropped.is_empty(),
        Alteration::None => false,
    };
    let disturbed = altered.iter().filter(|(_, _, what)| disturbs(what));
    touched.extend(disturbed.map(|(before, _, _)| folded(&before.name.name)));

    let views = Disturbed::views(from, begin, to, &mut touched);
    let triggers = Disturbed::triggers(from, begin, to, &touched);
    let mut steps: Vec<_> =
        triggers.dropped.iter().map(|one| drop("TRIGGER", &one.table, &one.name)).collect();
    steps.extend(views.dropped.iter().map(|view| drop("VIEW", &view.name, &view.name.name)));
    steps.extend(wish.renames.iter().map(rename));
    for (before, after, _) in &altered {
        let gone = indexes(before, after);
        let gone = gone.removed.into_iter().chain(gone.altered.iter().map(|(before, _)| *before));
        let names = gone.filter_map(|index| index.label.name.as_deref());
        steps.extend(names.map(|name| drop("INDEX", &before.name, name)));
    }
    for table in &tables.added {
        let sql = write::virtual_table(table).unwrap_or_else(|| write::table(table));
        steps.push(Step::new(&table.name, sql));
    }
    for (before, after, what) in &altered {
        match what {
            Alteration::Rebuild => {
                steps.extend(rebuild::steps(before, after, (begin, to), &wish.values))
            }
            Alteration::Alter { dropped, added } => {
                steps.extend(table::steps(after, dropped, added));
            }
            Alteration::None => {}
        }
    }
    steps.extend(drop_tables(&tables.removed, to));
    for (before, after, what) in &altered {
        let indexes = indexes(before, after);
        let made = indexes.added.into_iter().chain(indexes.altered.iter().map(|(_, after)| *after));
        // A table that was built anew has none yet.
        let kept = indexes.same.iter().map(|(_, after)| *after);
        let kept = kept.filter(|_| matches!(what, Alteration::Rebuild));
        let made = made.chain(kept).map(|index| Step::new(&after.name, write::index(after, index)));
        steps.extend(made);
    }
    for table in &tables.added {
        let made = table.indexes.iter();
        steps.extend(made.map(|index| Step::new(&table.name, write::index(table, index))));
    }
    steps.extend(views.made.iter().map(|view| Step::new(&view.name, write::view(view))));
    let made = triggers.made.iter();
    steps.extend(made.map(|one| Step::new(&one.table, one.definition.clone())));
    Ok(steps)
}

/// Names that SQLite takes for one.
fn twins(tables: &Pairs<'_, Table>) -> Vec<CannotSay> {
    let twin = |added: &&Table| {
        tables.removed.iter().any(|gone| gone.name.name.eq_ignore_ascii_case(&added.name.name))
    };
    let why = "only the case of its name differs: give it another name first, and this one then";
    tables
        .added
        .iter()
        .copied()
        .filter(twin)
        .map(|table| CannotSay::new(&table.name, why))
        .collect()
}

fn indexes<'a>(before: &'a Table, after: &'a Table) -> Pairs<'a, super::super::Index> {
    let name = after.name.clone();
    pairs(&before.indexes, &after.indexes, |index| told(Piece::Index(&name, index)))
}

fn drop(kind: &str, about: &Name, name: &str) -> Step {
    Step::new(about, format!("DROP {kind} {}", bare(name)))
}

fn rename(rename: &Rename) -> Step {
    match rename {
        Rename::Table { from, to } => {
            let sql = format!("ALTER TABLE {} RENAME TO {}", bare(&from.name), bare(&to.name));
            Step::new(to, sql)
        }
        Rename::Column { table, from, to } => {
            let (name, from, to) = (bare(&table.name), bare(from), bare(to));
            Step::new(table, format!("ALTER TABLE {name} RENAME COLUMN {from} TO {to}"))
        }
    }
}

/// A table after those that point to it, as far as there is such an order.
fn drop_tables(removed: &[&Table], to: &Catalogue) -> Vec<Step> {
    let points = |table: &Table, name: &Name| {
        let mut keys = table.foreign_keys.iter();
        table.name != *name && keys.any(|key| folded(&key.table.name) == folded(&name.name))
    };
    let mut left = removed.to_vec();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let free = |table: &&&Table| left.iter().all(|other| !points(other, &table.name));
        let (next, circle) = match left.iter().find(free) {
            Some(next) => (*next, false),
            None => (left[0], true),
        };
        left.retain(|table| table.name != next.name);
        let mut step = drop("TABLE", &next.name, &next.name.name);
        step.destroys = true;
        // What stays and points to it would lose its rows, or keep this from happening.
        step.foreign_keys_off = circle || to.tables.iter().any(|table| points(table, &next.name));
        steps.push(step);
    }
    steps
}

/// What has to go, and what has to be made, once all that is in the way is counted.
struct Disturbed<'a, T> {
    dropped: Vec<&'a T>,
    made: Vec<&'a T>,
}

impl<'a> Disturbed<'a, View> {
    /// Adds those that go to what is touched.
    fn views(
        from: &'a Catalogue,
        begin: &Catalogue,
        to: &'a Catalogue,
        touched: &mut HashSet<String>,
    ) -> Self {
        let pairs = pairs(&begin.views, &to.views, |view| told(Piece::View(view)));
        let changed =
            pairs.removed.iter().copied().chain(pairs.altered.iter().map(|(view, _)| *view));
        touched.extend(changed.map(|view| folded(&view.name.name)));
        loop {
            let all = begin.views.iter().chain(&from.views);
            let also = all.filter(|view| !touched.contains(&folded(&view.name.name)));
            let also = also.filter(|view| names_one(&view.definition, touched));
            let also: Vec<_> = also.map(|view| folded(&view.name.name)).collect();
            if also.is_empty() {
                break;
            }
            touched.extend(also);
        }
        let hit = |view: &&View| touched.contains(&folded(&view.name.name));
        let known: HashSet<_> = begin.views.iter().map(|view| &view.name).collect();
        Self {
            dropped: from.views.iter().filter(hit).collect(),
            made: to.views.iter().filter(|view| hit(view) || !known.contains(&view.name)).collect(),
        }
    }
}

impl<'a> Disturbed<'a, Trigger> {
    fn triggers(
        from: &'a Catalogue,
        begin: &Catalogue,
        to: &'a Catalogue,
        touched: &HashSet<String>,
    ) -> Self {
        let pairs = pairs(&begin.triggers, &to.triggers, |one| told(Piece::Trigger(one)));
        let same: HashSet<_> = pairs
            .same
            .iter()
            .filter(|(_, one)| {
                !touched.contains(&folded(&one.table.name)) && !names_one(&one.definition, touched)
            })
            .map(|(_, one)| &one.name)
            .collect();
        // Names of triggers are those of the whole database.
        let goes = |one: &&Trigger| !same.contains(&one.name);
        Self {
            dropped: from.triggers.iter().filter(goes).collect(),
            made: to.triggers.iter().filter(goes).collect(),
        }
    }
}

/// Whether a definition names one of these, whatever it means by it.
fn names_one(definition: &str, names: &HashSet<String>) -> bool {
    seen(definition).iter().any(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::String)
            && names.contains(&folded(&unquoted(token.text)))
    })
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
