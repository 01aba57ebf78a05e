//! What MySQL takes in one piece: a longer statement costs the connection, and with it nobody knows what.

use dbmig_build::Dialect;

use super::batch::Batch;
use super::work::Work;
use crate::error::{Error, ErrorKind};
use crate::session::Session;

/// No server is set so low that it would pay to ask before this.
const ASKED_FROM: usize = 64 * 1024;
/// What a packet holds beside the statement, or beside the down in the record of the attempt.
const AROUND: usize = 8 * 1024;

/// Refuses a file with a statement, or a down to be recorded, that the server does not take. Nothing of
/// it was run.
pub(super) fn refuse(
    session: &mut dyn Session,
    work: &Work<'_>,
    batch: &Batch<'_>,
) -> Result<(), Error> {
    let down = work.down.map_or(0, str::len);
    let (index, longest) = batch.longest();
    if session.dialect() != Dialect::Mysql || longest.max(down) < ASKED_FROM {
        return Ok(());
    }
    let rows = session
        .query("SELECT CAST(@@max_allowed_packet AS CHAR)", &[])
        .map_err(Error::database("read `max_allowed_packet`"))?;
    let limit = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    let Some(limit) = limit.and_then(|text| text.parse::<usize>().ok()) else { return Ok(()) };
    let too_long =
        |path, place, bytes| Error::new(ErrorKind::TooLong { path, place, bytes, limit });
    if longest + AROUND > limit {
        return Err(too_long(work.path(), batch.start_of(index), longest));
    }
    if down + AROUND > limit {
        return Err(too_long(format!("{}/down.sql", work.name), None, down));
    }
    Ok(())
}
