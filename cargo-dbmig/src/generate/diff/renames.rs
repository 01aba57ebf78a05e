//! What may be the same under another name.

use std::collections::BTreeMap;

use dbmig_runtime::catalogue::change::Rename;
use dbmig_runtime::catalogue::{Catalogue, Name};

use super::{Answers, Question};

/// The tables of one side: columns in their order, each with what is compared of its type.
pub(super) type Side = BTreeMap<Name, Vec<(String, String)>>;

/// The tables of a catalogue.
pub(super) fn side(catalogue: &Catalogue) -> Side {
    let of = |table: &dbmig_runtime::catalogue::Table| {
        let columns = table.columns.iter();
        columns.map(|column| (column.name.clone(), column.ty.text.to_lowercase())).collect()
    };
    catalogue.tables.iter().map(|table| (table.name.clone(), of(table))).collect()
}

/// The renames that the answers say; questions about what else may be one. Tables first: a column is looked
/// for in its table, whatever that is called.
pub(super) fn find(
    before: &Side,
    after: &Side,
    answers: &Answers,
    questions: &mut Vec<Question>,
) -> Vec<Rename> {
    let mut renames = Vec::new();
    let mut new: Vec<&Name> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    let gone: Vec<&Name> = before.keys().filter(|name| !after.contains_key(*name)).collect();
    let mut open = Vec::new();
    for old in gone {
        let known_as = [old.to_string()];
        let wanted = answers.new_name(&known_as).and_then(|(key, wanted)| {
            let at = new.iter().position(|name| {
                name.schema == old.schema && (name.to_string() == wanted || name.name == wanted)
            })?;
            answers.renamed(key);
            Some(new.remove(at))
        });
        match wanted {
            Some(to) => renames.push(Rename::Table { from: old.clone(), to: to.clone() }),
            None if answers.drops(&known_as) => {}
            None => open.push(old),
        }
    }
    for old in open {
        let mut likely: Vec<_> = new
            .iter()
            .filter(|name| name.schema == old.schema)
            .filter_map(|name| Some((shared(&before[old], &after[*name])?, *name)))
            .collect();
        likely.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
        if let Some((most, _)) = likely.first() {
            questions.push(Question::Rename {
                old: old.to_string(),
                new: likely.iter().map(|(_, name)| name.to_string()).collect(),
                alike: match most {
                    1 => "with a column in common".to_owned(),
                    more => format!("with {more} columns in common"),
                },
            });
        }
    }
    for (name, columns) in before {
        let now = renames.iter().find_map(|rename| match rename {
            Rename::Table { from, to } if from == name => Some(to.clone()),
            _ => None,
        });
        let now = now.unwrap_or_else(|| name.clone());
        if let Some(wished) = after.get(&now) {
            let found = columns_of((name, columns), (&now, wished), answers, questions);
            renames.extend(found);
        }
    }
    renames
}

/// How many columns two tables share by name, where that is half of what was there; those that any table has
/// do not count.
fn shared(before: &[(String, String)], after: &[(String, String)]) -> Option<usize> {
    const ANYWHERE: [&str; 3] = ["id", "created_at", "updated_at"];
    let own = |all: &[(String, String)]| -> Vec<String> {
        let own: Vec<_> = all.iter().map(|(name, _)| name.clone()).collect();
        let telling: Vec<_> =
            own.iter().filter(|name| !ANYWHERE.contains(&name.as_str())).cloned().collect();
        if telling.is_empty() { own } else { telling }
    };
    let (before, after) = (own(before), own(after));
    let count = before.iter().filter(|name| after.contains(name)).count();
    (count > 0 && 2 * count >= before.len()).then_some(count)
}

/// How much two names are alike; one that is part of the other is more so than any other.
fn resemblance(old: &str, new: &str) -> f64 {
    let part = old.contains(new) || new.contains(old);
    strsim::jaro(old, new) + if part { 1.0 } else { 0.0 }
}

fn columns_of(
    (old_table, before): (&Name, &[(String, String)]),
    (table, after): (&Name, &[(String, String)]),
    answers: &Answers,
    questions: &mut Vec<Question>,
) -> Vec<Rename> {
    let has = |list: &[(String, String)], name: &str| list.iter().any(|(known, _)| known == name);
    let mut new: Vec<_> = after.iter().filter(|(name, _)| !has(before, name)).collect();
    let gone = before.iter().filter(|(name, _)| !has(after, name));
    let (mut renames, mut open) = (Vec::new(), Vec::new());
    for (old, ty) in gone {
        let known_as = [format!("{old_table}.{old}"), format!("{table}.{old}")];
        let wanted = answers.new_name(&known_as).and_then(|(key, wanted)| {
            let own = format!("{table}.");
            let wanted = wanted.strip_prefix(&own).unwrap_or(wanted);
            let at = new.iter().position(|(name, _)| name == wanted)?;
            answers.renamed(key);
            Some(new.remove(at))
        });
        match wanted {
            Some((to, _)) => renames.push(Rename::Column {
                table: table.clone(),
                from: old.clone(),
                to: to.clone(),
            }),
            None if answers.drops(&known_as) => {}
            None => open.push((old, ty)),
        }
    }
    for (old, ty) in open {
        let likely = new.iter().filter(|(_, other)| other == ty).map(|(name, _)| name.clone());
        let mut likely: Vec<_> = likely.collect();
        // What sounds like it first.
        likely.sort_by(|a, b| resemblance(old, b).total_cmp(&resemblance(old, a)));
        if !likely.is_empty() {
            questions.push(Question::Rename {
                old: format!("{table}.{old}"),
                alike: format!("{} {ty}", if likely.len() == 1 { "both" } else { "all" }),
                new: likely,
            });
        }
    }
    renames
}
