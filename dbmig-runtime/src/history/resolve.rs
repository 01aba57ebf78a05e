//! A person decides about a migration that stopped half way.

use dbmig_build::Version;

use super::claim::{claim, forget, next_attempt};
use super::evidence::{Evidence, copy_evidence};
use super::progress::end_attempt;
use super::write::{Attempt, Run, insert_record, void_data};
use super::{Action, Ended, read};
use crate::session::{DbError, DbErrorKind, DbResult, Session, write_transaction};

/// Records that all of a half-done migration is in the database, or that none of it is.
///
/// The version row and the record of the decision are written in one transaction.
///
/// # Errors
///
/// What the database reports, and versions that did not stop half way.
pub fn resolve(
    session: &mut dyn Session,
    version: &Version,
    applied: bool,
    reason: Option<&str>,
) -> DbResult<()> {
    write_transaction(session, |session| {
        // Read again under the lock: another runner may have gone on meanwhile.
        let history = read(session)?;
        let Some(half) = history.records.get(version).filter(|record| record.is_half_done()) else {
            let message =
                format!("version `{version}` did not stop half way, or somebody decided already");
            return Err(DbError::new(DbErrorKind::Other, message));
        };
        let (seen, tables) = (half.clone(), &history.tables);
        if applied {
            claim(session, tables, version)?;
            if seen.action == Action::Apply {
                // The record of the attempt stays: it holds the digests and the down.
                return end_attempt(
                    session,
                    tables,
                    version,
                    seen.attempt,
                    Ended::Finished,
                    seen.error.as_deref(),
                );
            }
        } else {
            forget(session, tables, version)?;
            void_data(session, tables)?;
        }
        if seen.ended == Ended::Started {
            // Nobody is at it any more.
            let error = seen.error.as_deref();
            end_attempt(session, tables, version, seen.attempt, Ended::Failed, error)?;
        }
        let run =
            Run { batch: history.last_batch().saturating_add(1), runner: "resolve".to_owned() };
        let number = next_attempt(session, tables, version)?;
        let action = if applied { Action::Adopt } else { Action::Revert };
        let (key, evidence) = ((version, number), Evidence::default());
        let attempt = Attempt::decided(key, action, &seen.name, evidence, reason);
        insert_record(session, tables, &run, &attempt)?;
        if applied { copy_evidence(session, tables, version, number) } else { Ok(()) }
    })
}
