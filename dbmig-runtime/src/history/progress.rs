//! The journal of an attempt outside a transaction: how far it is, what is about to be sent, how it ended.

use dbmig_build::{Dialect, Digest, Version};

use super::Ended;
use super::read::stamp;
use super::tables::Tables;
use super::write::{Attempt, Run, count, insert_record};
use crate::session::{DbError, DbErrorKind, DbResult, Session, Value};
use crate::sql::{moment, placeholder, text};

/// Statement mode: journals progress and the next intent in one write.
///
/// `done` statements are in the database, `intent` is about to be sent (equal to `done` when nothing is).
pub(crate) fn advance(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    (done, done_digest): (usize, &Digest),
    intent: usize,
) -> DbResult<()> {
    update(session, tables, (version, number), (done, done_digest), intent, "")
}

/// Statement mode: all statements are in the database, and the attempt is over.
pub(crate) fn finish_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    done: (usize, &Digest),
) -> DbResult<()> {
    let dialect = session.dialect();
    let stamp = text(dialect, stamp(dialect));
    let ending = format!(
        ", state = 'finished', error = NULL, finished_at = {}, \
         stamp = (SELECT {stamp} FROM {diesel} d WHERE d.version = {table}.version)",
        moment(dialect, 0.0),
        diesel = tables.diesel(),
        table = tables.history(),
    );
    update(session, tables, (version, number), done, done.0, &ending)
}

fn update(
    session: &mut dyn Session,
    tables: &Tables,
    (version, number): (&Version, i64),
    (done, done_digest): (usize, &Digest),
    intent: usize,
    more: &str,
) -> DbResult<()> {
    let (dialect, table) = (session.dialect(), tables.history());
    let place = |index| placeholder(dialect, index);
    // Whoever decided about the attempt meanwhile has finished it, or made a newer one. MySQL takes a
    // subquery on the table that is updated only when it stands in a FROM of its own.
    let sql = format!(
        "UPDATE {table} SET statements_done = {}, done_digest = {}, intent = {}{more} \
         WHERE version = {} AND attempt = {} AND state <> 'finished' AND attempt = \
         (SELECT newest FROM (SELECT MAX(attempt) AS newest FROM {table} WHERE version = {}) AS attempts)",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        place(6),
    );
    let values = [
        count(done).into(),
        done_digest.as_str().into(),
        count(intent).into(),
        version.as_str().into(),
        number.into(),
        version.as_str().into(),
    ];
    if session.execute_with(&sql, &values)? == 1 || is_at(session, tables, version, number)? {
        return Ok(());
    }
    let message = "somebody decided about this migration while it was running";
    Err(DbError::new(DbErrorKind::Other, message))
}

/// The attempt is the newest and open: MySQL counts no row when an update changes nothing.
fn is_at(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
) -> DbResult<bool> {
    if session.dialect() != Dialect::Mysql {
        return Ok(false);
    }
    let sql = format!(
        "SELECT CAST(attempt AS CHAR), state FROM {} WHERE version = ? ORDER BY attempt DESC LIMIT 1",
        tables.history()
    );
    let rows = session.query(&sql, &[version.as_str().into()])?;
    let Some(mut row) = rows.into_iter().next().map(Vec::into_iter) else { return Ok(false) };
    let same = row.next().flatten().and_then(|text| text.parse().ok()) == Some(number);
    Ok(same && row.next().flatten().as_deref() != Some(Ended::Finished.as_str()))
}

/// Statement mode: an attempt goes on with the files as they are now, as the newest of all.
pub(crate) fn restart(
    session: &mut dyn Session,
    tables: &Tables,
    run: &Run,
    attempt: &Attempt<'_>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let sql = format!(
        "DELETE FROM {} WHERE version = {} AND attempt = {}",
        tables.history(),
        placeholder(dialect, 1),
        placeholder(dialect, 2),
    );
    session.execute_with(&sql, &[attempt.version.as_str().into(), attempt.number.into()])?;
    insert_record(session, tables, run, attempt)
}

/// Statement mode: how an attempt ended.
pub(crate) fn end_attempt(
    session: &mut dyn Session,
    tables: &Tables,
    version: &Version,
    number: i64,
    ended: Ended,
    error: Option<&str>,
) -> DbResult<()> {
    let dialect = session.dialect();
    let place = |index| placeholder(dialect, index);
    let sql = format!(
        "UPDATE {table} SET state = {}, error = {}, finished_at = {finished}, \
         stamp = (SELECT {stamp} FROM {diesel} WHERE version = {}) WHERE version = {} AND attempt = {}",
        place(1),
        place(2),
        place(3),
        place(4),
        place(5),
        table = tables.history(),
        diesel = tables.diesel(),
        finished = moment(dialect, 0.0),
        stamp = text(dialect, stamp(dialect)),
    );
    let version = Value::from(version.as_str());
    let values = [ended.as_str().into(), Value::from(error), version, version, number.into()];
    session.execute_with(&sql, &values).map(drop)
}
