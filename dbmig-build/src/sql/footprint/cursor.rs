//! Walks over the tokens of one statement.

use super::act::Columns;
use super::name::Name;
use crate::sql::token::{Token, TokenKind};

/// A place in the tokens of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
}

impl<'t, 'a> Cursor<'t, 'a> {
    pub(super) fn new(tokens: &'t [Token<'a>]) -> Self {
        let mut cursor = Self { tokens, at: 0 };
        cursor.pass_marks();
        cursor
    }

    pub(super) fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.get(self.at)
    }

    pub(super) fn is_done(&self) -> bool {
        self.peek().is_none()
    }

    pub(super) fn next(&mut self) -> Option<&'t Token<'a>> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        self.pass_marks();
        Some(token)
    }

    /// Hints, and the marks of executable comments, whose content is read as if it ran.
    fn pass_marks(&mut self) {
        use TokenKind::{ExecutableClose, ExecutableOpen, Hint};
        while self
            .peek()
            .is_some_and(|token| matches!(token.kind, Hint | ExecutableOpen | ExecutableClose))
        {
            self.at += 1;
        }
    }

    pub(super) fn at(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is(word))
    }

    pub(super) fn at_any(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|token| token.is_any(words))
    }

    pub(super) fn at_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|token| token.is_symbol(symbol))
    }

    /// Passes this word if it is next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.at(word);
        if found {
            self.next();
        }
        found
    }

    /// Passes these words if they are next, all of them or none.
    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let mut ahead = *self;
        let found = words.iter().all(|word| ahead.eat(word));
        if found {
            *self = ahead;
        }
        found
    }

    pub(super) fn eat_any(&mut self, words: &[&str]) -> bool {
        let found = self.at_any(words);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        if found {
            self.next();
        }
        found
    }

    pub(super) fn eat_if_exists(&mut self) {
        let _ = self.eat_all(&["if", "not", "exists"]) || self.eat_all(&["if", "exists"]);
    }

    /// One part of a name, without its quotes.
    pub(super) fn part(&mut self) -> Option<String> {
        let token = self.peek()?;
        let part = match token.kind {
            TokenKind::Word => token.text.to_owned(),
            TokenKind::QuotedName => unquote(token.text),
            // SQLite and MySQL take a string where a name must be.
            TokenKind::String if token.text.len() >= 2 && token.text.starts_with(['\'', '"']) => {
                unquote(token.text)
            }
            _ => return None,
        };
        self.next();
        Some(part)
    }

    /// A name with its qualifiers.
    pub(super) fn name(&mut self) -> Option<Name> {
        let mut parts = vec![self.part()?];
        while self.at_symbol(".") {
            let mut ahead = *self;
            ahead.next();
            let Some(part) = ahead.part() else { break };
            parts.push(part);
            *self = ahead;
        }
        Some(Name { parts })
    }

    /// The inside of the parentheses that open here; passes them.
    pub(super) fn group(&mut self) -> Option<Self> {
        if !self.eat_symbol("(") {
            return None;
        }
        let from = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.peek() {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
                if depth == 0 {
                    let inside = Self::new(&self.tokens[from..self.at]);
                    self.next();
                    return Some(inside);
                }
            }
            self.next();
        }
        None
    }

    /// The rest, up to a comma outside of parentheses; passes the comma.
    pub(super) fn element(&mut self) -> Option<Self> {
        if self.is_done() {
            return None;
        }
        let from = self.at;
        let to = self.until(|token| token.is_symbol(","));
        self.next();
        Some(Self::new(&self.tokens[from..to]))
    }

    /// Goes to the first such token outside of parentheses, or to the end; gives the place.
    pub(super) fn until(&mut self, stop: impl Fn(&Token<'_>) -> bool) -> usize {
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if depth == 0 && (stop(token) || token.is_symbol(")")) {
                break;
            }
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth -= 1;
            }
            self.next();
        }
        self.at
    }

    /// What lies between this place and a later one.
    pub(super) fn to(&self, end: usize) -> Self {
        Self::new(self.tokens.get(self.at..end).unwrap_or(&[]))
    }

    /// Goes past the next such word, wherever it is; false when there is none.
    pub(super) fn seek(&mut self, word: &str) -> bool {
        while let Some(token) = self.next() {
            if token.is(word) {
                return true;
            }
        }
        false
    }

    /// Byte offset of the end of the token before this place.
    pub(super) fn last_end(&self) -> Option<usize> {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map(Token::end)
    }

    /// Every name in the rest, as columns.
    pub(super) fn columns(mut self) -> Columns {
        let mut columns = Columns::none();
        while !self.is_done() {
            match self.part() {
                Some(part) => columns.insert(&part),
                None => {
                    self.next();
                }
            }
        }
        columns
    }

    /// A list of column names in parentheses, if one is next.
    pub(super) fn column_list(&mut self) -> Option<Columns> {
        self.group().map(Self::columns)
    }
}

/// A quoted name without its quotes; a doubled quote is one.
fn unquote(text: &str) -> String {
    let text = text.strip_prefix("U&").or_else(|| text.strip_prefix("u&")).unwrap_or(text);
    let mut chars = text.chars();
    let (Some(open), Some(close)) = (chars.next(), chars.next_back()) else {
        return text.to_owned();
    };
    let inside = chars.as_str();
    if open == '[' {
        return inside.to_owned();
    }
    let mut doubled = String::from(close);
    doubled.push(close);
    inside.replace(&doubled, &close.to_string())
}
