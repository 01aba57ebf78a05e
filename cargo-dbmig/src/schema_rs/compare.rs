//! How two `schema.rs` differ, in the words of differences of whole schemas.

use std::fmt;

use super::parse::{Told, ToldTable};

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is: `table`, `column`, `primary key`, `join`.
    pub kind: &'static str,
    /// The table that it belongs to.
    pub of: Option<String>,
    /// What it is called.
    pub name: String,
    before: Option<String>,
    after: Option<String>,
}

/// `+ column users.age: Nullable<Integer>`, `~ primary key of users: (id) -> (id, at)`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match (&self.before, &self.after) {
            (None, _) => '+',
            (_, None) => '-',
            _ => '~',
        };
        write!(f, "{sign} {}", self.kind)?;
        match (self.kind, &self.of) {
            ("column", Some(of)) => write!(f, " {of}.{}", self.name)?,
            (_, Some(of)) => write!(f, " of {of}")?,
            (_, None) => write!(f, " {}", self.name)?,
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, ": {before} -> {after}"),
            (Some(text), None) | (None, Some(text)) if !text.is_empty() => write!(f, ": {text}"),
            _ => Ok(()),
        }
    }
}

/// What differs, table by table. What belongs to a table that only one has is not told again.
pub fn differences(before: &Told, after: &Told) -> Vec<Difference> {
    let mut all = Vec::new();
    let new = |kind, name: &str, before: Option<&str>, after: Option<&str>| {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Difference { kind, of: None, name: name.to_owned(), before: own(before), after: own(after) }
    };
    let names = before.tables.keys().chain(after.tables.keys());
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        match (before.tables.get(name), after.tables.get(name)) {
            (Some(before), Some(after)) => all.extend(of_table(name, before, after)),
            (Some(_), None) => all.push(new("table", name, Some(""), None)),
            (None, _) => all.push(new("table", name, None, Some(""))),
        }
    }
    let both = |told: &Told, name: &String| told.tables.contains_key(name);
    let told = |(child, parent, column): &(String, String, String)| {
        let known = [child, parent].iter().all(|name| both(before, name) && both(after, name));
        known.then(|| format!("{child} -> {parent} ({column})"))
    };
    let gone = before.joins.difference(&after.joins).filter_map(told);
    all.extend(gone.map(|join| new("join", &join, Some(""), None)));
    let come = after.joins.difference(&before.joins).filter_map(told);
    all.extend(come.map(|join| new("join", &join, None, Some(""))));
    all
}

fn of_table(of: &str, before: &ToldTable, after: &ToldTable) -> Vec<Difference> {
    let mut all = Vec::new();
    let mut push = |kind, name: &str, before: Option<&String>, after: Option<&String>| {
        if before != after {
            let (before, after) = (before.cloned(), after.cloned());
            let (of, name) = (Some(of.to_owned()), name.to_owned());
            all.push(Difference { kind, of, name, before, after });
        }
    };
    let names = before.columns.keys().chain(after.columns.keys());
    for name in names.collect::<std::collections::BTreeSet<_>>() {
        push("column", name, before.columns.get(name), after.columns.get(name));
    }
    let key = |table: &ToldTable| format!("({})", table.key.join(", "));
    push("primary key", "", Some(&key(before)), Some(&key(after)));
    all
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn what_differs() {
        let before = "table! { a (id) { id -> Integer, b -> Text, c -> Text } } table! { b (id) { id -> Integer } } \
                      joinable!(a -> b (c));";
        let after = "table! { a (id, b) { id -> Integer, b -> Nullable<Text>, d -> Text } } table! { b (id) { id -> \
                     Integer } } table! { x (id) { id -> Integer } } joinable!(x -> a (id));";
        let (before, after) = (parse(before).unwrap(), parse(after).unwrap());
        let lines: Vec<_> = differences(&before, &after).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "~ column a.b: Text -> Nullable<Text>",
                "- column a.c: Text",
                "+ column a.d: Text",
                "~ primary key of a: (id) -> (id, b)",
                "+ table x",
                "- join a -> b (c)",
            ]
        );
        assert_eq!(differences(&after, &after), []);
    }
}
