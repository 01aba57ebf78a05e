//! The statements for what goes: what `before` has and `rest` has not.

use std::collections::HashSet;

use super::super::super::change::Step;
use super::super::super::{Catalogue, Column, Name, OtherObject, Routine, RoutineKind, Table};
use super::super::arrange::{self, order};
use super::super::mentions::Thing;
use super::super::write::{self, full, ident, relation};
use super::constraints;
use super::gone::known;

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
