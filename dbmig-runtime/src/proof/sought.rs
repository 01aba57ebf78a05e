//! What a migration looks for: the values that its conditions compare columns with. Rows that have them are
//! those that it changes.
//!
//! Guessed from the words: a value that is none for the column is refused by the database, and a row more
//! does no harm.

use std::collections::{BTreeMap, HashSet};

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, split, tokens};

use super::rows::in_order;
use crate::catalogue::{Catalogue, Table};
use crate::session::Session;

/// For each statement that changes rows, the literals that it compares a column with, by its name.
type Sought = Vec<BTreeMap<String, Vec<String>>>;

/// How many values of a column are tried.
const MOST: usize = 8;

/// Adds rows that `up` looks for to the tables that it names; whether any was taken.
pub(super) fn add(
    session: &mut dyn Session,
    catalogue: &Catalogue,
    up: &str,
    number: &mut usize,
) -> bool {
    let dialect = catalogue.dialect;
    let sought = sought(up, dialect);
    if sought.is_empty() {
        return false;
    }
    let words: HashSet<String> = tokens(up, dialect)
        .map(|token| token.text.trim_matches(['"', '`', '[', ']']).to_lowercase())
        .collect();
    let is_named = |table: &&Table| words.contains(&table.name.name.to_lowercase());
    let mut taken = 0;
    for table in in_order(catalogue).into_iter().filter(is_named) {
        let has = |name: &str| table.column(name).is_some();
        let rows: Vec<_> = sought.iter().flat_map(|columns| rows(columns, &has)).collect();
        if !rows.is_empty() {
            taken += super::rows::add(session, catalogue, table, &rows, number);
        }
    }
    taken > 0
}

/// Values that cells of a row must have, by the name of the column.
type Cells = BTreeMap<String, String>;

/// What is given of each row: a value of every column, as AND wants it, and each value alone, as OR does.
fn rows(columns: &BTreeMap<String, Vec<String>>, has: &dyn Fn(&str) -> bool) -> Vec<Cells> {
    let own: Vec<_> = columns.iter().filter(|(name, _)| has(name)).collect();
    let most = own.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    let together = (0..most).map(|row| {
        let cell = |(name, values): &(&String, &Vec<String>)| {
            ((*name).clone(), values[row % values.len()].clone())
        };
        own.iter().map(cell).collect()
    });
    let mut rows: Vec<Cells> = together.collect();
    if own.len() > 1 {
        let alone = own.iter().flat_map(|(name, values)| {
            values.iter().map(|value| Cells::from([((*name).clone(), value.clone())]))
        });
        rows.extend(alone);
    }
    rows
}

/// Reads the conditions of a text.
fn sought(sql: &str, dialect: Dialect) -> Sought {
    let statements = split(sql, dialect).statements;
    let all = statements.iter().map(|statement| {
        let all = tokens(statement.sql, dialect).filter(|token| !token.is_trivia());
        of_statement(&all.collect::<Vec<_>>())
    });
    all.filter(|found| !found.is_empty()).collect()
}

fn of_statement(all: &[Token<'_>]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let is = |at: usize, words: &[&str]| {
        let text = all.get(at).map(|token| token.text);
        text.is_some_and(|text| words.iter().any(|word| text.eq_ignore_ascii_case(word)))
    };
    if !["update", "delete", "insert", "with", "replace", "merge"].iter().any(|word| is(0, &[word]))
    {
        return found;
    }
    // `SET a = 'x'` gives, `WHERE a = 'x'` looks.
    let mut looks = false;
    // `CASE a WHEN 'x'`.
    let mut case = None;
    for at in 0..all.len() {
        match () {
            () if is(at, &["where", "when", "on", "having"]) => looks = true,
            () if is(at, &["set", "then", "else", "values", "select"]) => looks = false,
            () if is(at, &["case"]) => case = name_before(all, at + 2),
            () => {}
        }
        let mut keep = |name: &str, token: &Token<'_>| {
            if let Some(value) = value(token) {
                let values = found.entry(name.to_owned()).or_default();
                if values.len() < MOST && !values.contains(&value) {
                    values.push(value);
                }
            }
        };
        if is(at, &["when"]) {
            if let (Some(name), Some(token)) = (&case, all.get(at + 1)) {
                keep(name, token);
            }
        }
        // `SET a = replace(a, 'x', 'y')`.
        if is(at, &["replace"]) && is(at + 1, &["("]) && is(at + 3, &[","]) {
            if let (Some(name), Some(token)) = (name_before(all, at + 3), all.get(at + 4)) {
                keep(&name, token);
            }
        }
        if !looks {
            continue;
        }
        if is(at, &["=", "<>", "!=", ">=", "<=", "like", "ilike"]) {
            let negated = at > 0 && is(at - 1, &["not"]);
            let name = name_before(all, if negated { at - 1 } else { at });
            if let (Some(name), Some(token)) = (name, all.get(at + 1)) {
                keep(&name, token);
            }
        }
        if is(at, &["in"]) && is(at + 1, &["("]) {
            let negated = at > 0 && is(at - 1, &["not"]);
            let Some(name) = name_before(all, if negated { at - 1 } else { at }) else { continue };
            let list = all[at + 2..].iter().take_while(|token| token.text != ")");
            list.filter(|token| token.text != ",").for_each(|token| keep(&name, token));
        }
    }
    found
}

/// The column that ends before a token: `a`, `t.a`, `a::text`, `lower(a)`.
fn name_before(all: &[Token<'_>], at: usize) -> Option<String> {
    let mut at = at.checked_sub(1)?;
    if at >= 2 && all.get(at - 1).is_some_and(|token| token.text == "::") {
        at -= 2;
    }
    while all.get(at).is_some_and(|token| token.text == ")") {
        at = at.checked_sub(1)?;
    }
    let token = all.get(at)?;
    match token.kind {
        TokenKind::Word => Some(token.text.to_lowercase()),
        TokenKind::QuotedName => Some(token.text.trim_matches(['"', '`', '[', ']']).to_owned()),
        _ => None,
    }
}

/// A literal as a row has it: what LIKE leaves open is left out.
fn value(token: &Token<'_>) -> Option<String> {
    match token.kind {
        TokenKind::Number => Some(token.text.to_owned()),
        TokenKind::String if !token.text.starts_with('$') => Some(token.text.replace('%', "")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_conditions_compare_with() {
        for (sql, expected) in [
            ("UPDATE t SET a = 'x' WHERE a = 'y' AND b <> 3", "a='y' b=3"),
            ("UPDATE t SET a = CASE a WHEN 'x' THEN 'y' ELSE 'z' END", "a='x'"),
            (
                "DELETE FROM t WHERE t.\"A b\" IN ('x', 'y') OR lower(c) LIKE '%z%'",
                "A b='x','y' c='z'",
            ),
            ("UPDATE t SET a = 1 WHERE a::text NOT IN ('x')", "a='x'"),
            ("INSERT INTO u SELECT a, 'k' FROM t WHERE `kind` = 2", "kind=2"),
            ("CREATE INDEX i ON t (a) WHERE a = 'x'; SELECT 1 WHERE b = 2", ""),
            ("UPDATE t SET a = 'x'", ""),
            ("UPDATE t SET a = replace(a, 'x', 'y')", "a='x'"),
            ("DELETE FROM t WHERE 'x' = a AND b = c", ""),
        ] {
            let dialect = if sql.contains('`') { Dialect::Mysql } else { Dialect::Postgres };
            let found = sought(sql, dialect);
            let shown =
                found.iter().flatten().map(|(name, all)| format!("{name}={}", all.join(",")));
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{sql}");
        }
    }
}
