//! What goes: because it is not wished for, because it is not what is wished for and can not be altered, or
//! because it stands on something of the kind.

use std::collections::{HashMap, HashSet};

use super::super::super::change::{CannotSay, names, pairs};
use super::super::super::facts::Piece;
use super::super::super::{Catalogue, Column, Name, OtherObject, Routine, RoutineKind, View};
use super::super::mentions::{Certainty, Thing, mentions};
use super::types::Enums;
use super::{constraints, told};

/// What is going, as far as others may stand on it.
#[derive(Default)]
pub(super) struct Going {
    things: HashSet<Thing>,
    /// Columns that go, or become another type.
    columns: HashMap<Name, Vec<String>>,
    /// Those of them that are dropped, and those that come back: what is over one goes with it.
    dropped: HashMap<Name, Vec<String>>,
}

impl Going {
    /// Whether a text stands on something of it.
    fn touches(&self, text: &str) -> bool {
        let all = mentions(text);
        let hit = all.iter().any(|(thing, _)| self.things.contains(thing));
        hit || self.columns.iter().any(|(table, columns)| {
            let table = Thing::Type(table.clone());
            all.iter().any(|(thing, _)| *thing == table) && columns.iter().any(|one| has(text, one))
        })
    }

    /// Whether one of these columns goes, or becomes another type.
    pub(super) fn takes(&self, table: &Name, columns: &[String]) -> bool {
        self.columns.get(table).is_some_and(|gone| columns.iter().any(|one| gone.contains(one)))
    }

    /// Whether one of these columns is dropped.
    pub(super) fn drops(&self, table: &Name, columns: &[String]) -> bool {
        self.dropped.get(table).is_some_and(|gone| columns.iter().any(|one| gone.contains(one)))
    }

    /// Whether something that stands on a table is about one of its columns that goes.
    pub(super) fn touches_on(&self, table: &Name, text: &str) -> bool {
        let columns = self.columns.get(table).map_or(&[][..], Vec::as_slice);
        columns.iter().any(|column| has(text, column)) || self.touches(text)
    }
}

fn has(text: &str, column: &str) -> bool {
    names(text, dbmig_build::Dialect::Postgres, column)
}

/// Takes all of it out of `rest`.
pub(super) fn take(
    rest: &mut Catalogue,
    to: &Catalogue,
    enums: &Enums<'_>,
    wrong: &mut Vec<CannotSay>,
) {
    let mut going = Going::default();
    macro_rules! gone {
        ($list:ident, $piece:ident) => {{
            let both = pairs(&rest.$list, &to.$list, |one| told(Piece::$piece(one)));
            both.removed.into_iter().cloned().collect::<Vec<_>>()
        }};
    }
    for table in gone!(tables, Table) {
        going.things.insert(Thing::Type(table.name.clone()));
        rest.tables.retain(|one| one.name != table.name);
        // What stands on it goes with it.
        rest.triggers.retain(|one| one.table != table.name);
        rest.others.retain(|one| one.table.as_ref() != Some(&table.name));
    }
    for sequence in gone!(sequences, Sequence) {
        going.things.insert(Thing::Type(sequence.name.clone()));
        rest.sequences.retain(|one| one.name != sequence.name);
    }
    for name in enums.rebuilt() {
        going.things.insert(Thing::Type(name.clone()));
    }
    types(rest, to, &mut going);
    columns(rest, to, enums, &mut going);
    programs(rest, to, &mut going, wrong);
    constraints::take(rest, to, &going);
    defaults(rest, to, &going);
}

/// Types that are not wished for. Those that differ are altered.
fn types(rest: &mut Catalogue, to: &Catalogue, going: &mut Going) {
    let kept: HashSet<_> = to
        .enums
        .iter()
        .map(|ty| &ty.name)
        .chain(to.domains.iter().map(|ty| &ty.name))
        .chain(to.composites.iter().map(|ty| &ty.name))
        .collect();
    let mut goes = |name: &Name| {
        let goes = !kept.contains(name);
        if goes {
            going.things.insert(Thing::Type(name.clone()));
        }
        !goes
    };
    rest.enums.retain(|ty| goes(&ty.name));
    rest.domains.retain(|ty| goes(&ty.name));
    rest.composites.retain(|ty| goes(&ty.name));
    rest.schemas.retain(|one| to.schemas.iter().any(|other| other.name == one.name));
    rest.extensions
        .retain(|one| to.extensions.iter().any(|other| other.name.name == one.name.name));
}

/// Columns that go, or whose values are computed in another way, are taken out; those of another type are told.
fn columns(rest: &mut Catalogue, to: &Catalogue, enums: &Enums<'_>, going: &mut Going) {
    for table in &mut rest.tables {
        let Some(after) = to.table(&table.name) else { continue };
        let mut hit = Vec::new();
        let mut typed = Vec::new();
        for column in &table.columns {
            let computed = |column: &Column| {
                column
                    .generated
                    .as_ref()
                    .map(|one| (super::super::steady(&one.expression), one.stored))
            };
            match after.column(&column.name) {
                None => hit.push(column.name.clone()),
                Some(now) if now.generated.is_some() && computed(now) != computed(column) => {
                    hit.push(column.name.clone());
                }
                Some(now) => {
                    let same = now.ty.text == column.ty.text && now.collation == column.collation;
                    if !same || enums.rebuilds(&column.ty.name) {
                        typed.push(column.name.clone());
                    }
                }
            }
        }
        // What is computed from such a column has to go first, and comes back.
        let computed = table.columns.iter().filter(|column| {
            let from = |text: &str| hit.iter().chain(&typed).any(|name| has(text, name));
            column.generated.as_ref().is_some_and(|one| from(&one.expression))
        });
        let computed: Vec<_> = computed.map(|column| column.name.clone()).collect();
        hit.extend(computed.into_iter().filter(|name| !hit.contains(name)).collect::<Vec<_>>());
        table.columns.retain(|column| !hit.contains(&column.name));
        for sequence in &mut rest.sequences {
            // It would go with its column, and is wished for.
            sequence.owned_by.take_if(|(of, column)| *of == table.name && hit.contains(column));
        }
        if !hit.is_empty() {
            going.dropped.insert(table.name.clone(), hit.clone());
        }
        hit.extend(typed);
        if !hit.is_empty() {
            going.columns.insert(table.name.clone(), hit);
        }
    }
}

/// Views, routines, triggers, and what else has a definition: what differs, and then what stands on it, until
/// nothing more is found.
fn programs(rest: &mut Catalogue, to: &Catalogue, going: &mut Going, wrong: &mut Vec<CannotSay>) {
    let routines = pairs(&rest.routines, &to.routines, |one| told(Piece::Routine(one)));
    let mut routine: HashSet<_> = routines.removed.iter().map(|one| known(one)).collect();
    // What is only written in another way is made over the old one.
    let differs = |(before, after): &&(&Routine, &Routine)| {
        before.kind == RoutineKind::Aggregate || head(&before.definition) != head(&after.definition)
    };
    routine.extend(routines.altered.iter().filter(differs).map(|(before, _)| known(before)));
    let views = pairs(&rest.views, &to.views, |one| told(Piece::View(one)));
    let mut view: HashSet<_> = views
        .removed
        .iter()
        .copied()
        .chain(
            views
                .altered
                .iter()
                .filter(|(before, after)| !same_but_comment(before, after))
                .map(|(one, _)| *one),
        )
        .map(|one| one.name.clone())
        .collect();
    loop {
        going.things.extend(view.iter().cloned().map(Thing::Type));
        let gone = rest.routines.iter().filter(|one| routine.contains(&known(one)));
        going.things.extend(gone.map(|one| Thing::Routine(one.name.clone())));
        let count = view.len() + routine.len();
        let more = rest.views.iter().filter(|one| going.touches(&one.definition));
        view.extend(more.map(|one| one.name.clone()));
        let more = rest.routines.iter().filter(|one| !routine.contains(&known(one)));
        // A routine may have the name of one that goes; its own name is no reason.
        let more = more.filter(|one| {
            let body = mentions(&one.definition);
            body.iter().any(|(thing, _)| {
                *thing != Thing::Routine(one.name.clone()) && going.things.contains(thing)
            })
        });
        let more: Vec<_> = more.map(known).collect();
        routine.extend(more);
        if view.len() + routine.len() == count {
            break;
        }
    }
    rest.views.retain(|one| !view.contains(&one.name));
    rest.routines.retain(|one| !routine.contains(&known(one)));
    let triggers = pairs(&rest.triggers, &to.triggers, |one| told(Piece::Trigger(one)));
    let stays: HashSet<_> = triggers
        .same
        .iter()
        .filter(|(one, _)| {
            !view.contains(&one.table) && !going.touches_on(&one.table, &one.definition)
        })
        .map(|(one, _)| (one.table.clone(), one.name.clone()))
        .collect();
    rest.triggers.retain(|one| stays.contains(&(one.table.clone(), one.name.clone())));
    others(rest, to, going, wrong);
}

fn same_but_comment(before: &View, after: &View) -> bool {
    let bare = |view: &View| {
        let bare = View { comment: None, ..view.clone() };
        told(Piece::View(&bare))
    };
    bare(before) == bare(after)
}

fn others(rest: &mut Catalogue, to: &Catalogue, going: &Going, wrong: &mut Vec<CannotSay>) {
    let both = pairs(&rest.others, &to.others, |one| told(Piece::Other(one)));
    let mut stays = HashSet::new();
    for (one, after) in both.same.iter().chain(&both.altered) {
        let same = super::super::steady(&one.definition) == super::super::steady(&after.definition);
        let stands = one.table.is_some() || one.kind == "event trigger";
        let touched = stands
            && one.table.as_ref().map_or_else(
                || going.touches(&one.definition),
                |table| going.touches_on(table, &one.definition),
            );
        if same && !touched {
            stays.insert(other_key(one));
        } else if !stands {
            let why = format!("a {} can not be altered: drop it and make it by hand", one.kind);
            wrong.push(CannotSay::new(&one.name, why));
        }
    }
    rest.others.retain(|one| stays.contains(&other_key(one)));
}

fn other_key(one: &OtherObject) -> (&'static str, Name, Option<Name>) {
    (one.kind, one.name.clone(), one.table.clone())
}

pub(super) fn known(one: &Routine) -> (Name, String) {
    (one.name.clone(), one.arguments.clone())
}

/// What `CREATE OR REPLACE` can not change: arguments, and what is returned.
fn head(definition: &str) -> &str {
    definition.split("\n LANGUAGE ").next().unwrap_or(definition)
}

/// Numbers that a column gives by itself, and defaults that name what goes, or that a column of another type can not have.
fn defaults(rest: &mut Catalogue, to: &Catalogue, going: &Going) {
    for table in &mut rest.tables {
        let typed = going.columns.get(&table.name).map_or(&[][..], Vec::as_slice);
        for column in &mut table.columns {
            let wished = to.table(&table.name).and_then(|table| table.column(&column.name));
            if wished.is_some_and(|wished| wished.identity.is_none()) {
                // The name of its sequence is free then.
                column.identity = None;
            }
            let wished = wished.and_then(|column| column.default.as_deref());
            let goes = |default: &mut String| {
                let certain = mentions(default).into_iter().any(|(thing, certainty)| {
                    certainty == Certainty::Certain && going.things.contains(&thing)
                });
                certain || typed.contains(&column.name) || wished.is_none()
            };
            column.default.take_if(goes);
        }
    }
}
