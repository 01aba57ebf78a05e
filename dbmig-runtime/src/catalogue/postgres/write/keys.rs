//! Keys, indexes and foreign keys of a table.

use super::super::arrange::{Rank, Step};
use super::{full, ident, list, needs_of_expression, on_table, relation};
use crate::catalogue::{
    Action, Deferrable, ForeignKey, Index, IndexKey, IndexPart, Key, Label, Name, Options, Table,
};

/// What is written after the table: indexes, foreign keys, and what names an index.
pub(in crate::catalogue::postgres) fn write(table: &Table, steps: &mut Vec<Step>) {
    let has = |key: &str| table.options.contains_key(key);
    // An index of the parent is put on its partitions as well, under a name that must not be taken then.
    let rank = match (has("partition_of"), has("partition_by")) {
        (true, false) => Rank::PartitionIndex,
        _ => Rank::Index,
    };
    for index in &table.indexes {
        // An index on a partitioned table is not valid as long as it is missing on a partition.
        let only = has("partition_by") && !index.valid;
        steps.push(create_index(index, &table.name, only, rank));
    }
    for key in &table.foreign_keys {
        let mut step = on_table(Rank::ForeignKey, &table.name, foreign_key(table, key));
        step.needs.push(relation(&key.table));
        steps.push(step);
    }
    let of = full(&table.name);
    let mut rest = Vec::new();
    if let Some(identity) = table.options.get("replica_identity") {
        rest.push(format!("ALTER TABLE ONLY {of} REPLICA IDENTITY {}", identity_words(identity)));
    }
    if let Some(index) = table.options.get("cluster_on") {
        rest.push(format!("ALTER TABLE {of} CLUSTER ON {index}"));
    }
    if let Some(security) = table.options.get("row_security") {
        for (key, word) in [("enabled", "ENABLE"), ("forced", "FORCE")] {
            if security.contains(key) {
                rest.push(format!("ALTER TABLE {of} {word} ROW LEVEL SECURITY"));
            }
        }
    }
    if !rest.is_empty() {
        steps.push(Step { rank: Rank::Rest, sql: rest, makes: None, needs: Vec::new() });
    }
}

pub(in crate::catalogue::postgres) fn identity_words(identity: &str) -> String {
    match identity.strip_prefix("using index") {
        Some(index) => format!("USING INDEX{index}"),
        None => identity.to_uppercase(),
    }
}

/// A primary key or a unique constraint as a line of a table.
pub(in crate::catalogue::postgres) fn key(what: &str, key: &Key) -> String {
    let option = |name: &str| key.options.get(name);
    let mut text = format!("{}{what}", called(&key.label));
    if option("nulls_not_distinct").is_some() {
        text.push_str(" NULLS NOT DISTINCT");
    }
    let mut columns = list(&key.columns);
    if option("without_overlaps").is_some() {
        columns.insert_str(columns.len() - 1, " WITHOUT OVERLAPS");
    }
    text.push_str(&format!(" {columns}"));
    if let Some(include) = option("include") {
        text.push_str(&format!(" INCLUDE ({include})"));
    }
    if let Some(settings) = option("with") {
        text.push_str(&format!(" WITH ({settings})"));
    }
    text.push_str(when(key.deferrable));
    text
}

/// `CONSTRAINT name `; nothing where the server is to choose it.
pub(in crate::catalogue::postgres) fn called(label: &Label) -> String {
    let name = label.name.as_deref();
    name.map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default()
}

const fn when(deferrable: Deferrable) -> &'static str {
    match deferrable {
        Deferrable::No => "",
        Deferrable::InitiallyImmediate => " DEFERRABLE",
        Deferrable::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

/// What adds a foreign key.
pub(in crate::catalogue::postgres) fn foreign_key(table: &Table, key: &ForeignKey) -> String {
    let option = |name: &str| key.options.get(name);
    let period = |columns: &[String]| match (option("period"), columns.split_last()) {
        (Some(_), Some((last, []))) => format!("(PERIOD {})", ident(last)),
        (Some(_), Some((last, rest))) => {
            format!("({}, PERIOD {})", super::super::constraints::quoted(rest), ident(last))
        }
        _ => list(columns),
    };
    let mut text = format!(
        "ALTER TABLE {} ADD {}FOREIGN KEY {} REFERENCES {} {}",
        full(&table.name),
        called(&key.label),
        period(&key.columns),
        full(&key.table),
        period(&key.referenced)
    );
    if option("match").is_some() {
        text.push_str(" MATCH FULL");
    }
    if key.on_update != Action::NoAction {
        text.push_str(&format!(" ON UPDATE {}", key.on_update.as_str()));
    }
    if key.on_delete != Action::NoAction {
        text.push_str(&format!(" ON DELETE {}", key.on_delete.as_str()));
        if let Some(columns) = option("set_columns") {
            text.push_str(&format!(" ({columns})"));
        }
    }
    text.push_str(when(key.deferrable));
    if option("not_enforced").is_some() {
        text.push_str(" NOT ENFORCED");
    } else if !key.validated {
        text.push_str(" NOT VALID");
    }
    text
}

/// An index of a table or materialised view. One that is not valid is made anew, which makes it so.
pub(in crate::catalogue::postgres) fn create_index(
    index: &Index,
    on: &Name,
    only: bool,
    rank: Rank,
) -> Step {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let only = if only { "ONLY " } else { "" };
    // Without a name the server chooses one.
    let name = index.label.name.as_deref().map(|name| format!(" {}", ident(name)));
    let name = name.unwrap_or_default();
    let mut text = format!("CREATE {unique}INDEX{name} ON {only}{}", full(on));
    if let Some(method) = &index.method {
        text.push_str(&format!(" USING {}", ident(method)));
    }
    let parts: Vec<_> = index.parts.iter().map(part).collect();
    text.push_str(&format!(" ({})", parts.join(", ")));
    if !index.include.is_empty() {
        text.push_str(&format!(" INCLUDE {}", list(&index.include)));
    }
    text.push_str(&settings(&index.options));
    if let Some(predicate) = &index.predicate {
        text.push_str(&format!(" WHERE {predicate}"));
    }
    let mut step = on_table(rank, on, text);
    for part in &index.parts {
        if let IndexKey::Expression(expression) = &part.key {
            step.needs.extend(needs_of_expression(expression));
        }
    }
    step.needs.extend(index.predicate.iter().flat_map(|text| needs_of_expression(text)));
    step
}

fn settings(options: &Options) -> String {
    let mut text = String::new();
    if options.contains_key("nulls_not_distinct") {
        text.push_str(" NULLS NOT DISTINCT");
    }
    if let Some(settings) = options.get("with") {
        text.push_str(&format!(" WITH ({settings})"));
    }
    text
}

fn part(part: &IndexPart) -> String {
    let mut text = match &part.key {
        IndexKey::Column(name) => ident(name),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(collation) = part.options.get("collation") {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(class) = part.options.get("opclass") {
        text.push_str(&format!(" {class}"));
    }
    if part.descending {
        text.push_str(" DESC");
    }
    if let Some(nulls) = part.options.get("nulls") {
        text.push_str(&format!(" NULLS {}", nulls.to_uppercase()));
    }
    text
}
