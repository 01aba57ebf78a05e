//! Tables: columns, and the constraints that stand in them.

use std::collections::HashSet;

use super::super::arrange::{Rank, Step};
use super::super::mentions::{Thing, mentions};
use super::inherit::{self, Form};
use super::keys;
use super::types::numbers;
use super::{full, ident, needs_of_expression, on_table, relation};
use crate::catalogue::{Catalogue, Check, Column, Table};

/// The table, and behind it what has to wait for functions that may take its rows.
pub(in crate::catalogue::postgres) fn write(
    catalogue: &Catalogue,
    table: &Table,
    routines: &HashSet<Thing>,
    steps: &mut Vec<Step>,
) {
    let form = inherit::form(catalogue, table);
    let late = |text: &str| mentions(text).iter().any(|(thing, _)| routines.contains(thing));
    let mut needs = Vec::new();
    let mut lines = Vec::new();
    let mut after = Vec::new();
    for column in &table.columns {
        let default = column.default.as_deref().filter(|default| !late(default));
        if form.writes(column) {
            needs.extend(mentions(&column.ty.text));
            lines.push(define(table, column, default));
        } else {
            after.extend(inherit::differing(catalogue, table, column, default, &late));
        }
        needs.extend(default.into_iter().flat_map(needs_of_expression));
        let computed = column.generated.iter();
        needs.extend(computed.flat_map(|generated| needs_of_expression(&generated.expression)));
        after.extend(settings(catalogue, table, column));
        if let Some(default) = column.default.as_deref().filter(|default| late(default)) {
            let (of, name) = (full(&table.name), ident(&column.name));
            let sql = format!("ALTER TABLE ONLY {of} ALTER COLUMN {name} SET DEFAULT {default}");
            steps.push(waiting(table, sql, default));
        }
    }
    lines.extend(table.primary_key.iter().map(|key| keys::key("PRIMARY KEY", key)));
    for (at, unique) in table.uniques.iter().enumerate() {
        let line = keys::key("UNIQUE", unique);
        let before = table.primary_key.iter().chain(&table.uniques[..at]);
        // Two over the same columns in one statement are one to the server.
        if before.map(|key| &key.columns).any(|columns| *columns == unique.columns) {
            let sql = format!("ALTER TABLE {} ADD {line}", full(&table.name));
            steps.push(on_table(Rank::Late, &table.name, sql));
        } else {
            lines.push(line);
        }
    }
    for check in form.checks(catalogue, table) {
        // CREATE TABLE takes NOT VALID, and takes it for valid.
        let written = !late(&check.expression) && (check.validated || not_enforced(check));
        if written {
            lines.push(condition(check));
            needs.extend(needs_of_expression(&check.expression));
        } else {
            let mut sql = format!("ALTER TABLE {} ADD {}", full(&table.name), condition(check));
            if !check.validated && !not_enforced(check) {
                sql.push_str(" NOT VALID");
            }
            steps.push(waiting(table, sql, &check.expression));
        }
    }
    for exclusion in &table.exclusions {
        lines.push(format!("{}{}", keys::called(&exclusion.label), exclusion.definition));
        needs.extend(needs_of_expression(&exclusion.definition));
    }
    needs.extend(form.parents().map(relation));
    if let Some(ty) = table.options.get("of") {
        after.push(format!("ALTER TABLE {} OF {ty}", full(&table.name)));
        needs.extend(mentions(ty));
    }
    after.extend(form.attach(table));
    let create = format!("{}{}", head(table, &lines, &form), tail(table));
    let sql = std::iter::once(create).chain(after).collect();
    steps.push(Step {
        rank: Rank::Table,
        sql,
        makes: Some(Thing::Type(table.name.clone())),
        needs,
    });
}

fn waiting(table: &Table, sql: String, expression: &str) -> Step {
    let mut step = on_table(Rank::Late, &table.name, sql);
    step.needs.extend(needs_of_expression(expression));
    step
}

fn head(table: &Table, lines: &[String], form: &Form<'_>) -> String {
    let name = full(&table.name);
    let unlogged = if table.options.contains_key("unlogged") { "UNLOGGED " } else { "" };
    let foreign = if table.options.contains_key("foreign_server") { "FOREIGN " } else { "" };
    let body = match lines {
        [] => "()".to_owned(),
        lines => format!("(\n    {}\n)", lines.join(",\n    ")),
    };
    match form {
        Form::Partition(parent) => {
            let body = if lines.is_empty() { String::new() } else { format!(" {body}") };
            let bound = &table.options["partition_bound"];
            let parent = full(&parent.name);
            format!("CREATE {unlogged}{foreign}TABLE {name} PARTITION OF {parent}{body} {bound}")
        }
        Form::Child(_) => {
            let parents = &table.options["inherits"];
            format!("CREATE {unlogged}{foreign}TABLE {name} {body} INHERITS ({parents})")
        }
        Form::Alone(_) | Form::Attached(_) => {
            format!("CREATE {unlogged}{foreign}TABLE {name} {body}")
        }
    }
}

fn tail(table: &Table) -> String {
    let option = |key: &str| table.options.get(key);
    let mut text = String::new();
    for (key, before, after) in [
        ("partition_by", " PARTITION BY ", ""),
        ("using", " USING ", ""),
        ("with", " WITH (", ")"),
        ("foreign_server", " SERVER ", ""),
        ("foreign_options", " OPTIONS (", ")"),
    ] {
        if let Some(value) = option(key) {
            let value = match key {
                "using" | "foreign_server" => ident(value),
                _ => value.clone(),
            };
            text.push_str(&format!("{before}{value}{after}"));
        }
    }
    text
}

pub(in crate::catalogue::postgres) fn define(
    table: &Table,
    column: &Column,
    default: Option<&str>,
) -> String {
    let mut text = format!("{} {}", ident(&column.name), column.ty.text);
    if let Some(options) = column.options.get("foreign_options") {
        text.push_str(&format!(" OPTIONS ({options})"));
    }
    if let Some(collation) = &column.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = default {
        text.push_str(&format!(" DEFAULT {default}"));
    }
    if let Some(generated) = &column.generated {
        let stored = if generated.stored { "STORED" } else { "VIRTUAL" };
        text.push_str(&format!(" GENERATED ALWAYS AS ({}) {stored}", generated.expression));
    }
    if let Some(identity) = &column.identity {
        let when = if identity.always { "ALWAYS" } else { "BY DEFAULT" };
        text.push_str(&format!(" GENERATED {when} AS IDENTITY"));
        let mut words = Vec::new();
        let sequence = &identity.sequence;
        let usual = super::super::chosen::sequence(&table.name.name, &column.name);
        if sequence.name.name != usual || sequence.name.schema != table.name.schema {
            words.push(format!("SEQUENCE NAME {}", full(&sequence.name)));
        }
        words.extend(Some(numbers(sequence)).filter(|numbers| !numbers.is_empty()));
        if !words.is_empty() {
            text.push_str(&format!(" ({})", words.join(" ")));
        }
    }
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    text
}

pub(in crate::catalogue::postgres) fn not_enforced(check: &Check) -> bool {
    check.options.contains_key("not_enforced")
}

pub(in crate::catalogue::postgres) fn condition(check: &Check) -> String {
    let mut text = format!("{}CHECK ({})", keys::called(&check.label), check.expression);
    for (key, words) in [("no_inherit", " NO INHERIT"), ("not_enforced", " NOT ENFORCED")] {
        if check.options.contains_key(key) {
            text.push_str(words);
        }
    }
    text
}

/// How a column is kept, where it differs from the default and from what a parent brings along.
pub(in crate::catalogue::postgres) fn settings(
    catalogue: &Catalogue,
    table: &Table,
    column: &Column,
) -> Vec<String> {
    let (of, name) = (full(&table.name), ident(&column.name));
    let inherited = inherit::of_parent(catalogue, table, &column.name);
    let mut all = Vec::new();
    for (key, before, after) in [
        ("storage", "SET STORAGE ", ""),
        ("compression", "SET COMPRESSION ", ""),
        ("statistics", "SET STATISTICS ", ""),
        ("set", "SET (", ")"),
    ] {
        let Some(value) = column.options.get(key) else { continue };
        // Partitions take the first two over.
        let taken = matches!(key, "storage" | "compression")
            && inherited.is_some_and(|parent| parent.options.get(key) == Some(value));
        if !taken {
            all.push(format!("ALTER TABLE ONLY {of} ALTER COLUMN {name} {before}{value}{after}"));
        }
    }
    all
}
