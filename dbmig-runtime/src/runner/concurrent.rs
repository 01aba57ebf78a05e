//! CREATE INDEX CONCURRENTLY. A build that fails leaves an invalid index: no query uses it, every write
//! pays for it, and the next build finds its name taken, or with IF NOT EXISTS nothing to do. So what was
//! left behind goes, and success means that the index is valid.
//!
//! Only of an index that the statement names is known that it is the same one.

use super::probe::CreatedIndex;
use crate::session::{DbError, DbErrorKind, DbResult, Session};

/// Sends the statement by `send`. `again`: it was tried before, and may have left its index then.
pub(super) fn build(
    session: &mut dyn Session,
    index: &CreatedIndex,
    again: bool,
    mut send: impl FnMut(&mut dyn Session) -> DbResult<()>,
) -> DbResult<()> {
    let before = index.invalid(session)?;
    let not_ours = before.is_some() && !again;
    if let Some(name) = before.filter(|_| again) {
        drop_index(session, &name)?;
    }
    if let Err(error) = send(session) {
        // This is the error to tell, whatever becomes of the rest: the next try looks again.
        if let (false, Ok(Some(name))) = (not_ours, index.invalid(session)) {
            let _ = drop_index(session, &name);
        }
        return Err(error);
    }
    // With IF NOT EXISTS one that is invalid counts as there.
    let Some(name) = index.invalid(session)? else { return Ok(()) };
    drop_index(session, &name)?;
    send(session)?;
    match index.invalid(session)? {
        None => Ok(()),
        Some(name) => {
            let message = format!("the index {name} is there, but invalid");
            Err(DbError::new(DbErrorKind::Other, message))
        }
    }
}

fn drop_index(session: &mut dyn Session, name: &str) -> DbResult<()> {
    session.execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {name}"))
}
