//! A window, or the query before it, that failed: whether it is worth another try, and what is said of it otherwise.

use super::Run;
use crate::backfill::error::BackfillError;
use crate::backfill::window::Window;
use crate::error::Error;
use crate::event::Observer;
use crate::runner::blockers;
use crate::session::{DbError, DbErrorKind, Session};

/// What failed.
pub(super) struct Failed {
    pub(super) error: DbError,
    pub(super) at: At,
}

/// Where it did.
pub(super) enum At {
    /// The query of the header that is asked between two windows.
    ThrottleQuery,
    /// The statement itself, on these keys.
    Window(Window),
    /// What belongs to the engine.
    Between,
}

impl From<DbError> for Failed {
    fn from(error: DbError) -> Self {
        Self { error, at: At::Between }
    }
}

impl Run<'_> {
    pub(super) fn is_worth_a_try(
        &mut self,
        session: &mut dyn Session,
        error: &DbError,
        observer: &mut dyn Observer,
    ) -> Result<bool, Error> {
        match error.kind {
            DbErrorKind::Busy => {
                self.pace.was_blocked();
                Ok(true)
            }
            DbErrorKind::Timeout => {
                // A smaller window may be quick enough; the smallest is tried once.
                let before = self.pace;
                self.pace.was_blocked();
                Ok(self.pace != before)
            }
            DbErrorKind::Closed => {
                // What was committed is in the state, whatever the answer was.
                match session.reconnect() {
                    Ok(true) => {}
                    Ok(false) => return Ok(false),
                    // A server that starts again takes a while: the next try finds it as closed.
                    Err(error) if error.kind == DbErrorKind::Closed => return Ok(true),
                    Err(error) => return Err(Error::database("connect again")(error)),
                }
                self.site.connection.settle(session)?;
                if let Some(lock) = &self.lock {
                    lock.wait(session, self.site.options.runner_wait, observer)?;
                }
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Who held what it needs, as far as the database tells.
    pub(super) fn blockers(&self, session: &mut dyn Session, failed: &Failed) -> Vec<String> {
        let text = self.migration.backfill.as_deref();
        match text.filter(|_| failed.error.kind == DbErrorKind::Busy) {
            Some(text) => blockers::of_statement(session, text, self.site.connection.patience()),
            None => vec![],
        }
    }

    pub(super) fn of_window(&self, failed: Failed, blockers: Vec<String>) -> Error {
        let error = failed.error;
        let window = match failed.at {
            At::Window(window) => window,
            At::ThrottleQuery => {
                let name = self.name();
                return BackfillError::Query { name, which: "throttle_query", error }.into();
            }
            At::Between => return Error::database("run a window of the backfill")(error),
        };
        let shown = |values: &[String]| {
            let values = self.key.iter().zip(values).map(|(column, value)| column.shown(value));
            let list = values.collect::<Vec<_>>().join(", ");
            if self.key.len() > 1 { format!("({list})") } else { list }
        };
        BackfillError::Window {
            name: self.name(),
            place: self.backfill.place,
            first: shown(&window.first),
            last: shown(&window.last),
            seen: self.progress.seen,
            error,
            blockers,
        }
        .into()
    }
}
