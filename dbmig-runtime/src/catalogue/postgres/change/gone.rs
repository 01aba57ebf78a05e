//! What goes: because it is not wished for, because it is not what is wished for and can not be altered, or
//! because it stands on something of the kind.

use std::collections::{HashMap, HashSet};

use super::super::super::change::{CannotSay, Step, names, pairs};
use super::super::super::facts::Piece;
use super::super::super::{Catalogue, Column, Name, OtherObject, Routine, RoutineKind, Table};
use super::super::arrange::{self, order};
use super::super::mentions::{Certainty, Thing, mentions};
use super::super::write::{self, full, ident, relation};
use super::types::Enums;
use super::{constraints, told};

/// What is going, as far as others may stand on it.
#[derive(Default)]
pub(super) struct Going {
    things: HashSet<Thing>,
    /// Columns that go, or become another type.
    columns: HashMap<Name, Vec<String>>,
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

fn same_but_comment(before: &super::super::super::View, after: &super::super::super::View) -> bool {
    let bare = |view: &super::super::super::View| {
        let bare = super::super::super::View { comment: None, ..view.clone() };
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

fn known(one: &Routine) -> (Name, String) {
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

/// The statements for what goes before anything is made.
pub(super) fn early(before: &Catalogue, rest: &Catalogue, to: &Catalogue) -> Vec<Step> {
    let mut steps = Vec::new();
    let stays = |table: &Name| rest.table(table).is_some();
    for one in before.triggers.iter().filter(|one| !rest.triggers.contains(one)) {
        if stays(&one.table) || before.views.iter().any(|view| view.name == one.table) {
            let sql = format!("DROP TRIGGER {} ON {}", ident(&one.name), full(&one.table));
            steps.push(Step::new(&one.table, sql));
        }
    }
    for one in before.others.iter().filter(|one| !rest.others.contains(one)) {
        if one.table.as_ref().is_some_and(|table| !stays(table) && before.table(table).is_some()) {
            continue;
        }
        if is_program(one) {
            let about = one.table.as_ref().unwrap_or(&one.name);
            steps.push(Step::new(about, drop_other(one)));
        }
    }
    steps.extend(constraints::drop_keys(before, rest));
    let mut views = Vec::new();
    write::programs::views(before, &mut views);
    views.retain(|step| step.makes.as_ref().is_some_and(|made| is_gone_view(made, rest)));
    for step in reversed(views) {
        let Some(Thing::Type(name)) = &step.makes else { continue };
        let of = before.views.iter().find(|view| view.name == *name);
        let kind = if of.is_some_and(|view| view.materialized) { "MATERIALIZED " } else { "" };
        steps.push(Step::new(name, format!("DROP {kind}VIEW {}", full(name))));
    }
    steps.extend(constraints::drop(before, rest));
    for table in &rest.tables {
        let Some(old) = before.table(&table.name) else { continue };
        for column in &table.columns {
            let Some(had) = old.column(&column.name).filter(|had| !is_of_parent(old, had)) else {
                continue;
            };
            let (of, name) = (full(&table.name), ident(&column.name));
            for (goes, what) in [
                (had.default.is_some() && column.default.is_none(), "DEFAULT"),
                (had.identity.is_some() && column.identity.is_none(), "IDENTITY"),
            ] {
                if goes {
                    let sql = format!("ALTER TABLE {of} ALTER COLUMN {name} DROP {what}");
                    steps.push(Step::new(&table.name, sql));
                }
            }
        }
        steps.extend(drop_columns(old, table, to));
    }
    for sequence in &rest.sequences {
        let owned =
            before.sequences.iter().any(|one| one.name == sequence.name && one.owned_by.is_some());
        if owned && sequence.owned_by.is_none() {
            let sql = format!("ALTER SEQUENCE {} OWNED BY NONE", full(&sequence.name));
            // Before its column goes.
            steps.insert(0, Step::new(&sequence.name, sql));
        }
    }
    steps.extend(drop_relations(before, rest));
    steps
}

fn is_gone_view(made: &Thing, rest: &Catalogue) -> bool {
    matches!(made, Thing::Type(name) if rest.views.iter().all(|view| view.name != *name))
}

/// Columns of a parent are the parent's business.
pub(super) fn is_of_parent(table: &Table, column: &Column) -> bool {
    table.options.contains_key("partition_of") || column.options.contains_key("inherited")
}

/// What is computed goes first: it may name the others.
fn drop_columns(old: &Table, rest: &Table, to: &Catalogue) -> Vec<Step> {
    let gone = old.columns.iter().filter(|column| rest.column(&column.name).is_none());
    let mut gone: Vec<_> = gone.filter(|column| !is_of_parent(old, column)).collect();
    gone.sort_by_key(|column| column.generated.is_none());
    let drop = |column: &&Column| {
        let sql = format!("ALTER TABLE {} DROP COLUMN {}", full(&old.name), ident(&column.name));
        let comes_back =
            to.table(&old.name).is_some_and(|table| table.column(&column.name).is_some());
        Step { destroys: !comes_back || column.generated.is_none(), ..Step::new(&old.name, sql) }
    };
    gone.iter().map(drop).collect()
}

/// Tables, sequences, routines, operators: each before what it needs.
fn drop_relations(before: &Catalogue, rest: &Catalogue) -> Vec<Step> {
    let mut all = Vec::new();
    let mut steps = Vec::new();
    let gone: Vec<_> = before.tables.iter().filter(|one| rest.table(&one.name).is_none()).collect();
    for table in &gone {
        write::table::write(before, table, &HashSet::new(), &mut all);
    }
    all.retain(|step| step.makes.is_some());
    // Tables that point to each other in a circle: their keys go first.
    for table in &gone {
        for key in &table.foreign_keys {
            if key.table != table.name && leads(&gone, &key.table, &table.name) {
                let name = ident(key.label.name.as_deref().unwrap_or_default());
                let sql = format!("ALTER TABLE {} DROP CONSTRAINT {name}", full(&table.name));
                steps.push(Step::new(&table.name, sql));
            } else if let Some(step) = all.iter_mut().find(|step| makes(step, &table.name)) {
                step.needs.push(relation(&key.table));
            }
        }
    }
    let mut programs = Catalogue::empty(before.dialect, "");
    let routines = before.routines.iter().filter(|one| !rest.routines.contains(one));
    programs.routines = routines.cloned().collect();
    write::programs::routines(&programs, &mut all);
    let owner_goes = |owner: &Option<(Name, String)>| {
        owner.as_ref().is_some_and(|(table, column)| {
            rest.table(table).is_none_or(|table| table.column(column).is_none())
        })
    };
    let sequences = before.sequences.iter().filter(|one| {
        !owner_goes(&one.owned_by) && rest.sequences.iter().all(|other| other.name != one.name)
    });
    programs.sequences = sequences.cloned().collect();
    let others = before.others.iter().filter(|one| matches!(one.kind, "cast" | "operator"));
    programs.others = others.filter(|one| !rest.others.contains(one)).cloned().collect();
    programs.routines.clear();
    write::types::write(&programs, &mut all);
    all.retain(|step| step.makes.is_some());
    let mut dropped = HashSet::new();
    for step in reversed(all) {
        match &step.makes {
            Some(Thing::Type(name)) if before.table(name).is_some() => {
                let table = before.table(name);
                let foreign = table.is_some_and(|one| one.options.contains_key("foreign_server"));
                let foreign = if foreign { "FOREIGN " } else { "" };
                let sql = format!("DROP {foreign}TABLE {}", full(name));
                steps.push(Step::destroying(name, sql));
            }
            Some(Thing::Type(name)) => {
                steps.push(Step::new(name, format!("DROP SEQUENCE {}", full(name))));
            }
            Some(Thing::Routine(name)) => {
                let of = |one: &&Routine| one.name == *name && step.sql.contains(&one.definition);
                let Some(one) = before.routines.iter().find(of) else { continue };
                if dropped.insert(known(one)) {
                    steps.push(Step::new(name, drop_routine(one)));
                }
            }
            _ => {}
        }
    }
    for one in &programs.others {
        steps.push(Step::new(&one.name, drop_other(one)));
    }
    steps
}

fn makes(step: &arrange::Step, name: &Name) -> bool {
    step.makes.as_ref() == Some(&Thing::Type(name.clone()))
}

/// Whether foreign keys lead from one of these tables to another.
fn leads(tables: &[&Table], from: &Name, to: &Name) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            let next = tables.iter().filter(|table| table.name == *name);
            open.extend(next.flat_map(|table| &table.foreign_keys).map(|key| &key.table));
        }
    }
    false
}

fn drop_routine(one: &Routine) -> String {
    let kind = match one.kind {
        RoutineKind::Function => "FUNCTION",
        RoutineKind::Procedure => "PROCEDURE",
        RoutineKind::Aggregate => "AGGREGATE",
    };
    let arguments = match (one.kind, one.arguments.as_str()) {
        (RoutineKind::Aggregate, "") => "*",
        (_, arguments) => arguments,
    };
    format!("DROP {kind} {}({arguments})", full(&one.name))
}

fn is_program(one: &OtherObject) -> bool {
    matches!(one.kind, "policy" | "rule" | "statistics" | "event trigger")
}

fn drop_other(one: &OtherObject) -> String {
    let name = full(&one.name);
    let on = one.table.as_ref().map(full).unwrap_or_default();
    match one.kind {
        "policy" => format!("DROP POLICY {name} ON {on}"),
        "rule" => format!("DROP RULE {name} ON {on}"),
        "range type" => format!("DROP TYPE {name}"),
        "foreign server" => format!("DROP SERVER {name}"),
        "cast" => format!("DROP CAST {}", one.name.name),
        "operator" => {
            let schema = ident(one.name.schema.as_deref().unwrap_or("public"));
            format!("DROP OPERATOR {schema}.{}", one.name.name)
        }
        kind => format!("DROP {} {name}", kind.to_uppercase()),
    }
}

/// The statements for what goes once nothing has it any more.
pub(super) fn late(before: &Catalogue, rest: &Catalogue) -> Vec<Step> {
    let mut gone = Catalogue::empty(before.dialect, "");
    let kept = |name: &Name| {
        let enums = rest.enums.iter().map(|ty| &ty.name);
        let domains = rest.domains.iter().map(|ty| &ty.name);
        let composites = rest.composites.iter().map(|ty| &ty.name);
        enums.chain(domains).chain(composites).any(|other| other == name)
    };
    gone.enums = before.enums.iter().filter(|ty| !kept(&ty.name)).cloned().collect();
    gone.domains = before.domains.iter().filter(|ty| !kept(&ty.name)).cloned().collect();
    gone.composites = before.composites.iter().filter(|ty| !kept(&ty.name)).cloned().collect();
    let late = before.others.iter().filter(|one| {
        !is_program(one) && !matches!(one.kind, "cast" | "operator") && !rest.others.contains(one)
    });
    let mut all = Vec::new();
    write::types::write(&gone, &mut all);
    let mut steps = Vec::new();
    for step in reversed(all) {
        let Some(Thing::Type(name)) = &step.makes else { continue };
        let domain = gone.domains.iter().any(|ty| ty.name == *name);
        let kind = if domain { "DOMAIN" } else { "TYPE" };
        steps.push(Step::new(name, format!("DROP {kind} {}", full(name))));
    }
    steps.extend(late.map(|one| Step::new(&one.name, drop_other(one))));
    for one in before.extensions.iter().filter(|one| !rest.extensions.contains(one)) {
        let sql = format!("DROP EXTENSION {}", ident(&one.name.name));
        steps.push(Step::new(&one.name, sql));
    }
    for one in before.schemas.iter().filter(|one| !rest.schemas.contains(one)) {
        let name = Name::new(&one.name);
        steps.push(Step::new(&name, format!("DROP SCHEMA {}", ident(&one.name))));
    }
    steps
}

/// The last first.
fn reversed(steps: Vec<arrange::Step>) -> Vec<arrange::Step> {
    let mut places = order(&steps);
    places.reverse();
    let mut steps: Vec<_> = steps.into_iter().map(Some).collect();
    places.into_iter().filter_map(|at| steps[at].take()).collect()
}
