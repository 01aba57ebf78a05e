//! Routines, views, triggers, and what has only a definition.

use super::super::arrange::{Rank, Step};
use super::super::mentions::{Thing, mentions, names};
use super::{full, ident, keys, relation, statements};
use crate::catalogue::{Catalogue, RoutineKind, View};

pub(in crate::catalogue::postgres) fn routines(catalogue: &Catalogue, steps: &mut Vec<Step>) {
    for routine in &catalogue.routines {
        let (rank, needs) = match routine.kind {
            // Functions stand in it without arguments.
            RoutineKind::Aggregate => (Rank::Operator, names(&routine.definition)),
            _ => (Rank::Routine, mentions(&routine.definition)),
        };
        steps.push(Step {
            rank,
            sql: vec![routine.definition.clone()],
            makes: Some(Thing::Routine(routine.name.clone())),
            // Overloads are no reason to wait.
            needs: needs
                .into_iter()
                .filter(|(thing, _)| *thing != Thing::Routine(routine.name.clone()))
                .collect(),
        });
    }
}

pub(in crate::catalogue::postgres) fn views(catalogue: &Catalogue, steps: &mut Vec<Step>) {
    for view in &catalogue.views {
        steps.push(Step {
            rank: Rank::View,
            sql: vec![create_view(view)],
            makes: Some(Thing::Type(view.name.clone())),
            needs: mentions(&view.definition),
        });
        for index in &view.indexes {
            steps.push(keys::create_index(index, &view.name, false, Rank::Index));
        }
        if let Some(index) = view.options.get("cluster_on") {
            let sql = format!("ALTER MATERIALIZED VIEW {} CLUSTER ON {index}", full(&view.name));
            steps.push(Step::last(Rank::Rest, vec![sql]));
        }
    }
}

fn create_view(view: &View) -> String {
    let materialized = if view.materialized { "MATERIALIZED " } else { "" };
    let mut text = format!("CREATE {materialized}VIEW {}", full(&view.name));
    if let Some(method) = view.options.get("using") {
        text.push_str(&format!(" USING {}", ident(method)));
    }
    let mut settings = Vec::new();
    for key in ["check_option", "security_barrier", "security_invoker"] {
        settings.extend(view.options.get(key).map(|value| format!("{key}={value}")));
    }
    settings.extend(view.options.get("with").cloned());
    if !settings.is_empty() {
        text.push_str(&format!(" WITH ({})", settings.join(", ")));
    }
    text.push_str(" AS\n");
    text.push_str(&view.definition);
    text
}

/// Triggers, policies, rules, statistics, event triggers.
pub(in crate::catalogue::postgres) fn rest(catalogue: &Catalogue, steps: &mut Vec<Step>) {
    for trigger in &catalogue.triggers {
        let mut sql = statements(&trigger.definition);
        if !trigger.enabled {
            let (table, name) = (full(&trigger.table), ident(&trigger.name));
            sql.push(format!("ALTER TABLE {table} DISABLE TRIGGER {name}"));
        }
        steps.push(Step::last(Rank::Trigger, sql));
    }
    for other in &catalogue.others {
        let rank = match other.kind {
            "policy" => Rank::Policy,
            "rule" => Rank::Rule,
            "statistics" => Rank::Rest,
            "event trigger" => Rank::EventTrigger,
            _ => continue,
        };
        let needs = other.table.iter().map(relation).collect();
        steps.push(Step { rank, sql: statements(&other.definition), makes: None, needs });
    }
}
