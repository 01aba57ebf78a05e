//! The statements of one file: cut, sent one by one, and located when one fails.

use dbmig_build::sql::{self, Split, Statement};
use dbmig_build::{Dialect, Digest};

use super::Work;
use crate::error::{Error, ErrorKind, StatementError};
use crate::event::{Event, Observer};
use crate::session::{DbError, DbErrorKind, Session};

/// A file, cut into what is sent.
pub(super) struct Batch<'a> {
    text: &'a str,
    /// Offsets are into `text`.
    parts: Vec<Part<'a>>,
    /// Sent whole, since nobody is sure how to cut it.
    whole: bool,
}

struct Part<'a> {
    sql: &'a str,
    offset: usize,
}

impl<'a> Batch<'a> {
    /// Cuts a file; one that the lexer is not sure of goes whole.
    pub(super) fn of(text: &'a str, dialect: Dialect, split_off: bool) -> Self {
        let Split { statements, unsure, .. } = sql::split(text, dialect);
        if split_off || unsure.is_some() {
            return Self { text, parts: vec![Part { sql: text, offset: 0 }], whole: true };
        }
        let part = |s: Statement<'a>| Part { sql: s.sql, offset: s.offset };
        Self { text, parts: statements.into_iter().map(part).collect(), whole: false }
    }

    pub(super) fn len(&self) -> usize {
        self.parts.len()
    }

    /// The digest over the first `count` statements.
    pub(super) fn digest_of_first(&self, count: usize) -> Digest {
        Digest::of_list("statements", self.parts.iter().take(count).map(|part| part.sql))
    }

    /// Sends statement `index` (from 0).
    pub(super) fn send(
        &self,
        session: &mut dyn Session,
        index: usize,
        observer: &mut dyn Observer,
    ) -> Result<(), DbError> {
        observer.event(Event::Statement { index: index + 1, total: self.len() });
        if session.interrupted() {
            return Err(DbError::new(DbErrorKind::Interrupted, "interrupted"));
        }
        session.execute(self.parts[index].sql)
    }

    /// Sends all of them; the error comes with the index.
    pub(super) fn send_all(
        &self,
        session: &mut dyn Session,
        observer: &mut dyn Observer,
    ) -> Result<(), (usize, DbError)> {
        (0..self.len())
            .try_for_each(|index| self.send(session, index, observer).map_err(|e| (index, e)))
    }

    /// The error of statement `index`, with its place in the file.
    pub(super) fn failure(
        &self,
        work: &Work<'_>,
        index: usize,
        error: DbError,
        rolled_back: bool,
    ) -> Error {
        self.failure_in(
            Some(work.version.clone()),
            work.name,
            work.direction.file(),
            (index, error),
            rolled_back,
        )
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
        let inner = error.position.filter(|&at| part.sql.is_char_boundary(at));
        // Of a whole file the start says nothing; where the database names a place, it is the place.
        let place = match (self.whole, inner) {
            (true, None) => None,
            (_, inner) => Some(sql::position(self.text, part.offset + inner.unwrap_or(0))),
        };
        Error::new(ErrorKind::Statement(Box::new(StatementError {
            version,
            name: name.to_owned(),
            file: file.to_owned(),
            index: index + 1,
            total: self.len(),
            place,
            sql: part.sql.to_owned(),
            error,
            whole: self.whole,
            rolled_back,
        })))
    }
}
