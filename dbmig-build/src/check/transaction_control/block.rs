//! COMMIT and ROLLBACK in blocks that are run at once: PostgreSQL's DO, MariaDB's BEGIN NOT ATOMIC.

use crate::Dialect;
use crate::sql::{self, Token, TokenKind};

/// Byte offset in the statement, and what stands there.
pub(super) fn find(tokens: &[Token<'_>], dialect: Dialect) -> Vec<(usize, String)> {
    let Some(first) = tokens.first() else { return vec![] };
    match dialect {
        Dialect::Postgres if first.is("do") => of_do(&tokens[1..]),
        Dialect::Mysql
            if first.is_any(&["begin", "if", "case", "loop", "while", "repeat", "for"]) =>
        {
            of_body(tokens.iter().copied())
        }
        _ => vec![],
    }
}

/// `DO [LANGUAGE name] 'code' [LANGUAGE name]`: only plpgsql is read.
fn of_do(tokens: &[Token<'_>]) -> Vec<(usize, String)> {
    let language = tokens.windows(2).find(|pair| pair[0].is("language")).map(|pair| pair[1].text);
    let plpgsql =
        language.is_none_or(|name| name.trim_matches(['"', '\'']).eq_ignore_ascii_case("plpgsql"));
    let code = tokens.iter().enumerate().find(|(at, token)| {
        token.kind == TokenKind::String && (*at == 0 || !tokens[at - 1].is("language"))
    });
    let Some((_, code)) = code.filter(|_| plpgsql) else { return vec![] };
    // Up to and with the second dollar, or the quote.
    let open = match code.text.strip_prefix('$') {
        Some(rest) => rest.find('$').map_or(0, |at| at + 2),
        None => code.text.find('\'').map_or(0, |at| at + 1),
    };
    let close = if code.text.starts_with('$') { open } else { 1 };
    let end = code.text.len().saturating_sub(close).max(open);
    let inner = &code.text[open..end];
    let tokens = sql::tokens(inner, Dialect::Postgres).filter(|token| !token.is_trivia());
    let found = of_body(tokens);
    found.into_iter().map(|(at, name)| (code.offset + open + at, name)).collect()
}

/// Where a statement starts with COMMIT or ROLLBACK; in MySQL also with START TRANSACTION.
fn of_body<'a>(tokens: impl Iterator<Item = Token<'a>>) -> Vec<(usize, String)> {
    let tokens: Vec<_> = tokens.collect();
    let mut found = Vec::new();
    let mut starts = false;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let savepoint =
            tokens[at + 1..].iter().take(2).any(|token| token.is("to")) && token.is("rollback");
        if starts && !savepoint {
            if token.is_any(&["commit", "rollback"]) {
                found.push((token.offset, token.text.to_ascii_uppercase()));
            } else if token.is("start") && next.is_some_and(|next| next.is("transaction")) {
                found.push((token.offset, "START TRANSACTION".to_owned()));
            }
        }
        starts = token.kind == TokenKind::Terminator
            || token.is_any(&["begin", "then", "else", "loop", "do", "repeat", "atomic"])
            // The end of a label: `<<name>>`, `name:`.
            || (token.kind == TokenKind::Symbol && matches!(token.text, ";" | ">>" | ":"));
    }
    found
}
