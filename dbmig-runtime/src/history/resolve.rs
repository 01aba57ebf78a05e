//! A person decides about a migration that stopped half way.

use dbmig_build::Version;

use super::write::{Attempt, Run, claim, forget, insert_record, next_attempt};
use super::{Action, Ended, Mode, read};
use crate::session::{DbResult, Session};

/// Records that all of a half-done migration is in the database, or that none of it is.
///
/// The version row and the record of the decision are written in one transaction.
///
/// # Errors
///
/// What the database reports.
pub fn resolve(session: &mut dyn Session, version: &Version, applied: bool) -> DbResult<()> {
    let history = read(session)?;
    let name =
        history.records.get(version).map_or(version.as_str(), |record| &record.name).to_owned();
    let run = Run { batch: history.last_batch() + 1, runner: "resolve".to_owned() };
    session.execute("BEGIN IMMEDIATE")?;
    match write(session, version, &name, &run, applied) {
        Ok(()) => session.execute("COMMIT"),
        Err(error) => {
            let _ = session.execute("ROLLBACK");
            Err(error)
        }
    }
}

fn write(
    session: &mut dyn Session,
    version: &Version,
    name: &str,
    run: &Run,
    applied: bool,
) -> DbResult<()> {
    let action = if applied {
        claim(session, version)?;
        Action::Adopt
    } else {
        forget(session, version)?;
        Action::Revert
    };
    let number = next_attempt(session, version)?;
    insert_record(
        session,
        run,
        &Attempt {
            version,
            number,
            action,
            name,
            digests: None,
            up_tokens: None,
            down_sql: None,
            mode: Mode::Transaction,
            ended: Ended::Finished,
            total: 0,
            done: 0,
            done_digest: None,
            seconds: 0.0,
            error: None,
        },
    )
}
