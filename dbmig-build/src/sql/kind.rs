//! What a statement is, read from its first words.

use super::token::{Token, TokenKind};
use crate::Dialect;

/// The kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Changes the schema: CREATE, ALTER, DROP, TRUNCATE, GRANT, COMMENT ON.
    Ddl,
    /// Changes rows.
    Dml,
    /// Only asks, as far as its first words say.
    Query,
    /// BEGIN, COMMIT, ROLLBACK, SAVEPOINT and the like.
    TransactionControl,
    /// Changes the connection's own state: SET, PRAGMA, USE, ATTACH.
    Session,
    /// For a database's own client; no server takes it: psql's `\x`, `.read`, `source`,
    /// COPY FROM STDIN, LOAD DATA LOCAL.
    ClientCommand,
    /// Anything else: DO, CALL, VACUUM, LOCK.
    Other,
}

/// What else the words of a statement say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StatementFlags {
    /// MySQL commits before and after it.
    pub implicit_commit: bool,
    /// PostgreSQL's CONCURRENTLY.
    pub concurrently: bool,
    /// Has a body with statements of its own.
    pub body: bool,
    /// Fails, or does nothing, inside a transaction: VACUUM, CREATE INDEX CONCURRENTLY, CREATE DATABASE.
    pub outside_transaction: bool,
}

/// Classifies a statement by its significant tokens.
pub(crate) fn classify(tokens: &[Token<'_>], dialect: Dialect) -> (StatementKind, StatementFlags) {
    let words = Words { tokens, dialect };
    let kind = words.kind();
    let postgres = dialect == Dialect::Postgres;
    let flags = StatementFlags {
        implicit_commit: dialect == Dialect::Mysql && words.implicit_commit(kind),
        concurrently: postgres && words.has("concurrently"),
        body: false,
        outside_transaction: words.outside_transaction(),
    };
    (kind, flags)
}

/// True for a SET after which quotes and backslashes are read otherwise.
pub(crate) fn changes_quoting(tokens: &[Token<'_>], dialect: Dialect) -> bool {
    let first = tokens.iter().find(|token| token.kind == TokenKind::Word);
    if !first.is_some_and(|first| first.is("set")) {
        return false;
    }
    let mut values = tokens.iter().map(|token| token.text.to_ascii_lowercase());
    match dialect {
        Dialect::Sqlite => false,
        Dialect::Postgres => {
            values.any(|value| value == "standard_conforming_strings")
                && values
                    .any(|value| matches!(value.trim_matches('\''), "off" | "false" | "no" | "0"))
        }
        Dialect::Mysql => {
            // Every combination mode that MySQL or MariaDB know has ANSI_QUOTES in it.
            let modes = ["ansi", "no_backslash", "oracle", "mssql", "db2", "maxdb", "postgresql"];
            values.any(|value| value.ends_with("sql_mode"))
                && values.any(|value| modes.iter().any(|mode| value.contains(mode)))
        }
    }
}

struct Words<'a> {
    tokens: &'a [Token<'a>],
    dialect: Dialect,
}

impl Words<'_> {
    /// The nth word, leaving out everything that is none.
    fn is(&self, nth: usize, words: &[&str]) -> bool {
        let mut all = self.tokens.iter().filter(|token| token.kind == TokenKind::Word);
        all.nth(nth).is_some_and(|token| token.is_any(words))
    }

    fn has(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| token.is(word))
    }

    /// True when one of the words directly follows the other.
    fn follow(&self, first: &str, then: &str) -> bool {
        self.tokens.windows(2).any(|pair| pair[0].is(first) && pair[1].is(then))
    }

    fn kind(&self) -> StatementKind {
        use StatementKind::{ClientCommand, Ddl, Dml, Other, Query, Session, TransactionControl};
        let (mysql, postgres) = (self.dialect == Dialect::Mysql, self.dialect == Dialect::Postgres);
        if self
            .tokens
            .iter()
            .any(|token| matches!(token.kind, TokenKind::ClientCommand | TokenKind::CopyData))
        {
            return ClientCommand;
        }
        if self.is(
            0,
            &[
                "create", "alter", "drop", "truncate", "grant", "revoke", "rename", "refresh",
                "security",
            ],
        ) || (postgres && self.is(0, &["comment", "import", "reassign"]))
        {
            return Ddl;
        }
        if postgres
            && self.is(0, &["copy"])
            && (self.follow("from", "stdin") || self.follow("to", "stdout"))
        {
            return ClientCommand;
        }
        if mysql && self.is(0, &["load"]) && self.is(2, &["local"]) {
            return ClientCommand;
        }
        let writes = ["insert", "update", "delete", "replace", "merge"];
        if self.is(0, &writes)
            || self.is(0, &["copy"])
            || (mysql && self.is(0, &["load"]) && self.is(1, &["data", "xml"]))
        {
            return Dml;
        }
        if self.is(0, &["with"]) && self.tokens.iter().any(|token| token.is_any(&writes)) {
            return Dml;
        }
        if self.is(0, &["select", "with"]) && postgres && self.has_at_top("into") {
            return Ddl; // SELECT … INTO creates a table
        }
        if self.is(0, &["select", "with", "values", "table", "show", "describe", "desc", "explain"])
        {
            return Query;
        }
        if self.is(0, &["commit", "rollback", "savepoint", "release", "end", "abort", "xa"]) {
            return TransactionControl;
        }
        if self.is(0, &["begin"]) {
            return if mysql && self.is(1, &["not"]) { Other } else { TransactionControl };
        }
        if self.is(0, &["start", "prepare"]) && self.is(1, &["transaction"]) {
            return TransactionControl;
        }
        if self.sets_autocommit() {
            return TransactionControl;
        }
        let session =
            ["set", "reset", "pragma", "use", "discard", "listen", "unlisten", "attach", "detach"];
        if self.is(0, &session) || (postgres && self.is(0, &["load"])) { Session } else { Other }
    }

    fn has_at_top(&self, word: &str) -> bool {
        let mut depth = 0_usize;
        self.tokens.iter().any(|token| {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && token.is(word)
        })
    }

    fn sets_autocommit(&self) -> bool {
        self.dialect == Dialect::Mysql
            && self.is(0, &["set"])
            && self.tokens.iter().any(|token| {
                token.is_any(&["autocommit", "@@autocommit"])
                    || (token.kind == TokenKind::QuotedName
                        && token.text.eq_ignore_ascii_case("`autocommit`"))
            })
    }

    fn implicit_commit(&self, kind: StatementKind) -> bool {
        match kind {
            // CREATE and DROP TEMPORARY TABLE are the exceptions among DDL.
            StatementKind::Ddl => {
                let temporary = self.is(1, &["temporary"])
                    || (self.is(1, &["or"]) && self.is(3, &["temporary"]));
                !(temporary && self.is(0, &["create", "drop"]))
            }
            StatementKind::TransactionControl => {
                self.is(0, &["begin", "start"]) || self.sets_autocommit()
            }
            StatementKind::Session => {
                self.is(0, &["reset"]) || (self.is(0, &["set"]) && self.is(1, &["password"]))
            }
            StatementKind::Other => {
                self.is(
                    0,
                    &["lock", "unlock", "analyze", "check", "optimize", "repair", "cache", "flush"],
                ) || self.is(0, &["install", "uninstall", "change", "load", "start", "stop"])
            }
            _ => false,
        }
    }

    fn outside_transaction(&self) -> bool {
        match self.dialect {
            Dialect::Mysql => false,
            Dialect::Sqlite => {
                self.is(0, &["vacuum", "detach"])
                    || (self.is(0, &["pragma"])
                        && self
                            .tokens
                            .iter()
                            .any(|token| token.is_any(&["foreign_keys", "journal_mode"])))
            }
            Dialect::Postgres => self.outside_transaction_of_postgres(),
        }
    }

    fn outside_transaction_of_postgres(&self) -> bool {
        let first = |words: &[&str]| self.is(0, words);
        // Options in parentheses stand before what is meant: REINDEX (VERBOSE) DATABASE.
        let second = |words: &[&str]| self.bare(1).is_some_and(|token| token.is_any(words));
        // REFRESH … CONCURRENTLY is legal in a transaction.
        if first(&["create", "drop", "reindex", "alter"]) && self.has("concurrently") {
            return true;
        }
        if first(&["create", "drop"]) && second(&["database", "tablespace"]) {
            return true;
        }
        if first(&["create"]) && second(&["subscription"]) {
            return !self.is_off(&["connect", "create_slot"]);
        }
        if first(&["alter"]) && second(&["subscription"]) {
            let publications = self.has("publication")
                && ["refresh", "set", "add", "drop"].iter().any(|word| self.has(word));
            return publications && !self.is_off(&["refresh"]);
        }
        if first(&["cluster"]) {
            return self.bare(1).is_none_or(|token| token.is("verbose") && self.bare(2).is_none());
        }
        (first(&["drop"]) && second(&["subscription"]))
            || (first(&["alter"]) && second(&["system"]))
            || (first(&["alter"]) && second(&["database"]) && self.follow("set", "tablespace"))
            || (first(&["reindex"]) && second(&["database", "system", "schema"]))
            || (first(&["discard"]) && second(&["all"]))
            || first(&["vacuum"])
    }

    /// The nth word or name outside of parentheses.
    fn bare(&self, nth: usize) -> Option<&Token<'_>> {
        let mut depth = 0_usize;
        let mut bare = self.tokens.iter().filter(|token| {
            if token.is_symbol("(") {
                depth += 1;
            } else if token.is_symbol(")") {
                depth = depth.saturating_sub(1);
            }
            depth == 0 && matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
        });
        bare.nth(nth)
    }

    /// True when one of these options is switched off.
    fn is_off(&self, names: &[&str]) -> bool {
        self.tokens.windows(3).any(|three| {
            let text = three[2].text.trim_matches('\'').to_ascii_lowercase();
            three[0].is_any(names)
                && three[1].is_symbol("=")
                && matches!(&*text, "false" | "off" | "0")
        })
    }
}
