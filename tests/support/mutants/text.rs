//! A text as its tokens that count, with how deep in parentheses each stands.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, tokens};

pub(super) struct Text<'a> {
    sql: &'a str,
    pub(super) dialect: Dialect,
    tokens: Vec<Token<'a>>,
    depths: Vec<usize>,
}

impl<'a> Text<'a> {
    pub(super) fn new(sql: &'a str, dialect: Dialect) -> Self {
        let tokens: Vec<_> = tokens(sql, dialect).filter(|token| !token.is_trivia()).collect();
        let mut depth = 0_usize;
        let depths = tokens.iter().map(|token| {
            if token.text == ")" {
                depth = depth.saturating_sub(1);
            }
            let here = depth;
            depth += usize::from(token.text == "(");
            here
        });
        Self { sql, dialect, depths: depths.collect(), tokens }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn token(&self, at: usize) -> Option<&Token<'a>> {
        self.tokens.get(at)
    }

    pub(super) fn depth(&self, at: usize) -> usize {
        self.depths.get(at).copied().unwrap_or_default()
    }

    /// Whether a token is this word, or sign.
    pub(super) fn is(&self, at: usize, word: &str) -> bool {
        self.token(at).is_some_and(|token| token.text.eq_ignore_ascii_case(word))
    }

    /// Whether the tokens before this one are these words.
    pub(super) fn follows(&self, at: usize, words: &[&str]) -> bool {
        at >= words.len()
            && words.iter().enumerate().all(|(n, word)| self.is(at - words.len() + n, word))
    }

    pub(super) fn is_name(&self, at: usize) -> bool {
        let kind = self.token(at).map(|token| token.kind);
        matches!(kind, Some(TokenKind::Word | TokenKind::QuotedName))
    }

    /// Where the statement of a token begins, and where it ends: at its terminator, or that of the text.
    pub(super) fn statement(&self, at: usize) -> (usize, usize) {
        let ends = |at: &usize| self.tokens[*at].kind == TokenKind::Terminator;
        let from = (0..at).rev().find(ends).map_or(0, |end| end + 1);
        (from, (at..self.len()).find(ends).unwrap_or(self.len()))
    }

    /// Behind the parenthesis that is opened here.
    pub(super) fn behind_parenthesis(&self, at: usize) -> usize {
        let closes = |end: &usize| self.is(*end, ")") && self.depth(*end) == self.depth(at);
        (at + 1..self.len()).find(closes).map_or(self.len(), |end| end + 1)
    }

    /// What stands between commas, or parentheses, around a token.
    pub(super) fn item(&self, at: usize) -> (usize, usize) {
        let depth = self.depth(at);
        let (first, last) = self.statement(at);
        let ends = |other: &usize| {
            self.depth(*other) < depth || (self.depth(*other) == depth && self.is(*other, ","))
        };
        // The parenthesis that opens stands outside of what it opens.
        let from = (first..at).rev().find(ends).map_or(first, |end| end + 1);
        (from, (at..last).find(ends).unwrap_or(last))
    }

    /// The text of the tokens from one to before another, with what stands between them.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a str {
        match (self.tokens.get(from), to.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(first), Some(last)) if from < to => &self.sql[first.offset..last.end()],
            _ => "",
        }
    }

    /// The whole, with another text for these tokens.
    pub(super) fn with(&self, from: usize, to: usize, text: &str) -> String {
        let (first, last) = (self.tokens[from].offset, self.tokens[to - 1].end());
        format!("{}{text}{}", &self.sql[..first], &self.sql[last..])
    }

    pub(super) fn place(&self, at: usize) -> usize {
        self.tokens[at].offset
    }
}
