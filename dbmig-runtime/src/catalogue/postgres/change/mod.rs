//! The statements that turn one catalogue of PostgreSQL into another.
//!
//! First what goes: programs, keys, views, indexes, columns, tables, the last before what they need. Then what
//! comes, in the order in which a whole catalogue is written, with the alterations of what stays among it. Then
//! types that nothing has any more. Whatever stands on something that goes, or becomes another type, goes before
//! it and is made again: views, triggers, policies, rules, functions.

mod alter;
mod constraints;
mod drops;
mod gone;
mod online;
mod types;

use super::super::change::{CannotSay, Rename, Step, Wish, pairs};
use super::super::facts::{Piece, of_piece};
use super::super::{Catalogue, Facts, Name, Object};
use super::arrange::{self, Rank, order};
use super::mentions::Thing;
use super::write::{self, full, ident};

fn told(piece: Piece<'_>) -> (Object, Facts) {
    of_piece(dbmig_build::Dialect::Postgres, piece)
}

/// `from` as it is; `begin` the same once the renames are done.
pub(crate) fn changes(
    _from: &Catalogue,
    begin: &Catalogue,
    to: &Catalogue,
    wish: &Wish,
) -> Result<Vec<Step>, Vec<CannotSay>> {
    let mut wrong = Vec::new();
    let mut steps: Vec<_> = wish.renames.iter().map(rename).collect();
    let mut rest = begin.clone();
    // Names that change, and nothing else: `rest` has the new ones then.
    steps.extend(constraints::relabel(&mut rest, to));
    let before = rest.clone();
    let enums = types::Enums::of(&before, to, &mut wrong);
    gone::take(&mut rest, to, &enums, &mut wrong);
    steps.extend(drops::early(&before, &rest, to));
    steps.extend(enums.steps(&mut rest));
    let made = made(&rest, to, wish, &mut wrong);
    let bodies = made.iter().any(|step| step.rank == Rank::Routine);
    steps.extend(arranged(made));
    steps.extend(drops::late(&before, &rest));
    steps.extend(comments(&rest, to));
    if !wrong.is_empty() {
        return Err(wrong);
    }
    if bodies {
        // They may name what is there only later.
        let about = Name::new("the session");
        steps.insert(0, Step::new(&about, "SET check_function_bodies = off"));
        steps.push(Step::new(&about, "RESET check_function_bodies"));
    }
    Ok(steps)
}

fn rename(rename: &Rename) -> Step {
    match rename {
        Rename::Table { from, to } => {
            let sql = format!("ALTER TABLE {} RENAME TO {}", full(from), ident(&to.name));
            Step::new(to, sql)
        }
        Rename::Column { table, from, to } => {
            let (of, from, to) = (full(table), ident(from), ident(to));
            Step::new(table, format!("ALTER TABLE {of} RENAME COLUMN {from} TO {to}"))
        }
    }
}

/// Whatever `to` has and `rest` has not, and what turns the one into the other where both have it.
fn made(
    rest: &Catalogue,
    to: &Catalogue,
    wish: &Wish,
    wrong: &mut Vec<CannotSay>,
) -> Vec<arrange::Step> {
    let mut new = Catalogue::empty(to.dialect, to.server.clone());
    macro_rules! added {
        ($($list:ident $piece:ident),*) => {
            $(let both = pairs(&rest.$list, &to.$list, |one| told(Piece::$piece(one)));
            new.$list = both.added.into_iter().cloned().collect();)*
        };
    }
    added!(
        schemas Schema, extensions Extension, enums Enum, domains Domain, composites Composite,
        sequences Sequence, tables Table, views View, routines Routine, triggers Trigger, others Other
    );
    // One that stays and differs is written over.
    let routines = pairs(&rest.routines, &to.routines, |one| told(Piece::Routine(one)));
    new.routines.extend(routines.altered.into_iter().map(|(_, after)| after.clone()));
    new.sort();
    let mut steps = Vec::new();
    write::types::write(&new, &mut steps);
    types::alter(rest, to, &mut steps, wrong);
    write::programs::routines(&new, &mut steps);
    let routines = steps.iter().filter_map(|step| step.makes.clone());
    let routines = routines.filter(|thing| matches!(thing, Thing::Routine(_))).collect();
    for table in &new.tables {
        write::table::write(to, table, &routines, &mut steps);
        write::keys::write(table, &mut steps);
    }
    let tables = pairs(&rest.tables, &to.tables, |table| told(Piece::Table(table)));
    for (before, after) in tables.same.iter().chain(&tables.altered) {
        alter::columns(to, before, after, wish, &mut steps, wrong);
        constraints::add(before, after, wish, &mut steps);
        alter::settings(before, after, &mut steps, wrong);
    }
    write::programs::views(&new, &mut steps);
    for (before, after) in pairs(&rest.views, &to.views, |view| told(Piece::View(view))).same {
        constraints::add_indexes(&after.name, &before.indexes, &after.indexes, wish, &mut steps);
    }
    write::programs::rest(&new, &mut steps);
    steps
}

/// The steps in their order, each with what it is about.
fn arranged(steps: Vec<arrange::Step>) -> Vec<Step> {
    let mut out = Vec::new();
    for at in order(&steps) {
        let step = &steps[at];
        let named = step.makes.iter().chain(step.needs.iter().map(|(thing, _)| thing));
        let about = named
            .filter_map(|thing| match thing {
                Thing::Type(name) | Thing::Routine(name) => Some(name.clone()),
                Thing::Operator(_) => None,
            })
            .next()
            .unwrap_or_else(|| Name::new("the schema"));
        out.extend(step.sql.iter().map(|sql| Step {
            alone: online::is_alone(sql),
            destroys: sql.contains(" USING ") && sql.contains(" ALTER COLUMN "),
            ..Step::new(&about, sql.clone())
        }));
    }
    out
}

/// The comments that differ: of what was made anew all of them.
fn comments(rest: &Catalogue, to: &Catalogue) -> Vec<Step> {
    let before: std::collections::HashMap<_, _> = write::comments::all(rest).into_iter().collect();
    let differ = write::comments::all(to)
        .into_iter()
        .filter(|(what, comment)| before.get(what).unwrap_or(&None) != comment);
    let about = Name::new("comments");
    differ
        .map(|(what, comment)| {
            Step::new(&about, write::comments::comment_on(&what, comment.as_deref()))
        })
        .collect()
}
