//! The statements that turn one catalogue of MySQL or MariaDB into another.
//!
//! One `ALTER TABLE` a table: every statement commits, so that few of them leave few places to stop at. Around
//! them what can not be in one statement: foreign keys go before, and come after.

mod keys;
mod modes;
mod table;

use std::collections::HashSet;

use dbmig_build::Dialect;

use super::super::change::{CannotSay, Rename, Step, Wish, names, pairs};
use super::super::facts::{Piece, of_piece};
use super::super::{Catalogue, Facts, Name, Object, OtherObject, RoutineKind, Sequence, Table};
use super::names::quoted;
use super::sql;
use keys::Keys;

fn told(piece: Piece<'_>) -> (Object, Facts) {
    of_piece(Dialect::Mysql, piece)
}

/// `from` as it is; `begin` the same once the renames are done.
pub(crate) fn changes(
    from: &Catalogue,
    begin: &Catalogue,
    to: &Catalogue,
    wish: &Wish,
) -> Result<Vec<Step>, Vec<CannotSay>> {
    let mut wrong = Vec::new();
    let mariadb = to.server.starts_with("mariadb");
    let tables = pairs(&begin.tables, &to.tables, |table| told(Piece::Table(table)));
    let mut kept: Vec<_> = tables.same.iter().chain(&tables.altered).copied().collect();
    kept.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    let mut removed = tables.removed.clone();
    removed.sort_by(|a, b| a.name.cmp(&b.name));

    let programs = Programs::of(from, begin, to);
    let mut steps = programs.drops();
    steps.extend(renames(begin, &wish.renames, mariadb));
    let keys = Keys::of(&kept, begin, to);
    steps.extend(keys.drops());
    steps.extend(drop_tables(&removed));
    steps.extend(sequences(begin, to));
    for (before, after) in &kept {
        match table::alter(before, after, wish, mariadb) {
            Ok(found) => steps.extend(found),
            Err(why) => wrong.push(why),
        }
    }
    let (made, late) = create_tables(&tables.added, to, mariadb);
    steps.extend(made);
    steps.extend(keys.adds());
    steps.extend(late);
    steps.extend(programs.makes(to));
    let sequences = pairs(&begin.sequences, &to.sequences, |one| told(Piece::Sequence(one)));
    let gone = sequences.removed.into_iter();
    steps.extend(
        gone.map(|one| Step::new(&one.name, format!("DROP SEQUENCE {}", quoted(&one.name)))),
    );
    let schemas = pairs(&begin.schemas, &to.schemas, |one| told(Piece::Schema(one)));
    let altered = schemas.altered.into_iter().map(|(_, one)| one);
    for schema in schemas.added.into_iter().chain(schemas.removed).chain(altered) {
        let why = "databases are made and dropped by hand: `CREATE DATABASE`, `DROP DATABASE`";
        wrong.push(CannotSay::new(&Name::new(&schema.name), why));
    }
    if wrong.is_empty() { Ok(modes::said(to, steps)) } else { Err(wrong) }
}

/// The renames, tables first. MySQL keeps a column from another name while a condition names it: those go
/// before, and come back behind.
fn renames(begin: &Catalogue, renames: &[Rename], mariadb: bool) -> Vec<Step> {
    let is_table = |rename: &&Rename| matches!(rename, Rename::Table { .. });
    let (tables, columns): (Vec<_>, Vec<_>) = renames.iter().partition(is_table);
    let mut held = Vec::new();
    for table in begin.tables.iter().filter(|_| !mariadb) {
        let renamed = |expression: &str| {
            columns.iter().any(|rename| match rename {
                Rename::Column { table: of, to, .. } => {
                    *of == table.name && names(expression, Dialect::Mysql, to)
                }
                Rename::Table { .. } => false,
            })
        };
        let checks = table.checks.iter().filter(|check| renamed(&check.expression));
        held.extend(checks.map(|check| (&table.name, check)));
    }
    let mut steps: Vec<_> = tables.into_iter().map(rename).collect();
    steps.extend(held.iter().map(|(of, check)| {
        let name = check.label.name.as_deref().unwrap_or_default();
        let name = crate::sql::quoted(Dialect::Mysql, name);
        Step::new(of, format!("ALTER TABLE {} DROP CONSTRAINT {name}", quoted(of)))
    }));
    steps.extend(columns.into_iter().map(rename));
    steps.extend(held.iter().map(|(of, check)| {
        Step::new(of, format!("ALTER TABLE {} ADD {}", quoted(of), sql::table::check(check)))
    }));
    steps
}

fn rename(rename: &Rename) -> Step {
    match rename {
        Rename::Table { from, to } => {
            Step::new(to, format!("ALTER TABLE {} RENAME TO {}", quoted(from), quoted(to)))
        }
        Rename::Column { table, from, to } => {
            let name = |name: &String| crate::sql::quoted(Dialect::Mysql, name);
            let (of, from, to) = (quoted(table), name(from), name(to));
            Step::new(table, format!("ALTER TABLE {of} RENAME COLUMN {from} TO {to}"))
        }
    }
}

/// A table after those that point to it; where they do in a circle, the keys go before.
fn drop_tables(removed: &[&Table]) -> Vec<Step> {
    let points = |table: &Table, name: &Name| {
        table.name != *name && table.foreign_keys.iter().any(|key| key.table == *name)
    };
    let mut left = removed.to_vec();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let free = |table: &&&Table| left.iter().all(|other| !points(other, &table.name));
        let next = left.iter().find(free).copied().unwrap_or(left[0]);
        left.retain(|table| table.name != next.name);
        for table in &left {
            let keys = table.foreign_keys.iter().filter(|key| key.table == next.name);
            steps.extend(keys.map(|key| keys::drop(&table.name, &key.label)));
        }
        steps.push(Step::destroying(&next.name, format!("DROP TABLE {}", quoted(&next.name))));
    }
    steps
}

/// Tables with their foreign keys, as far as what these point to is there; and the other keys.
fn create_tables(added: &[&Table], to: &Catalogue, mariadb: bool) -> (Vec<Step>, Vec<Step>) {
    let names: HashSet<_> = added.iter().map(|table| &table.name).collect();
    let mut there: HashSet<_> = to.tables.iter().map(|table| &table.name).collect();
    there.retain(|name| !names.contains(name));
    let mut left = added.to_vec();
    let (mut made, mut late) = (Vec::new(), Vec::new());
    while !left.is_empty() {
        let ready = |table: &&&Table| {
            let mut keys = table.foreign_keys.iter();
            keys.all(|key| key.table == table.name || there.contains(&key.table))
        };
        let next = left.iter().find(ready).copied().unwrap_or(left[0]);
        left.retain(|table| table.name != next.name);
        let is_there = |name: &Name| *name == next.name || there.contains(name);
        let (now, then): (Vec<_>, Vec<_>) =
            next.foreign_keys.iter().cloned().partition(|key| is_there(&key.table));
        let table = Table { foreign_keys: now, ..next.clone() };
        made.push(Step::new(&next.name, sql::table::create(&table, mariadb)));
        late.extend(then.iter().map(|key| keys::add(&next.name, key)));
        there.insert(&next.name);
    }
    (made, late)
}

/// Sequences that come, and those that differ.
fn sequences(begin: &Catalogue, to: &Catalogue) -> Vec<Step> {
    let both = pairs(&begin.sequences, &to.sequences, |one| told(Piece::Sequence(one)));
    let made = both.added.into_iter().map(|one| Step::new(&one.name, sql::sequence(one)));
    let alter = |one: &Sequence| {
        let whole = sql::sequence(one);
        let numbers = whole.split(" COMMENT ").next().unwrap_or_default();
        Step::new(&one.name, numbers.replacen("CREATE SEQUENCE", "ALTER SEQUENCE", 1))
    };
    made.chain(both.altered.into_iter().map(|(_, one)| alter(one))).collect()
}

/// What has SQL of its own: dropped and made again where it differs.
struct Programs<'a> {
    dropped: Vec<Step>,
    views: HashSet<&'a Name>,
    triggers: HashSet<&'a Name>,
    routines: Vec<Step>,
    others: Vec<&'a OtherObject>,
}

impl<'a> Programs<'a> {
    fn of(from: &'a Catalogue, begin: &'a Catalogue, to: &'a Catalogue) -> Self {
        let mut dropped = Vec::new();
        // Tables whose triggers differ: all of them go, for they follow each other.
        let both = pairs(&from.triggers, &to.triggers, |one| told(Piece::Trigger(one)));
        let old = pairs(&begin.triggers, &to.triggers, |one| told(Piece::Trigger(one)));
        let differ = both.removed.into_iter().chain(both.added);
        let differ = differ.chain(both.altered.into_iter().flat_map(|(a, b)| [a, b]));
        let differ = differ.chain(old.added).chain(old.altered.into_iter().map(|(_, one)| one));
        let triggers: HashSet<_> = differ.map(|one| &one.table).collect();
        for one in from.triggers.iter().filter(|one| triggers.contains(&one.table)) {
            let name = Name { schema: one.table.schema.clone(), name: one.name.clone() };
            dropped.push(Step::new(&one.table, format!("DROP TRIGGER {}", quoted(&name))));
        }
        let both = pairs(&from.views, &to.views, |one| told(Piece::View(one)));
        let differ = both.altered.iter().map(|(view, _)| *view).chain(both.removed);
        for view in differ {
            dropped.push(Step::new(&view.name, format!("DROP VIEW {}", quoted(&view.name))));
        }
        let views = both.altered.into_iter().map(|(_, view)| view).chain(both.added);
        let views = views.map(|view| &view.name).collect();
        let both = pairs(&from.routines, &to.routines, |one| told(Piece::Routine(one)));
        for one in both.altered.iter().map(|(one, _)| *one).chain(both.removed) {
            let kind = match one.kind {
                RoutineKind::Procedure => "PROCEDURE",
                RoutineKind::Function | RoutineKind::Aggregate => "FUNCTION",
            };
            dropped.push(Step::new(&one.name, format!("DROP {kind} {}", quoted(&one.name))));
        }
        let made = both.altered.into_iter().map(|(_, one)| one).chain(both.added);
        let routines = made
            .flat_map(|one| sql::routine(one).into_iter().map(|sql| Step::new(&one.name, sql)))
            .collect();
        let both = pairs(&from.others, &to.others, |one| told(Piece::Other(one)));
        for one in both.altered.iter().map(|(one, _)| *one).chain(both.removed) {
            let sql = format!("DROP {} {}", one.kind.to_uppercase(), quoted(&one.name));
            dropped.push(Step::new(&one.name, sql));
        }
        let others = both.altered.into_iter().map(|(_, one)| one).chain(both.added).collect();
        Self { dropped, views, triggers, routines, others }
    }

    fn drops(&self) -> Vec<Step> {
        self.dropped.clone()
    }

    fn makes(self, to: &Catalogue) -> Vec<Step> {
        let mut steps = self.routines;
        let others = |event: bool| {
            let these = self.others.iter().filter(move |one| (one.kind == "event") == event);
            these.flat_map(|one| sql::other(one).into_iter().map(|sql| Step::new(&one.name, sql)))
        };
        steps.extend(others(false));
        let views = sql::order::views(to).into_iter();
        let views = views.filter(|view| self.views.contains(&view.name));
        steps.extend(views.map(|view| Step::new(&view.name, sql::view(view))));
        let triggers = sql::order::triggers(to).into_iter();
        let triggers = triggers.filter(|one| self.triggers.contains(&one.table));
        steps.extend(triggers.map(|one| Step::new(&one.table, one.definition.clone())));
        steps.extend(others(true));
        steps
    }
}
