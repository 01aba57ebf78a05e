//! The head of a statement, up to where it is known whether it can have a body.

use super::{Before, Block, Body, Head};
use crate::Dialect;
use crate::sql::token::{Token, TokenKind};

impl Body {
    pub(super) fn feed_head(&mut self, token: &Token<'_>) {
        if token.kind != TokenKind::Word {
            if self.head == Head::Start {
                self.head = Head::Plain;
            }
            return;
        }
        self.words += 1;
        let mysql = self.dialect == Dialect::Mysql;
        self.head = match self.head {
            Head::Start if token.is("create") => Head::Create,
            Head::Start if mysql && token.is("alter") => Head::Alter,
            Head::Start if mysql && token.is("begin") => Head::Begin(1),
            // MariaDB takes these outside of routines too; nothing else starts so.
            Head::Start
                if mysql && token.is_any(&["if", "case", "loop", "while", "repeat", "for"]) =>
            {
                self.before = Before::StatementEnd;
                self.feed_body(token);
                Head::Body
            }
            Head::Start if mysql && token.is("declare") => {
                self.fail("a block of MariaDB's Oracle mode");
                Head::Plain
            }
            Head::Start if self.dialect == Dialect::Sqlite && token.is("explain") => Head::Explain,
            Head::Explain if token.is_any(&["query", "plan"]) => Head::Explain,
            Head::Explain if token.is("create") => Head::Create,
            Head::Begin(1) if token.is("not") => Head::Begin(2),
            Head::Begin(2) if token.is("atomic") => {
                self.open(Block::Begin);
                self.before = Before::StatementEnd;
                Head::Body
            }
            Head::Create if self.names_routine(token) => {
                self.event = token.is("event");
                self.function = token.is("function");
                Head::Body
            }
            Head::Alter if token.is("event") => {
                self.event = true;
                Head::Body
            }
            Head::Create if mysql && token.is("package") => {
                self.fail("a package is not understood");
                Head::Plain
            }
            head @ (Head::Create | Head::Alter) if self.still_open(token) => head,
            _ => Head::Plain,
        };
    }

    fn names_routine(&self, token: &Token<'_>) -> bool {
        match self.dialect {
            Dialect::Sqlite => token.is("trigger"),
            Dialect::Postgres => token.is_any(&["function", "procedure"]),
            Dialect::Mysql => token.is_any(&["function", "procedure", "trigger", "event"]),
        }
    }

    /// True while the words after CREATE leave open what is created.
    fn still_open(&self, token: &Token<'_>) -> bool {
        match self.dialect {
            Dialect::Sqlite => token.is_any(&["temp", "temporary"]),
            Dialect::Postgres => token.is_any(&["or", "replace"]),
            // A definer may have any name, so everything but the other kinds of objects.
            Dialect::Mysql => {
                self.words < 12
                    && !token.is_any(&[
                        "table", "view", "index", "database", "schema", "user", "role", "sequence",
                    ])
                    && !token.is_any(&[
                        "server",
                        "tablespace",
                        "temporary",
                        "unique",
                        "fulltext",
                        "spatial",
                    ])
            }
        }
    }
}
