//! Takes over what another tool has applied: from now on edits of it are seen.

use std::hash::{BuildHasher as _, Hasher as _};

use dbmig_build::{Migration, MigrationSet, Version, sql};

use super::Engine;
use crate::error::Error;
use crate::history::{self, Action, Attempt, Ended, Evidence, History, Mode};
use crate::session::{DbResult, Session, write_transaction};

/// Records them; returns how many there were.
///
/// The digest is that of today's file, since nobody knows yesterday's.
pub(super) fn adopt(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    history: &History,
) -> Result<usize, Error> {
    let dialect = session.dialect();
    if unknown(set, history).is_empty() {
        return Ok(0);
    }
    let write = |session: &mut dyn Session| -> DbResult<usize> {
        // Of several runners one does it.
        engine.lock.take_in_transaction(session)?;
        // Read again: another runner may have applied or adopted them meanwhile.
        let history = history::read(session)?;
        let unknown = unknown(set, &history);
        for migration in &unknown {
            let number = history::next_attempt(session, engine.tables, &migration.version)?;
            let attempt = Attempt {
                version: &migration.version,
                number,
                action: Action::Adopt,
                name: &migration.dir_name,
                evidence: Evidence {
                    digests: Some(&migration.digests),
                    settings: Some(&migration.settings),
                    up_tokens: sql::token_digest(&migration.up, dialect),
                    down_sql: migration.down.as_deref(),
                },
                mode: Mode::Transaction,
                ended: Ended::Finished,
                total: 0,
                done: 0,
                done_digest: None,
                seconds: 0.0,
                error: None,
            };
            history::insert_record(session, engine.tables, &engine.run, &attempt)?;
        }
        Ok(unknown.len())
    };
    write_transaction(session, write)
        .map_err(Error::database("record the versions that another tool applied"))
}

/// Applied, part of the set, and without a record.
fn unknown<'a>(set: &'a MigrationSet, history: &History) -> Vec<&'a Migration> {
    let applied = history.applied.iter().filter(|(_, applied)| applied.record.is_none());
    // What stopped half way here is decided, not taken over.
    let half_done = |version: &Version| history.half_done().any(|(half, _)| half == version);
    applied
        .map(|(version, _)| version)
        .filter(|v| !half_done(v))
        .filter_map(|v| set.get(v))
        .collect()
}

/// Tells this run from others, in the records.
pub(super) fn runner_id() -> String {
    // Randomly seeded by the standard library; no crate is needed for a label.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{}-{random:016x}", std::process::id())
}
