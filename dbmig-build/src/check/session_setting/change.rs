//! What a statement sets or sets back, read from its words.

use crate::Dialect;
use crate::sql::{Token, TokenKind};

/// One setting of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// In small letters; `all` for RESET ALL.
    pub(super) name: String,
    /// As findings show it: `SET search_path`.
    pub(super) shown: String,
    /// Back to what it is without a migration.
    pub(super) resets: bool,
    /// MySQL's GLOBAL and PERSIST.
    pub(super) server: bool,
    /// To `0`.
    pub(super) zero: bool,
}

/// The settings that outlast the statement and, in PostgreSQL, the transaction.
pub(super) fn changes(tokens: &[Token<'_>], dialect: Dialect) -> Vec<Change> {
    match dialect {
        Dialect::Sqlite => pragma(tokens).into_iter().collect(),
        Dialect::Postgres => match postgres(tokens) {
            Some(change) => vec![change],
            None => set_config(tokens),
        },
        Dialect::Mysql => mysql(tokens),
    }
}

/// Calls `pg_advisory_unlock_all()`.
pub(super) fn unlocks_all(tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).any(|pair| pair[0].is("pg_advisory_unlock_all") && pair[1].is_symbol("("))
}

/// The name and the value of a PRAGMA that sets something.
pub(in crate::check) fn pragma_set<'t, 'a>(
    tokens: &'t [Token<'a>],
) -> Option<(String, &'t [Token<'a>])> {
    let [pragma, rest @ ..] = tokens else { return None };
    let rest = match rest {
        [_, dot, rest @ ..] if dot.is_symbol(".") => rest,
        rest => rest,
    };
    let [name, sign, value @ ..] = rest else { return None };
    let sets = pragma.is("pragma") && (sign.is_symbol("=") || sign.is_symbol("("));
    (sets && !value.is_empty()).then(|| (name.text.to_ascii_lowercase(), value))
}

/// The pragmas that live in the connection. Others live in the file, or only ask.
const CONNECTION_PRAGMAS: [&str; 19] = [
    "automatic_index",
    "cache_spill",
    "case_sensitive_like",
    "cell_size_check",
    "checkpoint_fullfsync",
    "foreign_keys",
    "fullfsync",
    "ignore_check_constraints",
    "legacy_alter_table",
    "locking_mode",
    "query_only",
    "read_uncommitted",
    "recursive_triggers",
    "reverse_unordered_selects",
    "secure_delete",
    "synchronous",
    "temp_store",
    "trusted_schema",
    "writable_schema",
];

fn pragma(tokens: &[Token<'_>]) -> Option<Change> {
    let (name, _) = pragma_set(tokens)?;
    let shown = format!("PRAGMA {name}");
    CONNECTION_PRAGMAS.contains(&&*name).then(|| Change::set(name, shown))
}

fn postgres(tokens: &[Token<'_>]) -> Option<Change> {
    let [first, rest @ ..] = tokens else { return None };
    let resets = first.is("reset");
    if !resets && !first.is("set") {
        return None;
    }
    let second = rest.first()?;
    // These end with the transaction.
    if second.is_any(&["local", "constraints", "transaction"]) {
        return None;
    }
    let special = rest.get(1).is_some_and(|t| t.is_any(&["characteristics", "authorization"]));
    let rest = if second.is("session") && !special { &rest[1..] } else { rest };
    let (name, value) = postgres_name(rest)?;
    let is_default = match value {
        [only] => only.is("default") || name == "role" && only.is("none"),
        _ => false,
    };
    let zero = value.iter().all(|token| matches!(token.text, "0" | "'0'")) && !value.is_empty();
    let shown = format!("{} {name}", if resets { "RESET" } else { "SET" });
    Some(Change { resets: resets || is_default, zero, ..Change::set(name, shown) })
}

/// The name of a setting, and what stands behind it and its `=` or TO.
fn postgres_name<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(String, &'t [Token<'a>])> {
    let [first, rest @ ..] = tokens else { return None };
    // Spellings that the standard has for a setting.
    for (word, name, words) in [
        ("time", "timezone", 2),
        ("names", "client_encoding", 1),
        ("schema", "search_path", 1),
        ("role", "role", 1),
        ("session", "session authorization", 2),
    ] {
        if first.is(word) && !rest.first().is_some_and(|sign| sign.is_symbol("=")) {
            let characteristics = rest.first().is_some_and(|t| t.is("characteristics"));
            let name = if characteristics { "session characteristics" } else { name };
            return Some((name.to_owned(), tokens.get(words..).unwrap_or_default()));
        }
    }
    let end = tokens.iter().position(|token| token.is_symbol("=") || token.is("to"));
    let (name, value) = tokens.split_at(end.unwrap_or(tokens.len()));
    let name: String = name.iter().map(|token| token.text).collect();
    Some((name.to_ascii_lowercase(), value.get(1..).unwrap_or_default()))
}

/// `set_config(name, value, false)`, wherever it is called.
fn set_config(tokens: &[Token<'_>]) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.is_symbol("(") {
            let is_call = index > 0 && tokens[index - 1].is("set_config");
            open.push(is_call.then_some(index + 1));
        } else if token.is_symbol(")") {
            let arguments = open.pop().flatten().map(|start| &tokens[start..index]);
            changes.extend(arguments.and_then(for_the_session));
        }
    }
    changes
}

fn for_the_session(arguments: &[Token<'_>]) -> Option<Change> {
    let [name, .., comma, last] = arguments else { return None };
    let off = last.is("false") || matches!(last.text, "'f'" | "'false'" | "'off'");
    let literal = name.kind == TokenKind::String && comma.is_symbol(",");
    let name = name.text.trim_matches('\'').to_ascii_lowercase();
    let shown = format!("set_config('{name}', …, false)");
    (literal && off).then(|| Change::set(name, shown))
}

fn mysql(tokens: &[Token<'_>]) -> Vec<Change> {
    let [set, rest @ ..] = tokens else { return vec![] };
    if !set.is("set") {
        return vec![];
    }
    let scope = rest.first().filter(|first| first.is_any(&SCOPES));
    let head = if scope.is_some() { &rest[1..] } else { rest };
    let one =
        |name: &str| vec![Change::set(name.to_owned(), format!("SET {}", name.to_uppercase()))];
    let next_assigns = head.get(1).is_some_and(is_assignment);
    match head.first() {
        Some(first) if !next_assigns => {
            if first.is("transaction") {
                // Without a scope it is for the next transaction only.
                return scope.map_or(vec![], |_| one("transaction"));
            }
            if first.is_any(&["names", "character", "charset"]) {
                return one("names");
            }
            // Accounts, MariaDB's SET STATEMENT … FOR; `@@global.a` goes on below.
            if !first.text.starts_with("@@") {
                return vec![];
            }
        }
        None => return vec![],
        Some(_) => {}
    }
    assignments(rest).into_iter().filter_map(mysql_one).collect()
}

const SCOPES: [&str; 5] = ["global", "session", "local", "persist", "persist_only"];

fn is_assignment(token: &Token<'_>) -> bool {
    token.is_symbol("=") || token.is_symbol(":=")
}

/// The parts between commas that are in no parentheses.
fn assignments<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    let is_comma = |token: &Token<'_>| {
        depth += usize::from(token.is_symbol("("));
        depth -= usize::from(token.is_symbol(")") && depth > 0);
        depth == 0 && token.is_symbol(",")
    };
    tokens.split(is_comma).collect()
}

fn mysql_one(tokens: &[Token<'_>]) -> Option<Change> {
    let at = tokens.iter().position(is_assignment)?;
    let (left, value) = (&tokens[..at], &tokens[at + 1..]);
    let last = left.last()?;
    // A variable of the user's own harms nobody.
    if last.text.starts_with('@') && !last.text.starts_with("@@") {
        return None;
    }
    let name = last.text.trim_start_matches('@').trim_matches('`').to_ascii_lowercase();
    let scope = left[0].text.trim_start_matches('@').to_ascii_lowercase();
    let server = left.len() > 1 && matches!(&*scope, "global" | "persist" | "persist_only");
    // The value that a connection starts with.
    let on = matches!(value, [only] if only.text == "1" || only.is_any(&["on", "default"]));
    let checks = matches!(&*name, "foreign_key_checks" | "unique_checks");
    let default = matches!(value, [only] if only.is("default"));
    let shown =
        if server { format!("SET {} {name}", scope.to_uppercase()) } else { format!("SET {name}") };
    Some(Change { resets: default || checks && on, server, ..Change::set(name, shown) })
}

impl Change {
    fn set(name: String, shown: String) -> Self {
        Self { name, shown, resets: false, server: false, zero: false }
    }
}
