//! Comments.

use super::super::arrange::{Rank, Step};
use super::{full, ident, literal};
use crate::catalogue::{Catalogue, Index, Name, RoutineKind, Table, View};

pub(super) fn write(catalogue: &Catalogue, steps: &mut Vec<Step>) {
    let said = all(catalogue).into_iter();
    let said = said.filter_map(|(what, comment)| Some(comment_on(&what, Some(&comment?))));
    let said: Vec<_> = said.collect();
    if !said.is_empty() {
        steps.push(Step::last(Rank::Comment, said));
    }
}

/// The statement that says a comment, or takes it away.
pub(in crate::catalogue::postgres) fn comment_on(what: &str, comment: Option<&str>) -> String {
    format!("COMMENT ON {what} IS {}", comment.map_or_else(|| "NULL".to_owned(), literal))
}

/// Whatever can have a comment, as SQL names it, with the one that it has.
pub(in crate::catalogue::postgres) fn all(catalogue: &Catalogue) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    let mut say = |what: String, comment: Option<&String>| all.push((what, comment.cloned()));
    for schema in &catalogue.schemas {
        say(format!("SCHEMA {}", ident(&schema.name)), schema.comment.as_ref());
    }
    for ty in &catalogue.enums {
        say(format!("TYPE {}", full(&ty.name)), ty.comment.as_ref());
    }
    for ty in &catalogue.composites {
        say(format!("TYPE {}", full(&ty.name)), ty.comment.as_ref());
    }
    for domain in &catalogue.domains {
        let name = full(&domain.name);
        for check in &domain.checks {
            let label = ident(check.label.name.as_deref().unwrap_or_default());
            say(format!("CONSTRAINT {label} ON DOMAIN {name}"), check.comment.as_ref());
        }
        say(format!("DOMAIN {name}"), domain.comment.as_ref());
    }
    for sequence in &catalogue.sequences {
        say(format!("SEQUENCE {}", full(&sequence.name)), sequence.comment.as_ref());
    }
    catalogue.tables.iter().for_each(|table| of_table(table, &mut say));
    catalogue.views.iter().for_each(|view| of_view(view, &mut say));
    for routine in &catalogue.routines {
        let kind = match routine.kind {
            RoutineKind::Function => "FUNCTION",
            RoutineKind::Procedure => "PROCEDURE",
            RoutineKind::Aggregate => "AGGREGATE",
        };
        let arguments = match (routine.kind, routine.arguments.as_str()) {
            (RoutineKind::Aggregate, "") => "*",
            (_, arguments) => arguments,
        };
        let what = format!("{kind} {}({arguments})", full(&routine.name));
        say(what, routine.comment.as_ref());
    }
    for trigger in &catalogue.triggers {
        let what = format!("TRIGGER {} ON {}", ident(&trigger.name), full(&trigger.table));
        say(what, trigger.comment.as_ref());
    }
    for other in &catalogue.others {
        let name = full(&other.name);
        let on = |table: &Option<Name>| table.as_ref().map(full).unwrap_or_default();
        let what = match other.kind {
            "policy" => format!("POLICY {name} ON {}", on(&other.table)),
            "rule" => format!("RULE {name} ON {}", on(&other.table)),
            "range type" => format!("TYPE {name}"),
            "foreign server" => format!("SERVER {name}"),
            // These are known by their arguments, which are part of the name.
            "cast" => format!("CAST {}", other.name.name),
            "operator" => {
                let schema = ident(other.name.schema.as_deref().unwrap_or("public"));
                format!("OPERATOR {schema}.{}", other.name.name)
            }
            kind => format!("{} {name}", kind.to_uppercase()),
        };
        say(what, other.comment.as_ref());
    }
    all
}

type Say<'a> = dyn FnMut(String, Option<&String>) + 'a;

fn of_table(table: &Table, say: &mut Say<'_>) {
    let name = full(&table.name);
    let foreign = if table.options.contains_key("foreign_server") { "FOREIGN " } else { "" };
    say(format!("{foreign}TABLE {name}"), table.comment.as_ref());
    for column in &table.columns {
        say(format!("COLUMN {name}.{}", ident(&column.name)), column.comment.as_ref());
        if let Some(identity) = &column.identity {
            let sequence = &identity.sequence;
            say(format!("SEQUENCE {}", full(&sequence.name)), sequence.comment.as_ref());
        }
    }
    let keys = table.primary_key.iter().chain(&table.uniques);
    let keys = keys.map(|key| (&key.label, &key.comment));
    let foreign = table.foreign_keys.iter().map(|key| (&key.label, &key.comment));
    let checks = table.checks.iter().map(|check| (&check.label, &check.comment));
    let exclusions = table.exclusions.iter().map(|one| (&one.label, &one.comment));
    for (label, comment) in keys.chain(foreign).chain(checks).chain(exclusions) {
        let label = ident(label.name.as_deref().unwrap_or_default());
        say(format!("CONSTRAINT {label} ON {name}"), comment.as_ref());
    }
    indexes(&table.name, &table.indexes, say);
}

fn of_view(view: &View, say: &mut Say<'_>) {
    let materialized = if view.materialized { "MATERIALIZED " } else { "" };
    say(format!("{materialized}VIEW {}", full(&view.name)), view.comment.as_ref());
    indexes(&view.name, &view.indexes, say);
}

/// An index is in the schema of its table.
fn indexes(of: &Name, indexes: &[Index], say: &mut Say<'_>) {
    for index in indexes {
        let name = index.label.name.clone().unwrap_or_default();
        let name = full(&Name { schema: of.schema.clone(), name });
        say(format!("INDEX {name}"), index.comment.as_ref());
    }
}
