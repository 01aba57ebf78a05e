//! A migration that is applied got another version: the database follows, its backfill as well.

use dbmig_build::{Digest, Version};

use super::backfill::rename_backfill;
use super::{History, read};
use crate::session::{DbResult, Session, write_transaction};
use crate::sql::placeholder;

/// A migration with its old and its new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repoint {
    /// The version that it was applied with.
    pub from: Version,
    /// The version that it has now.
    pub to: Version,
    /// The directory that it has now.
    pub name: String,
    /// The digest of its `up.sql`.
    pub up_digest: Digest,
}

/// What a database has to do with a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repointing {
    /// It never applied the old version: nothing to do.
    NotApplied,
    /// It applied this text under the old version: the rows get the new one.
    Follows,
    /// It applied another text under the old version, stopped half way, or knows the new version
    /// already: it is left as it is.
    Differs,
}

impl Repoint {
    /// What would be done in a database with this history.
    pub fn judge(&self, history: &History) -> Repointing {
        let half_done = history.half_done().any(|(version, _)| *version == self.from);
        let taken =
            history.applied.contains_key(&self.to) || history.records.contains_key(&self.to);
        let Some(applied) = history.applied.get(&self.from) else {
            return if half_done { Repointing::Differs } else { Repointing::NotApplied };
        };
        let digest = applied.record.as_ref().and_then(|record| record.up_digest.as_ref());
        match digest == Some(&self.up_digest) && !half_done && !taken {
            true => Repointing::Follows,
            false => Repointing::Differs,
        }
    }
}

/// Gives applied migrations their new versions, in Diesel's table and in the history, in one transaction.
///
/// # Errors
///
/// What the database reports; then nothing was changed.
pub fn repoint(session: &mut dyn Session, moves: &[Repoint]) -> DbResult<Vec<Repointing>> {
    write_transaction(session, |session| {
        // Read under the lock: another runner may have gone on since the plan was shown.
        let history = read(session)?;
        let dialect = session.dialect();
        let place = |index| placeholder(dialect, index);
        let mut done = Vec::with_capacity(moves.len());
        for one in moves {
            let judged = one.judge(&history);
            done.push(judged);
            if judged != Repointing::Follows {
                continue;
            }
            let (from, to) = (one.from.as_str(), one.to.as_str());
            // The time stamp ties the records to the row: a server may renew it with every update.
            let sql = format!(
                "UPDATE {} SET version = {}, run_on = run_on WHERE version = {}",
                history.tables.diesel(),
                place(1),
                place(2)
            );
            session.execute_with(&sql, &[to.into(), from.into()])?;
            let sql = format!(
                "UPDATE {} SET version = {}, name = {} WHERE version = {}",
                history.tables.history(),
                place(1),
                place(2),
                place(3)
            );
            session.execute_with(&sql, &[to.into(), one.name.as_str().into(), from.into()])?;
            // Without tables of ours nothing is known of its backfill, nor of its text.
            rename_backfill(session, &history.tables, (&one.from, &one.to))?;
        }
        Ok(done)
    })
}
