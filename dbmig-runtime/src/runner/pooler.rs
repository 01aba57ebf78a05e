//! PostgreSQL behind a transaction pooler: what lives longer than a transaction belongs to nobody there.

use dbmig_build::Dialect;

use crate::error::{Error, ErrorKind};
use crate::session::{DbResult, Session};

/// Refuses to run a migration outside a transaction, or a backfill, through a transaction pooler.
///
/// The lock of the session could go to another client, and so could the session itself.
pub(crate) fn refuse(session: &mut dyn Session, name: &str) -> Result<(), Error> {
    match is_pooled(session).map_err(Error::database("look for a pooler"))? {
        true => Err(Error::new(ErrorKind::Pooler { name: name.to_owned() })),
        false => Ok(()),
    }
}

/// Whether it is PostgreSQL, and known that nobody else gets this connection: what it keeps stays ours.
pub(super) fn is_none(session: &mut dyn Session) -> bool {
    if session.dialect() != Dialect::Postgres {
        return false;
    }
    // Of what can not be asked nothing is known.
    matches!(shared(session), Ok(Some(false)))
}

/// Proof that two connections share a server process, or that one is handed from one to the next.
///
/// While another connection keeps one process busy, ours must still have its own. Where no other can be
/// opened, the owner of the connection is believed.
fn is_pooled(session: &mut dyn Session) -> DbResult<bool> {
    shared(session).map(|shared| shared.unwrap_or(false))
}

/// `None` where no other connection can be opened.
fn shared(session: &mut dyn Session) -> DbResult<Option<bool>> {
    let Some(mut other) = session.another()? else { return Ok(None) };
    let ours = process(session)?;
    other.execute("BEGIN")?;
    let theirs = process(&mut *other);
    let still_ours = process(session);
    let ended = other.execute("ROLLBACK");
    let pooled = theirs? == ours || still_ours? != ours;
    ended.map(|()| Some(pooled))
}

fn process(session: &mut dyn Session) -> DbResult<Option<String>> {
    let rows = session.query("SELECT CAST(pg_catalog.pg_backend_pid() AS TEXT)", &[])?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
}
