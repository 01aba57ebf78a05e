//! What a statement creates or removes, read from its words: one thing, or nothing that could be asked.

use dbmig_build::{Dialect, sql};

/// What to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A table or a view.
    Relation { name: Name, created: bool },
    /// An index; the table is known where one is created, and on MySQL.
    Index { name: Name, table: Option<Name>, created: bool },
    /// A column of a table.
    Column { table: Name, column: String, created: bool },
    /// A value of an enum.
    Label { of: Name, label: String },
    /// Nothing to look for: running it again does no harm.
    Again,
    /// Nothing that could be asked.
    Unknown,
}

/// A name, perhaps with a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// As the statement has it.
    pub(super) written: String,
    pub(super) schema: Option<String>,
    pub(super) last: String,
}

impl Subject {
    pub(super) fn of(sql: &str, dialect: Dialect) -> Self {
        let tokens: Vec<&str> = sql::tokens(sql, dialect)
            .filter(|token| !token.is_trivia())
            .map(|token| token.text)
            .filter(|text| *text != ";")
            .collect();
        let mut words = Words { tokens: &tokens, at: 0, dialect };
        words.read().unwrap_or(Self::Unknown)
    }
}

struct Words<'t> {
    tokens: &'t [&'t str],
    at: usize,
    dialect: Dialect,
}

impl Words<'_> {
    /// `None` where it is none of the forms that are known.
    fn read(&mut self) -> Option<Subject> {
        if self.any(&["vacuum", "reindex", "analyze", "refresh", "cluster", "optimize"]) {
            return Some(Subject::Again);
        }
        if self.is("create") {
            return self.create();
        }
        if self.is("drop") {
            return self.drop();
        }
        if !self.is("alter") {
            return None;
        }
        if self.is("type") {
            let of = self.name()?;
            if !(self.is("add") && self.is("value")) {
                return None;
            }
            if self.is("if") {
                return Some(Subject::Again);
            }
            let label = self.next()?;
            let label = label.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
            return Some(Subject::Label { of, label });
        }
        if !self.is("table") {
            return None;
        }
        self.any(&["only"]);
        let table = self.name()?;
        self.alter_table(table)
    }

    fn create(&mut self) -> Option<Subject> {
        if self.is("or") {
            return Some(Subject::Again);
        }
        if self.any(&["unique", "fulltext", "spatial"]) || self.peek("index") {
            self.is("index").then_some(())?;
            self.is("concurrently");
            // With IF NOT EXISTS an index that was cut short would stay invalid for ever: looked up too.
            self.if_exists();
            let name = self.name().filter(|name| !name.last.eq_ignore_ascii_case("on"))?;
            while !self.is("on") {
                self.next()?;
            }
            self.is("only");
            let table = self.name()?;
            return Some(Subject::Index { name, table: Some(table), created: true });
        }
        self.is("unlogged");
        if !self.any(&["table", "view"]) {
            return None;
        }
        if self.if_exists() {
            return Some(Subject::Again);
        }
        let name = self.name()?;
        // Filled from a query, a table can be there without its rows.
        let is_table = !self.tokens.iter().any(|token| token.eq_ignore_ascii_case("view"));
        if is_table && self.tokens.iter().any(|token| token.eq_ignore_ascii_case("select")) {
            return None;
        }
        Some(Subject::Relation { name, created: true })
    }

    fn drop(&mut self) -> Option<Subject> {
        if self.is("index") {
            self.is("concurrently");
            if self.if_exists() {
                return Some(Subject::Again);
            }
            let name = self.name()?;
            let table = if self.is("on") { Some(self.name()?) } else { None };
            return self.end(Subject::Index { name, table, created: false });
        }
        if !self.any(&["table", "view"]) {
            return None;
        }
        if self.if_exists() {
            return Some(Subject::Again);
        }
        let name = self.name()?;
        self.any(&["cascade", "restrict"]);
        self.end(Subject::Relation { name, created: false })
    }

    fn alter_table(&mut self, table: Name) -> Option<Subject> {
        // Several changes at once are one statement, but there is no one thing to look for.
        let mut depth = 0usize;
        for token in &self.tokens[self.at..] {
            match *token {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                "," if depth == 0 => return None,
                _ => {}
            }
        }
        if self.is("add") {
            let known = self.is("column");
            if self.if_exists() {
                return Some(Subject::Again);
            }
            let others = [
                "constraint",
                "primary",
                "unique",
                "foreign",
                "check",
                "index",
                "key",
                "partition",
                "fulltext",
                "spatial",
                "exclude",
                "period",
                "system",
                "(",
            ];
            if !known && self.any(&others) {
                return None;
            }
            let column = self.name()?.last;
            return Some(Subject::Column { table, column, created: true });
        }
        if self.is("drop") {
            let known = self.is("column");
            if self.if_exists() {
                return Some(Subject::Again);
            }
            let others = ["constraint", "primary", "foreign", "check", "index", "key", "partition"];
            if !known && self.any(&others) {
                return None;
            }
            let column = self.name()?.last;
            self.any(&["cascade", "restrict"]);
            return self.end(Subject::Column { table, column, created: false });
        }
        if self.is("rename") {
            if self.any(&["to", "as"]) {
                // The old name is free again exactly if it ran.
                return Some(Subject::Relation { name: table, created: false });
            }
            if self.is("column") {
                let column = self.name()?.last;
                return Some(Subject::Column { table, column, created: false });
            }
        }
        None
    }

    /// Nothing may follow.
    fn end(&self, subject: Subject) -> Option<Subject> {
        (self.at == self.tokens.len()).then_some(subject)
    }

    fn next(&mut self) -> Option<&str> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn peek(&self, word: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.eq_ignore_ascii_case(word))
    }

    fn is(&mut self, word: &str) -> bool {
        let is = self.peek(word);
        self.at += usize::from(is);
        is
    }

    fn any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// `IF EXISTS` or `IF NOT EXISTS`.
    fn if_exists(&mut self) -> bool {
        if !self.is("if") {
            return false;
        }
        self.is("not");
        self.is("exists")
    }

    fn name(&mut self) -> Option<Name> {
        let first = self.next()?.to_owned();
        let mut parts = vec![first];
        while self.is(".") {
            parts.push(self.next()?.to_owned());
        }
        let is_name = |part: &String| {
            part.starts_with(['"', '`', '_']) || part.starts_with(char::is_alphabetic)
        };
        if parts.len() > 2 || !parts.iter().all(is_name) {
            return None;
        }
        let written = parts.join(".");
        let mut plain: Vec<_> = parts.iter().map(|part| self.unquoted(part)).collect();
        let last = plain.pop()?;
        Some(Name { written, schema: plain.pop(), last })
    }

    fn unquoted(&self, part: &str) -> String {
        for quote in ['"', '`'] {
            if let Some(inner) = part.strip_prefix(quote).and_then(|p| p.strip_suffix(quote)) {
                return inner.replace(&format!("{quote}{quote}"), &quote.to_string());
            }
        }
        match self.dialect {
            Dialect::Postgres => part.to_lowercase(),
            Dialect::Mysql | Dialect::Sqlite => part.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(sql: &str, dialect: Dialect) -> String {
        match Subject::of(sql, dialect) {
            Subject::Relation { name, created } => format!("relation {} {created}", name.written),
            Subject::Index { name, table, created } => {
                let table = table.map_or(String::new(), |table| format!(" on {}", table.written));
                format!("index {}{table} {created}", name.last)
            }
            Subject::Column { table, column, created } => {
                format!("column {}.{column} {created}", table.written)
            }
            Subject::Label { of, label } => format!("label {}.{label}", of.written),
            Subject::Again => "again".to_owned(),
            Subject::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn what_statements_leave_behind() {
        for (sql, expected) in [
            ("CREATE TABLE a (x int)", "relation a true"),
            ("create table \"A b\".c (x int);", "relation \"A b\".c true"),
            ("CREATE TABLE IF NOT EXISTS a (x int)", "again"),
            ("CREATE TABLE a AS SELECT 1", "unknown"),
            ("CREATE TEMP TABLE a (x int)", "unknown"),
            ("CREATE VIEW v AS SELECT 1", "relation v true"),
            ("CREATE OR REPLACE VIEW v AS SELECT 1", "again"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON ONLY s.t (a)", "index i on s.t true"),
            ("CREATE INDEX CONCURRENTLY IF NOT EXISTS I ON t (a)", "index i on t true"),
            ("CREATE INDEX ON t (a)", "unknown"),
            ("DROP TABLE a", "relation a false"),
            ("DROP TABLE a, b", "unknown"),
            ("DROP TABLE a CASCADE", "relation a false"),
            ("DROP INDEX CONCURRENTLY s.i", "index i false"),
            ("ALTER TABLE t ADD COLUMN A text DEFAULT 'x, y'", "column t.a true"),
            ("ALTER TABLE t ADD a numeric(3, 2)", "column t.a true"),
            ("ALTER TABLE t ADD a int, ADD b int", "unknown"),
            ("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)", "unknown"),
            ("ALTER TABLE ONLY t DROP COLUMN a CASCADE", "column t.a false"),
            ("ALTER TABLE t DROP COLUMN IF EXISTS a", "again"),
            ("ALTER TABLE t RENAME TO u", "relation t false"),
            ("ALTER TABLE t RENAME COLUMN a TO b", "column t.a false"),
            ("ALTER TABLE t ALTER COLUMN a TYPE text", "unknown"),
            ("ALTER TYPE mood ADD VALUE 'so''so'", "label mood.so'so"),
            ("VACUUM t", "again"),
            ("UPDATE t SET a = 1", "unknown"),
            ("INSERT INTO t VALUES (1)", "unknown"),
        ] {
            assert_eq!(shown(sql, Dialect::Postgres), expected, "{sql}");
        }
        for (sql, expected) in [
            ("CREATE INDEX I ON `t` (a)", "index I on `t` true"),
            ("DROP INDEX i ON t", "index i on t false"),
            ("ALTER TABLE `s`.`t` ADD COLUMN `a``b` int AFTER c", "column `s`.`t`.a`b true"),
            ("ALTER TABLE t ADD KEY k (a)", "unknown"),
            ("ALTER TABLE t MODIFY a int", "unknown"),
        ] {
            assert_eq!(shown(sql, Dialect::Mysql), expected, "{sql}");
        }
    }
}
