//! `:lo` and `:hi`: where a statement takes the first and the last key of a window.
//!
//! Both keys are inside the window, so a comparison that leaves one out would skip a row of every window.
//! Such ones are refused.

use super::{BackfillProblem, Name};
use crate::Dialect;
use crate::sql::{self, Statement, Token, TokenKind};

/// A piece of the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'a> {
    /// As written.
    Text(&'a str),
    /// A key of the window: all its columns with commas between, or one of them.
    Bound {
        /// The last key, otherwise the first.
        last: bool,
        /// One column of the key, from 0.
        column: Option<usize>,
    },
}

/// A bound as found.
struct Found {
    start: usize,
    end: usize,
    last: bool,
    column: Option<usize>,
    /// Its first and its last token.
    tokens: (usize, usize),
}

pub(super) fn cut<'a>(
    text: &str,
    statement: &Statement<'a>,
    key: &[Name],
    dialect: Dialect,
    problems: &mut Vec<BackfillProblem>,
) -> Vec<Part<'a>> {
    let tokens: Vec<_> = sql::tokens(statement.sql, dialect).filter(|t| !t.is_trivia()).collect();
    let place = |offset: usize| sql::position(text, statement.offset + offset);
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    let (mut has_first, mut has_last) = (false, false);
    while at < tokens.len() {
        let Some(mut found) = bound_at(&tokens, at) else {
            if is_parameter(&tokens, at, dialect) {
                let message = format!("`{}` is a parameter that nobody gives", tokens[at].text);
                let help = "the parameters of a backfill are `:lo` and `:hi`";
                problems.push(BackfillProblem::new(place(tokens[at].offset), message, help));
            }
            at += 1;
            continue;
        };
        if let Err(problem) = column_of(&tokens, &mut found, key, dialect) {
            problems.push(BackfillProblem { place: place(found.start), ..problem });
        }
        if let Err(message) = compared(&tokens, &found, key) {
            let help = "both keys are in the window: write `<key> >= :lo AND <key> <= :hi`";
            problems.push(BackfillProblem::new(place(found.start), message, help));
        }
        *(if found.last { &mut has_last } else { &mut has_first }) = true;
        parts.push(Part::Text(&statement.sql[from..found.start]));
        parts.push(Part::Bound { last: found.last, column: found.column });
        from = found.end;
        at = found.tokens.1 + 1;
    }
    parts.push(Part::Text(&statement.sql[from..]));
    for (has, name) in [(has_first, ":lo"), (has_last, ":hi")] {
        if !has {
            problems.push(BackfillProblem::new(
                (statement.line, statement.column),
                format!("the statement has no `{name}`: every window would change the whole table"),
                "add the window to its WHERE: `<key> >= :lo AND <key> <= :hi`",
            ));
        }
    }
    parts
}

/// `:lo` as one token, or as two without anything between; `::lo` is a cast.
fn bound_at(tokens: &[Token<'_>], at: usize) -> Option<Found> {
    let token = &tokens[at];
    let is = |text: &str| match text.to_ascii_lowercase().as_str() {
        "lo" => Some(false),
        "hi" => Some(true),
        _ => None,
    };
    let found = |end: usize, last: bool, until: usize| Found {
        start: token.offset,
        end,
        last,
        column: None,
        tokens: (at, until),
    };
    if let Some(last) = token.text.strip_prefix(':').and_then(is) {
        return Some(found(token.end(), last, at));
    }
    let next = tokens.get(at + 1)?;
    let last = is(next.text).filter(|_| token.text == ":" && next.offset == token.end())?;
    let cast = at > 0 && tokens[at - 1].text == ":" && tokens[at - 1].end() == token.offset;
    (!cast).then(|| found(next.end(), last, at + 1))
}

/// `:lo.tenant_id` is one column of the key.
fn column_of(
    tokens: &[Token<'_>],
    found: &mut Found,
    key: &[Name],
    dialect: Dialect,
) -> Result<(), BackfillProblem> {
    let until = found.tokens.1;
    let (Some(dot), Some(name)) = (tokens.get(until + 1), tokens.get(until + 2)) else {
        return Ok(());
    };
    if dot.text != "." || dot.offset != found.end {
        return Ok(());
    }
    found.end = name.end();
    found.tokens.1 = until + 2;
    let wanted = Name::parse(name.text, dialect);
    found.column = key.iter().position(|column| {
        wanted.as_ref().is_some_and(|wanted| wanted.last().eq_ignore_ascii_case(column.last()))
    });
    match found.column {
        Some(_) => Ok(()),
        None => Err(BackfillProblem::new(
            (1, 1),
            format!("`{}` is not a column of the key", name.text),
            "name one of those that `dbmig:key` names",
        )),
    }
}

/// The comparison must keep the key in the window.
fn compared(tokens: &[Token<'_>], found: &Found, key: &[Name]) -> Result<(), String> {
    let name = if found.last { ":hi" } else { ":lo" };
    let (mut before, mut after) = (found.tokens.0.checked_sub(1), found.tokens.1 + 1);
    // `(a, b) >= (:lo)`.
    while let (Some(open), Some(close)) = (before, tokens.get(after)) {
        if tokens[open].text != "(" || close.text != ")" {
            break;
        }
        before = open.checked_sub(1);
        after += 1;
    }
    let left = before.map(|at| sign(tokens, at, false));
    let right = (after < tokens.len()).then(|| sign(tokens, after, true));
    let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
    let (keeps_left, keeps_right) = match found.last {
        false => (left == ">=" || left == "BETWEEN", right == "<="),
        true => (left == "<=" || left == "AND", right == ">="),
    };
    let ends = |sign: &str| matches!(sign, "<" | ">" | "=" | "<=" | ">=" | "<>" | "!=");
    if keeps_left && !ends(&right) || keeps_right {
        return match key.len() > 1 && found.column.is_none() && left == "BETWEEN" {
            true => Err(format!(
                "`{name}` is a key of several columns, which BETWEEN does not compare everywhere"
            )),
            false => Ok(()),
        };
    }
    Err(format!("`{name}` is not compared so that its row is in the window"))
}

/// The comparison that token `at` ends, or begins: two signs may be one symbol, or two.
fn sign(tokens: &[Token<'_>], at: usize, begins: bool) -> String {
    let is_sign = |token: &Token<'_>| matches!(token.text, "<" | ">" | "=" | "!");
    let pair = match begins {
        true => tokens.get(at + 1).map(|next| (&tokens[at], next)),
        false => at.checked_sub(1).map(|before| (&tokens[before], &tokens[at])),
    };
    match pair {
        Some((first, second))
            if is_sign(first) && is_sign(second) && first.end() == second.offset =>
        {
            format!("{}{}", first.text, second.text)
        }
        _ => tokens[at].text.to_ascii_uppercase(),
    }
}

/// A parameter of somebody else.
fn is_parameter(tokens: &[Token<'_>], at: usize, dialect: Dialect) -> bool {
    let text = tokens[at].text;
    if matches!(tokens[at].kind, TokenKind::String | TokenKind::QuotedName) {
        return false;
    }
    match dialect {
        Dialect::Postgres => text
            .strip_prefix('$')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        Dialect::Mysql => text == "?",
        Dialect::Sqlite => {
            text.starts_with('?') || text.len() > 1 && text.starts_with([':', '@', '$'])
        }
    }
}
