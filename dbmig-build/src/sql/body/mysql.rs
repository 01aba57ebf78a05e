//! MySQL and MariaDB: every statement is a body, and most of its blocks share their words with functions.

use super::{Before, Block, Body};
use crate::sql::token::Token;

/// What starts a statement of a body that is no block.
const STATEMENTS: [&str; 28] = [
    "set",
    "call",
    "select",
    "return",
    "signal",
    "resignal",
    "with",
    "insert",
    "update",
    "delete",
    "replace",
    "leave",
    "iterate",
    "open",
    "fetch",
    "close",
    "do",
    "rollback",
    "commit",
    "execute",
    "prepare",
    "deallocate",
    "get",
    "truncate",
    "create",
    "drop",
    "alter",
    "values",
];

impl Body {
    pub(super) fn feed_mysql(&mut self, token: &Token<'_>, before: Before, handler: bool) {
        let block = [("if", Block::If), ("loop", Block::Loop), ("repeat", Block::Repeat)]
            .into_iter()
            .chain([("while", Block::While), ("for", Block::For)])
            .find(|(word, _)| token.is(word));
        if handler && token.is("for") {
            self.anywhere = true;
            return;
        }
        if let Some((_, block)) = block {
            if self.starts_statement(before) {
                self.open(block);
            }
            return;
        }
        let head = self.stack.is_empty() && !self.started && self.parentheses == 0;
        if token.is("do") && self.is_do_statement(before) {
            self.before = Before::Other;
        }
        if head {
            self.feed_head_of_body(token, before);
        }
        self.handler = token.is("handler");
        if token.is_any(&STATEMENTS) {
            self.anywhere = false;
        }
        // Not INSERT and the like: they are events of triggers too.
        if self.stack.is_empty()
            && token.is_any(&["set", "call", "select", "return", "signal", "with"])
        {
            self.started = true;
        }
    }

    /// What stands between the name of a routine and its first statement.
    fn feed_head_of_body(&mut self, token: &Token<'_>, before: Before) {
        if token.is("returns") {
            self.anywhere = true;
        } else if token.is_any(&["follows", "precedes"]) && before == Before::HeadEnd {
            self.order = true;
        }
        // There, declarations end with semicolons before the BEGIN, and a function's head says RETURN.
        let body = before == Before::HeadEnd || !self.parameters;
        let oracle = token.is("declare")
            || (body && !self.event && token.is_any(&["as", "is"]))
            || (self.function && !self.anywhere && token.is("return"));
        if oracle {
            self.fail("a routine of MariaDB's Oracle mode");
        }
    }

    /// True for the statement DO, whose expression may start with the function IF.
    fn is_do_statement(&self, before: Before) -> bool {
        match before {
            Before::StatementEnd => true,
            Before::HeadEnd => self.stack.is_empty() && !self.event,
            _ => self.anywhere,
        }
    }
}
