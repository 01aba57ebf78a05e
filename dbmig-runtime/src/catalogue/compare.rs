//! How two catalogues differ, and the two digests that say whether they do.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use dbmig_build::Digest;

use super::facts::{Facts, Kind, Object, facts};
use super::{Catalogue, Name, Table};

/// Two digests of a catalogue: equal ones mean that nothing differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of all but the order of columns.
    pub schema: Digest,
    /// Of the order of columns.
    pub order: Digest,
}

/// One object that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which one.
    pub object: Object,
    /// How.
    pub change: Change,
}

/// How an object differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only the second catalogue has it.
    Added(Facts),
    /// Only the first catalogue has it.
    Removed(Facts),
    /// Both have it; these attributes differ: before, and after.
    Altered(BTreeMap<&'static str, (Option<String>, Option<String>)>),
    /// The columns of a table stand in another order: before, and after.
    Reordered(Vec<String>, Vec<String>),
}

impl Catalogue {
    /// The digests of what it holds.
    pub fn fingerprint(&self) -> Fingerprint {
        let all = facts(self);
        let mut lines = Vec::new();
        for (object, facts) in &all {
            lines.push(object.to_string());
            for (attribute, value) in facts {
                lines.push((*attribute).to_owned());
                lines.push(value.clone());
            }
            lines.push(String::new());
        }
        let order = self.tables.iter().flat_map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone());
            [String::new(), table.name.to_string()].into_iter().chain(columns)
        });
        let order: Vec<_> = order.collect();
        Fingerprint {
            schema: Digest::of_list("catalogue", lines.iter().map(String::as_str)),
            order: Digest::of_list("columns", order.iter().map(String::as_str)),
        }
    }

    /// What differs in `other`, by object. What belongs to a table that only one has is not told again.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let (mut before, mut after) = (facts(self), facts(other));
        let tables = |all: &BTreeMap<Object, Facts>| -> HashSet<Name> {
            all.keys().filter(|object| object.of.is_none()).map(|o| o.name.clone()).collect()
        };
        let (here, there) = (tables(&before), tables(&after));
        let both = |object: &Object| match &object.of {
            Some(of) => here.contains(of) == there.contains(of),
            None => true,
        };
        before.retain(|object, _| both(object));
        after.retain(|object, _| both(object));
        let mut differences = Vec::new();
        for (object, facts) in &before {
            let change = match after.get(object) {
                None => Change::Removed(facts.clone()),
                Some(now) if now == facts => continue,
                Some(now) => Change::Altered(altered(facts, now)),
            };
            differences.push(Difference { object: object.clone(), change });
        }
        for (object, facts) in after {
            if !before.contains_key(&object) {
                differences.push(Difference { object, change: Change::Added(facts) });
            }
        }
        differences.extend(self.reordered(other));
        differences.sort_by(|a, b| sort_key(&a.object).cmp(&sort_key(&b.object)));
        differences
    }

    /// Tables whose columns are the same in another order.
    fn reordered<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Difference> + 'a {
        let names = |table: &Table| -> Vec<String> {
            table.columns.iter().map(|column| column.name.clone()).collect()
        };
        let there: HashMap<_, _> = other.tables.iter().map(|table| (&table.name, table)).collect();
        self.tables.iter().filter_map(move |table| {
            let before = names(table);
            let after = names(there.get(&table.name)?);
            let sorted = |names: &[String]| {
                let mut names = names.to_vec();
                names.sort();
                names
            };
            (before != after && sorted(&before) == sorted(&after)).then(|| Difference {
                object: Object { of: None, kind: Kind::Table, name: table.name.clone() },
                change: Change::Reordered(before, after),
            })
        })
    }
}

/// A table comes before what belongs to it, and that before the next table.
fn sort_key(object: &Object) -> (Kind, &Name, Kind, &Name) {
    match &object.of {
        Some(of) => (Kind::Table, of, object.kind, &object.name),
        None => (object.kind, &object.name, Kind::Schema, &object.name),
    }
}

fn altered(
    before: &Facts,
    after: &Facts,
) -> BTreeMap<&'static str, (Option<String>, Option<String>)> {
    before
        .keys()
        .chain(after.keys())
        .filter(|attribute| before.get(*attribute) != after.get(*attribute))
        .map(|attribute| {
            (*attribute, (before.get(attribute).cloned(), after.get(attribute).cloned()))
        })
        .collect()
}

impl Difference {
    /// Whether only the order of columns differs.
    pub const fn is_order(&self) -> bool {
        matches!(self.change, Change::Reordered(..))
    }
}

/// `+ column users.phone: text not null`, `- index users_name of users: (name)`,
/// `~ column users.age: type integer -> bigint`; several lines where a definition has several.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.object;
        match &self.change {
            Change::Added(facts) => write!(f, "+ {object}{}", after_colon(&told(object, facts))),
            Change::Removed(facts) => write!(f, "- {object}{}", after_colon(&told(object, facts))),
            Change::Altered(attributes) => {
                write!(f, "~ {object}:")?;
                for (at, (attribute, (before, after))) in attributes.iter().enumerate() {
                    write!(f, "{}", if at == 0 { " " } else { "; " })?;
                    altered_words(f, attribute, before.as_deref(), after.as_deref())?;
                }
                Ok(())
            }
            Change::Reordered(before, after) => {
                let (before, after) = (before.join(", "), after.join(", "));
                write!(f, "~ {object}: order of columns ({before}) -> ({after})")
            }
        }
    }
}

fn after_colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

/// What is true of an object, in the order in which SQL writes it.
fn told(object: &Object, facts: &Facts) -> String {
    // These values speak for themselves.
    const BARE: [&str; 6] = ["type", "columns", "definition", "condition", "fields", "numbers"];
    const FIRST: [&str; 4] = ["type", "unique", "columns", "not null"];
    let first = FIRST.iter().filter_map(|attribute| facts.get_key_value(*attribute));
    let rest = facts.iter().filter(|(attribute, _)| !FIRST.contains(attribute));
    let words = first.chain(rest).filter_map(|(attribute, value)| {
        // A constraint without a name is already told by these.
        if object.name.name.contains(value.as_str()) && BARE.contains(attribute) {
            return None;
        }
        Some(match value.as_str() {
            "" => (*attribute).to_owned(),
            "no action" => return None,
            value if BARE.contains(attribute) => value.to_owned(),
            value => format!("{attribute} {value}"),
        })
    });
    words.collect::<Vec<_>>().join(" ")
}

fn altered_words(
    f: &mut fmt::Formatter<'_>,
    attribute: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> fmt::Result {
    match (before, after) {
        (None, Some("")) => write!(f, "{attribute} added"),
        (Some(""), None) => write!(f, "{attribute} removed"),
        (None, Some(after)) => write!(f, "{attribute} {after} added"),
        (Some(before), None) => write!(f, "{attribute} {before} removed"),
        (before, after) => {
            let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
            if before.contains('\n') || after.contains('\n') {
                write!(f, "{attribute} differs\n    before: {before}\n    after:  {after}")
            } else {
                write!(f, "{attribute} {before} -> {after}")
            }
        }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
