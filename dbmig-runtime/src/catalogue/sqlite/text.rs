//! The tokens of a stored definition, and a cursor over them.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, tokens};

use super::names;

/// The tokens that SQLite sees: hints are comments to it.
pub(super) fn seen(sql: &str) -> Vec<Token<'_>> {
    let tokens = tokens(sql, Dialect::Sqlite);
    tokens.filter(|token| !token.is_trivia() && token.kind != TokenKind::Hint).collect()
}

/// True for this word without quotes, in any case.
pub(super) fn is_word(token: &Token<'_>, word: &str) -> bool {
    token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(word)
}

/// True for this symbol.
pub(super) fn is_symbol(token: &Token<'_>, symbol: &str) -> bool {
    token.kind == TokenKind::Symbol && token.text == symbol
}

/// A place in a list of tokens.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'t, 'a> {
    rest: &'t [Token<'a>],
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) const fn new(tokens: &'t [Token<'a>]) -> Self {
        Self { rest: tokens }
    }

    /// What is left.
    pub(super) const fn rest(&self) -> &'t [Token<'a>] {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.rest.first()
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// The next `count` tokens.
    pub(super) fn take(&mut self, count: usize) -> Option<&'t [Token<'a>]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Whether these words come next.
    pub(super) fn at(&self, words: &[&str]) -> bool {
        words.len() <= self.rest.len()
            && words.iter().zip(self.rest).all(|(word, token)| is_word(token, word))
    }

    /// Goes behind these words, where they come next.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.at(words);
        if found {
            self.rest = &self.rest[words.len()..];
        }
        found
    }

    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| is_symbol(token, symbol))
    }

    /// The name that comes next.
    pub(super) fn name(&mut self) -> Option<String> {
        let token = self.next()?;
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::String)
            .then(|| names::unquoted(token.text))
    }

    /// What is in the parentheses that open next.
    pub(super) fn group(&mut self) -> Option<&'t [Token<'a>]> {
        if !self.at_symbol("(") {
            return None;
        }
        let mut depth = 0_usize;
        for (at, token) in self.rest.iter().enumerate() {
            if is_symbol(token, "(") {
                depth += 1;
            } else if is_symbol(token, ")") {
                depth -= 1;
                if depth == 0 {
                    let inner = &self.rest[1..at];
                    self.rest = &self.rest[at + 1..];
                    return Some(inner);
                }
            }
        }
        None
    }
}

/// What stands between commas, those in parentheses apart.
pub(super) fn items<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_i32;
    let comma = |token: &Token<'_>| {
        depth += i32::from(is_symbol(token, "(")) - i32::from(is_symbol(token, ")"));
        depth == 0 && is_symbol(token, ",")
    };
    tokens.split(comma).collect()
}

/// An expression without the parentheses around all of it.
pub(super) fn without_parentheses<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut cursor = Cursor::new(tokens);
    match cursor.group() {
        // A row value keeps its own.
        Some(inner) if cursor.rest().is_empty() && items(inner).len() == 1 => {
            without_parentheses(inner)
        }
        _ => tokens,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokens: &[Token<'_>]) -> String {
        tokens.iter().map(|token| token.text).collect()
    }

    #[test]
    fn parentheses_around_all_go() {
        for (sql, expected) in [
            ("((a))", "a"),
            ("(a)+(b)", "(a)+(b)"),
            ("(a,b)", "(a,b)"),
            ("((a)+(b))", "(a)+(b)"),
            ("a", "a"),
        ] {
            assert_eq!(texts(without_parentheses(&seen(sql))), expected);
        }
    }

    #[test]
    fn items_are_cut_at_the_outer_commas() {
        let tokens = seen("a, f(b, c) /*+ , */, d -- e,\n");
        let found: Vec<_> = items(&tokens).into_iter().map(texts).collect();
        assert_eq!(found, ["a", "f(b,c)", "d"]);
    }
}
