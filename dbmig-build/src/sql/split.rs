//! Cuts a text into statements, and says where it can not be cut with certainty.

use super::body::Body;
use super::kind::{self, StatementFlags, StatementKind};
use super::lexer::tokens;
use super::position::Cursor;
use super::token::{Token, TokenKind};
use crate::Dialect;

/// The statements of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split<'a> {
    /// In the order of the text. Best effort where `unsure` is set.
    pub statements: Vec<Statement<'a>>,
    /// What follows the last statement: white space, comments, empty statements.
    pub tail: &'a str,
    /// Set when the text can not be cut with certainty; it is then to be sent whole.
    pub unsure: Option<Unsure>,
    /// The text has lines that only a client understands and that are no statement: DELIMITER,
    /// psql's `\restrict`. It can be sent statement by statement only.
    pub client_lines: bool,
}

/// Where and why a text can not be cut with certainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsure {
    /// Byte offset.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// A noun phrase: `a string without end`.
    pub reason: &'static str,
}

/// One statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Everything from the end of the previous piece on: what leads the statement, the statement, and
    /// what ends it. All pieces and the tail, put together, are the text.
    pub piece: &'a str,
    /// What a server is sent: without leading and trailing white space and comments, and without
    /// the terminator. Hints and executable comments belong to it.
    pub sql: &'a str,
    /// Byte offset of `sql` in the text.
    pub offset: usize,
    /// Line of `sql`, from 1.
    pub line: usize,
    /// Column of `sql` in characters, from 1.
    pub column: usize,
    /// What it is.
    pub kind: StatementKind,
    /// What else its words say.
    pub flags: StatementFlags,
}

impl Statement<'_> {
    /// Its words say that it asks, and nothing else. What its functions do they do not say: only a database
    /// that is kept from writing does.
    #[must_use]
    pub fn only_asks(&self, dialect: Dialect) -> bool {
        let has = |words: &[&str]| {
            tokens(self.sql, dialect)
                .any(|token| token.kind == TokenKind::Word && token.is_any(words))
        };
        // EXPLAIN with ANALYZE runs what it explains; MySQL's INTO OUTFILE writes a file on the server.
        let runs = has(&["analyze", "analyse"])
            && has(&["insert", "update", "delete", "replace", "merge", "create", "execute"]);
        self.kind == StatementKind::Query && !runs && !has(&["into", "outfile", "dumpfile"])
    }
}

/// Splits a text into statements.
///
/// Never fails; see [`Split::unsure`]. Quotes are read as the servers read them by default, and a
/// text that itself sets `sql_mode` or `standard_conforming_strings` to anything that changes the
/// reading of what follows is unsure.
#[must_use]
pub fn split(text: &str, dialect: Dialect) -> Split<'_> {
    split_with(text, dialect, |_, _| {})
}

/// True when the text holds no statement: white space, comments and empty statements only.
#[must_use]
pub fn is_empty(text: &str, dialect: Dialect) -> bool {
    tokens(text, dialect).all(|token| {
        token.is_trivia()
            || matches!(token.kind, TokenKind::Terminator | TokenKind::Delimiter | TokenKind::Hint)
            || is_restrict(&token)
    })
}

/// Splits, and shows each statement with its significant tokens.
pub(crate) fn split_with<'a>(
    text: &'a str,
    dialect: Dialect,
    mut each: impl FnMut(&Statement<'a>, &[Token<'a>]),
) -> Split<'a> {
    let mut splitter = Splitter::new(text, dialect);
    if let Some(nul) = text.bytes().position(|byte| byte == 0) {
        splitter.fail(nul, "a NUL character");
    }
    let mut lexer = tokens(text, dialect);
    while let Some(token) = lexer.next() {
        if let Some(problem) = token.problem {
            splitter.fail(token.offset, problem);
        }
        let ends = match token.kind {
            TokenKind::Delimiter => {
                if splitter.started {
                    splitter.fail(token.offset, "a DELIMITER inside a statement");
                }
                splitter.client_lines = true;
                false
            }
            TokenKind::ClientCommand if is_restrict(&token) && !splitter.started => {
                splitter.client_lines = true;
                false
            }
            TokenKind::ClientCommand => {
                splitter.take(token);
                true
            }
            TokenKind::Terminator if lexer.delimiter() != ";" => true,
            TokenKind::Terminator => {
                splitter.ends_at(token, lexer.in_executable(), lexer.at_copy_data())
            }
            TokenKind::CopyData => {
                splitter.take(token);
                true
            }
            _ => {
                splitter.take(token);
                false
            }
        };
        if ends {
            splitter.finish(token.end(), lexer.delimiter() == ";", &mut each);
        }
    }
    if lexer.in_executable() {
        splitter.fail(splitter.last_offset(), "an executable comment without end");
    }
    let end = splitter.significant.last().map(Token::end);
    if let Some(end) = end {
        if lexer.delimiter() == ";" {
            let problem = splitter.body.problem_at_end();
            splitter.fail_at_start(problem);
        }
        splitter.finish(end, lexer.delimiter() == ";", &mut each);
    }
    let tail = &text[splitter.piece_start..];
    let Splitter { statements, unsure, client_lines, .. } = splitter;
    let unsure = unsure.map(|(offset, reason)| {
        let (line, column) = super::position(text, offset);
        Unsure { offset, line, column, reason }
    });
    Split { statements, tail, unsure, client_lines }
}

/// psql's `\restrict` and `\unrestrict`, which every dump of a recent server has and which do nothing.
fn is_restrict(token: &Token<'_>) -> bool {
    let command = token.text.split_ascii_whitespace().next();
    token.kind == TokenKind::ClientCommand && matches!(command, Some("\\restrict" | "\\unrestrict"))
}

struct Splitter<'a> {
    text: &'a str,
    dialect: Dialect,
    cursor: Cursor<'a>,
    statements: Vec<Statement<'a>>,
    unsure: Option<(usize, &'static str)>,
    client_lines: bool,
    piece_start: usize,
    /// The tokens of the current statement, without trivia.
    significant: Vec<Token<'a>>,
    /// One of them is more than a hint.
    started: bool,
    body: Body,
    /// A SET changed how strings with a backslash are read.
    quoting_changed: bool,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Self {
        Self {
            text,
            dialect,
            cursor: Cursor::new(text),
            statements: Vec::new(),
            unsure: None,
            client_lines: false,
            piece_start: 0,
            significant: Vec::new(),
            started: false,
            body: Body::new(dialect),
            quoting_changed: false,
        }
    }

    fn take(&mut self, token: Token<'a>) {
        if token.is_trivia() {
            return;
        }
        if self.quoting_changed && token.kind == TokenKind::String && token.text.contains('\\') {
            let own_rules =
                self.dialect == Dialect::Postgres && token.text.starts_with(['e', 'E', '$']);
            if !own_rules {
                self.fail(
                    token.offset,
                    "a string with a backslash after a SET that changes its meaning",
                );
            }
        }
        self.started |= token.kind != TokenKind::Hint;
        self.body.feed(&token);
        self.significant.push(token);
    }

    /// True when this `;` ends the statement.
    fn ends_at(&mut self, token: Token<'a>, in_executable: bool, copy_data_follows: bool) -> bool {
        let kept = self.body.keeps(&token);
        if !kept && in_executable {
            self.fail(token.offset, "an executable comment in which a statement ends");
        }
        if kept || in_executable || copy_data_follows {
            self.significant.push(token);
            return false;
        }
        true
    }

    fn finish(
        &mut self,
        end: usize,
        plain_delimiter: bool,
        each: &mut impl FnMut(&Statement<'a>, &[Token<'a>]),
    ) {
        if plain_delimiter {
            let problem = self.body.problem();
            self.fail_at_start(problem);
        } else {
            // With the client's own delimiter a last `;` is habit, and not part of the statement.
            while self.significant.last().is_some_and(|last| last.is_symbol(";")) {
                self.significant.pop();
            }
            self.started &= !self.significant.is_empty();
        }
        if self.started {
            if let (Some(first), Some(last)) = (self.significant.first(), self.significant.last()) {
                let (offset, sql_end) = (first.offset, last.end());
                let (line, column) = self.cursor.advance(offset);
                let (kind, flags) = kind::classify(&self.significant, self.dialect);
                let statement = Statement {
                    piece: &self.text[self.piece_start..end],
                    sql: &self.text[offset..sql_end],
                    offset,
                    line,
                    column,
                    kind,
                    flags: StatementFlags { body: self.body.opened(), ..flags },
                };
                each(&statement, &self.significant);
                self.quoting_changed |= kind::changes_quoting(&self.significant, self.dialect);
                self.statements.push(statement);
                self.piece_start = end;
            }
        }
        self.significant.clear();
        self.started = false;
        self.body = Body::new(self.dialect);
    }

    fn last_offset(&self) -> usize {
        self.significant.last().map_or(self.piece_start, |token| token.offset)
    }

    fn fail_at_start(&mut self, problem: Option<&'static str>) {
        if let Some(problem) = problem {
            self.fail(
                self.significant.first().map_or(self.piece_start, |token| token.offset),
                problem,
            );
        }
    }

    /// The first problem in the text is the one to show.
    fn fail(&mut self, offset: usize, reason: &'static str) {
        if self.unsure.is_none_or(|(before, _)| offset < before) {
            self.unsure = Some((offset, reason));
        }
    }
}

#[cfg(test)]
mod tests;
