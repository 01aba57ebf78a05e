//! The statements of one file: cut, sent one by one, and located when one fails.

use std::cell::OnceCell;

use dbmig_build::sql::{self, Split, Statement, StatementFlags, StatementKind};
use dbmig_build::{Assertions, Dialect, Digest, Settings};

use super::work::Work;
use crate::error::{Error, ErrorKind, StatementError};
use crate::event::{Event, Observer};
use crate::history::Mode;
use crate::session::{DbError, DbErrorKind, Session};

/// A file, cut into what is sent.
pub(crate) struct Batch<'a> {
    text: &'a str,
    dialect: Dialect,
    /// Offsets are into `text`.
    parts: Vec<Part<'a>>,
    /// Sent whole, since nobody is sure how to cut it.
    whole: bool,
    assertions: Assertions,
    prefixes: OnceCell<Vec<Digest>>,
}

struct Part<'a> {
    sql: &'a str,
    offset: usize,
    kind: StatementKind,
    flags: StatementFlags,
}

impl<'a> Batch<'a> {
    /// Cuts a file; one that the lexer is not sure of goes whole.
    pub(crate) fn of(text: &'a str, dialect: Dialect, settings: &Settings) -> Self {
        let Split { statements, unsure, .. } = sql::split(text, dialect);
        let whole = settings.split_off || unsure.is_some();
        let part =
            |s: Statement<'a>| Part { sql: s.sql, offset: s.offset, kind: s.kind, flags: s.flags };
        let parts = match whole {
            true => {
                let flags = StatementFlags::default();
                vec![Part { sql: text, offset: 0, kind: StatementKind::Other, flags }]
            }
            false => statements.into_iter().map(part).collect(),
        };
        let assertions = Assertions::read(text, dialect);
        Self { text, dialect, parts, whole, assertions, prefixes: OnceCell::new() }
    }

    /// What its comments assert.
    pub(crate) fn assertions(&self) -> &Assertions {
        &self.assertions
    }

    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    /// How it is run. On MySQL most statements commit: only rows can be changed in a transaction.
    pub(crate) fn mode(&self, settings: &Settings) -> Mode {
        let only_rows = || {
            self.parts.iter().all(|part| {
                let rows = matches!(
                    part.kind,
                    StatementKind::Dml | StatementKind::Query | StatementKind::Session
                );
                rows && !part.flags.implicit_commit
            })
        };
        match settings.run_in_transaction && (self.dialect != Dialect::Mysql || only_rows()) {
            true => Mode::Transaction,
            false => Mode::Statement,
        }
    }

    /// PostgreSQL builds or drops it without a lock, in several steps of its own.
    pub(super) fn is_concurrent(&self, index: usize) -> bool {
        self.parts[index].flags.concurrently
    }

    /// The longest statement: which, from 0, and how many bytes.
    pub(super) fn longest(&self) -> (usize, usize) {
        let lengths = self.parts.iter().map(|part| part.sql.len()).enumerate();
        lengths.max_by_key(|(_, length)| *length).unwrap_or_default()
    }

    /// Where statement `index` (from 0) begins: line and column.
    pub(super) fn start_of(&self, index: usize) -> Option<(usize, usize)> {
        self.place(index, None)
    }

    /// What kind of statement it is.
    pub(super) fn kind(&self, index: usize) -> Option<StatementKind> {
        self.parts.get(index).map(|part| part.kind)
    }

    /// Statement `index`, from 0.
    pub(crate) fn statement(&self, index: usize) -> Option<&'a str> {
        self.parts.get(index).map(|part| part.sql)
    }

    /// The digest over the first `count` statements.
    pub(crate) fn digest_of_first(&self, count: usize) -> &Digest {
        let digests = self.prefixes.get_or_init(|| {
            Digest::of_prefixes("statements", self.parts.iter().map(|part| part.sql))
        });
        &digests[count.min(self.parts.len())]
    }

    /// The first statement that begins or ends a transaction; SAVEPOINT and its kin do neither.
    pub(super) fn transaction_control(&self) -> Option<usize> {
        self.parts.iter().position(|part| {
            part.kind == StatementKind::TransactionControl && !is_savepoint(part.sql)
        })
    }

    /// Nobody can tell how far it came when it stops: sent whole, with transactions of its own, or with
    /// statements after which the journal can not be written.
    ///
    /// Outside a transaction SAVEPOINT opens one as well.
    pub(crate) fn is_one_unit(&self) -> bool {
        self.whole
            || self.parts.iter().any(|part| {
                part.kind == StatementKind::TransactionControl
                    || bars_the_journal(part.sql, self.dialect)
            })
    }

    /// A statement of it may have changed who we are.
    pub(crate) fn changes_session(&self) -> bool {
        self.parts.iter().any(|part| part.kind == StatementKind::Session)
    }

    /// What its statements are.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = StatementKind> {
        self.parts.iter().map(|part| part.kind)
    }

    /// Sent whole: nobody saw what is in it.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// The file asks for foreign keys to be off, which inside a transaction does nothing by itself.
    pub(super) fn wants_foreign_keys_off(&self) -> bool {
        let session = self.parts.iter().filter(|part| part.kind == StatementKind::Session);
        session.map(|part| part.sql).any(switches_foreign_keys_off)
    }

    /// Sends statement `index` (from 0).
    pub(super) fn send(
        &self,
        session: &mut dyn Session,
        index: usize,
        observer: &mut dyn Observer,
    ) -> Result<(), DbError> {
        observer.event(Event::Statement { index: index + 1, total: self.len() });
        session.execute(self.parts[index].sql)
    }

    /// Sends all of them; the error comes with the index.
    pub(super) fn send_all(
        &self,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<(), (usize, DbError)> {
        (0..self.len()).try_for_each(|index| {
            if session.interrupted() {
                return Err((index, DbError::new(DbErrorKind::Interrupted, "interrupted")));
            }
            self.send(session, index, observer).map_err(|error| (index, error))
        })
    }

    /// The error of statement `index`, with its place in the file.
    pub(super) fn failure(
        &self,
        work: &Work<'_>,
        index: usize,
        error: DbError,
        rolled_back: bool,
    ) -> Error {
        let version = work.repeatable.is_none().then(|| work.version.clone());
        let (dir, file) = work.place();
        let mut failure = self.failure_in(version, dir, file, (index, error), rolled_back);
        if let ErrorKind::Statement(error) = &mut failure.kind {
            error.locked = work.locked;
        }
        failure
    }

    /// The same for a file that is not a migration's.
    pub(super) fn failure_in(
        &self,
        version: Option<dbmig_build::Version>,
        name: &str,
        file: &str,
        (index, error): (usize, DbError),
        rolled_back: bool,
    ) -> Error {
        if error.kind == DbErrorKind::Interrupted {
            return Error::new(ErrorKind::Interrupted);
        }
        let part = &self.parts[index];
        Error::new(ErrorKind::Statement(Box::new(StatementError {
            version,
            name: name.to_owned(),
            file: file.to_owned(),
            index: index + 1,
            total: self.len(),
            place: self.place(index, error.position),
            sql: part.sql.to_owned(),
            error,
            whole: self.whole,
            locked: false,
            rolled_back,
            doubtful: !rolled_back && self.is_one_unit(),
            blockers: Vec::new(),
        })))
    }

    /// Refuses a file that would end the transaction it is to run in.
    pub(crate) fn refuse_transaction_control(&self, name: &str, file: &str) -> Result<(), Error> {
        let Some(index) = self.transaction_control() else { return Ok(()) };
        Err(Error::new(ErrorKind::TransactionControl {
            name: name.to_owned(),
            file: file.to_owned(),
            place: self.place(index, None).unwrap_or((1, 1)),
            sql: self.parts[index].sql.to_owned(),
        }))
    }

    /// Of a whole file the start says nothing; where the database names a place, it is the place.
    fn place(&self, index: usize, inner: Option<usize>) -> Option<(usize, usize)> {
        let part = &self.parts[index];
        let inner = inner.filter(|&at| part.sql.is_char_boundary(at));
        match (self.whole, inner) {
            (true, None) => None,
            (_, inner) => Some(sql::position(self.text, part.offset + inner.unwrap_or(0))),
        }
    }
}

/// `PRAGMA [schema.]foreign_keys = <anything that is not on>`, in every spelling.
fn switches_foreign_keys_off(sql: &str) -> bool {
    let words: Vec<String> = sql::tokens(sql, Dialect::Sqlite)
        .filter(|token| !token.is_trivia())
        .map(|token| token.text.to_ascii_lowercase())
        .collect();
    let Some(at) = words.iter().position(|word| word == "foreign_keys") else { return false };
    let value: String = words[at + 1..]
        .iter()
        .filter(|word| !matches!(word.as_str(), "=" | "(" | ")" | "+"))
        .cloned()
        .collect();
    let value = value.trim_matches(['\'', '"', '`', '[', ']']);
    words.first().is_some_and(|word| word == "pragma")
        && !value.is_empty()
        && !matches!(value, "on" | "1" | "true" | "yes")
}

/// After it our own tables are locked out, belong to another role, or are written in a transaction that
/// is not ours.
fn bars_the_journal(sql: &str, dialect: Dialect) -> bool {
    let mut words = sql::tokens(sql, dialect)
        .filter(|token| !token.is_trivia())
        .map(|token| token.text.to_ascii_lowercase());
    match (dialect, words.next().as_deref()) {
        (Dialect::Mysql, Some("lock")) => true,
        (Dialect::Mysql, Some("set")) => words.any(|word| word.ends_with("autocommit")),
        (Dialect::Postgres, Some("set")) => {
            let scope = |word: &String| matches!(word.as_str(), "local" | "session");
            let name = words.find(|word| !scope(word));
            matches!(name.as_deref(), Some("role" | "authorization"))
        }
        _ => false,
    }
}

fn is_savepoint(sql: &str) -> bool {
    let mut words = sql.split_whitespace().map(str::to_ascii_lowercase);
    match words.next().as_deref() {
        Some("savepoint" | "release") => true,
        // `ROLLBACK [TRANSACTION] TO [SAVEPOINT] name`
        Some("rollback") => words.take(2).any(|word| word == "to"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(text: &str) -> Batch<'_> {
        Batch::of(text, Dialect::Sqlite, &Settings::default())
    }

    #[test]
    fn transactions_of_a_file() {
        for (text, expected) in [
            ("SELECT 1; COMMIT", Some(1)),
            ("BEGIN; SELECT 1; END;", Some(0)),
            ("rollback", Some(0)),
            ("ROLLBACK TO a; SELECT 1", None),
            ("SAVEPOINT a; RELEASE a; ROLLBACK TRANSACTION TO a", None),
            ("CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;", None),
        ] {
            assert_eq!(batch(text).transaction_control(), expected, "{text}");
        }
    }

    #[test]
    fn files_that_are_one_unit() {
        for (dialect, text, expected) in [
            (Dialect::Mysql, "LOCK TABLES t WRITE; INSERT INTO t VALUES (1); UNLOCK TABLES", true),
            (Dialect::Mysql, "SET @@autocommit = 0; DELETE FROM t", true),
            (Dialect::Mysql, "SET sql_mode = ''; CREATE TABLE t (a INT)", false),
            (Dialect::Postgres, "SET SESSION ROLE owner; VACUUM", true),
            (Dialect::Postgres, "SET LOCAL SESSION AUTHORIZATION x; VACUUM", true),
            (Dialect::Postgres, "SET search_path = role; VACUUM", false),
            (Dialect::Postgres, "SAVEPOINT a", true),
            (Dialect::Sqlite, "VACUUM", false),
        ] {
            let batch = Batch::of(text, dialect, &Settings::default());
            assert_eq!(batch.is_one_unit(), expected, "{text}");
        }
    }

    #[test]
    fn foreign_keys_of_a_file() {
        for (text, expected) in [
            ("PRAGMA foreign_keys = OFF; SELECT 1", true),
            ("pragma foreign_keys=0", true),
            ("PRAGMA foreign_keys(off)", true),
            ("PRAGMA main.foreign_keys = \"off\"", true),
            ("PRAGMA foreign_keys /* now */ = [off]", true),
            ("PRAGMA foreign_keys = +0", true),
            ("PRAGMA foreign_keys = yes", false),
            ("PRAGMA recursive_triggers = off", false),
            ("PRAGMA foreign_keys = ON", false),
            ("PRAGMA foreign_keys", false),
            ("-- PRAGMA foreign_keys = OFF\nSELECT 1", false),
        ] {
            assert_eq!(batch(text).wants_foreign_keys_off(), expected, "{text}");
        }
    }
}
