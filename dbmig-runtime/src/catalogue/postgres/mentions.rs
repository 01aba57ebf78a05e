//! Which names a text of the server mentions, and as what.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, tokens};

use crate::catalogue::Name;

/// Something that a statement makes, and that another one may need.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Thing {
    /// A type, or a relation: tables and views are types as well.
    Type(Name),
    /// A function, procedure or aggregate, whatever its arguments are.
    Routine(Name),
    /// An operator.
    Operator(String),
}

/// How sure it is that a thing is meant, and no column or alias of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// The name stands there.
    Named,
    /// Where a query may have a table, but also a column.
    Listed,
    /// It can be nothing else.
    Certain,
}

/// What a text mentions. Bodies in quotes are not looked into: the server does not either.
pub(super) fn mentions(text: &str) -> Vec<(Thing, Certainty)> {
    let all: Vec<_> = tokens(text, Dialect::Postgres).filter(|token| !token.is_trivia()).collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let token = &all[at];
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName => {
                let (name, next) = chain(&all, at);
                let called = all.get(next).is_some_and(|token| token.text == "(");
                found.push(match called {
                    true => (Thing::Routine(name), Certainty::Certain),
                    false => (Thing::Type(name), certainty(&all, at)),
                });
                at = next;
                continue;
            }
            // 'name'::regclass
            TokenKind::String if is_registered(&all, at) => {
                let inner = token.text.trim_matches('\'').replace("''", "'");
                let inner: Vec<_> = tokens(&inner, Dialect::Postgres).collect();
                if !inner.is_empty() {
                    let (name, _) = chain(&inner, 0);
                    found.push((Thing::Type(name), Certainty::Certain));
                }
            }
            TokenKind::Symbol
                if !matches!(token.text, "(" | ")" | "," | "." | "[" | "]" | "::" | ":") =>
            {
                found.push((Thing::Operator(token.text.to_owned()), Certainty::Certain));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// What a text mentions by name alone: functions stand without arguments in aggregates and operators.
pub(super) fn names(text: &str) -> Vec<(Thing, Certainty)> {
    let all = mentions(text).into_iter();
    all.flat_map(|(thing, certainty)| {
        let other = match &thing {
            Thing::Type(name) => Some((Thing::Routine(name.clone()), certainty)),
            Thing::Routine(_) | Thing::Operator(_) => None,
        };
        [Some((thing, certainty)), other].into_iter().flatten()
    })
    .collect()
}

/// The name that begins at `at`, with its schema if it has one, and the place behind it.
fn chain(all: &[Token<'_>], at: usize) -> (Name, usize) {
    let mut words = vec![word(&all[at])];
    let mut next = at + 1;
    while all.get(next).is_some_and(|token| token.text == ".") {
        match all.get(next + 1) {
            Some(token) if matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) => {
                words.push(word(token));
                next += 2;
            }
            _ => break,
        }
    }
    let mut words = words.into_iter();
    let first = words.next().unwrap_or_default();
    let name = match words.next() {
        Some(second) if first == "public" => Name::new(second),
        Some(second) => Name::within(Some(first), second),
        None => Name::new(first),
    };
    (name, next)
}

fn word(token: &Token<'_>) -> String {
    match token.kind {
        TokenKind::QuotedName => token.text.trim_matches('"').replace("\"\"", "\""),
        _ => token.text.to_owned(),
    }
}

fn certainty(all: &[Token<'_>], at: usize) -> Certainty {
    let Some(before) = at.checked_sub(1).map(|at| all[at].text) else { return Certainty::Named };
    match before {
        "FROM" | "JOIN" | "ONLY" | "::" | ":" => Certainty::Certain,
        "(" | "," => Certainty::Listed,
        _ => Certainty::Named,
    }
}

/// Whether a cast to one of the types that stand for objects follows.
fn is_registered(all: &[Token<'_>], at: usize) -> bool {
    let rest = all[at + 1..].iter().skip_while(|token| token.text.starts_with(':'));
    all.get(at + 1).is_some_and(|token| token.text.starts_with(':'))
        && rest.map(|token| token.text).next().is_some_and(|ty| ty == "regclass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mentioned() {
        let ty = |name: &str| Thing::Type(Name::new(name));
        let within = |schema: &str, name: &str| Name::within(Some(schema), name);
        for (text, expected, certainty) in [
            ("mood[]", ty("mood"), Certainty::Named),
            ("'x'::mood", ty("mood"), Certainty::Certain),
            ("nextval('a.\"S q\"'::regclass)", Thing::Type(within("a", "S q")), Certainty::Certain),
            ("public.mood", ty("mood"), Certainty::Named),
            ("f(a)", Thing::Routine(Name::new("f")), Certainty::Certain),
            ("x.f(a)", Thing::Routine(within("x", "f")), Certainty::Certain),
            ("SELECT 1 FROM (v JOIN w ON true)", ty("w"), Certainty::Certain),
            ("SELECT 1 FROM (v JOIN w ON true)", ty("v"), Certainty::Listed),
            ("SELECT b.v AS v FROM b", ty("v"), Certainty::Named),
            ("a <-> b", Thing::Operator("<->".to_owned()), Certainty::Certain),
        ] {
            let found = mentions(text);
            assert!(found.contains(&(expected, certainty)), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_is_not() {
        for (text, name) in [("'mood'::text", "mood"), ("$$ FROM t $$", "t"), ("a.mood", "mood")] {
            let found = mentions(text);
            assert!(
                found.iter().all(|(thing, _)| *thing != Thing::Type(Name::new(name))),
                "{found:?}"
            );
        }
    }
}
