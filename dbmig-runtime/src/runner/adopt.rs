//! Takes over what another tool has applied: from now on edits of it are seen.

use std::hash::{BuildHasher as _, Hasher as _};

use dbmig_build::{Dialect, Migration, MigrationSet, Version, sql};

use super::Engine;
use super::lock::Waiting;
use crate::error::Error;
use crate::event::Observer;
use crate::history::{self, Action, Attempt, Evidence, History};
use crate::session::{DbResult, Session, write_transaction};

/// Records them; returns how many there were.
///
/// The digest is that of today's file, since nobody knows yesterday's.
pub(super) fn adopt(
    session: &mut dyn Session,
    engine: &Engine<'_>,
    set: &MigrationSet,
    history: &History,
    observer: &mut dyn Observer,
) -> Result<usize, Error> {
    let dialect = session.dialect();
    if unknown(set, history).is_empty() {
        return Ok(0);
    }
    // `None` where another runner has the lock.
    let write = |session: &mut dyn Session| -> DbResult<Option<usize>> {
        // Of several runners one does it.
        if !engine.lock.take_in_transaction(session)? {
            return Ok(None);
        }
        // Read again: another runner may have applied or adopted them meanwhile.
        let history = history::read(session)?;
        let unknown = unknown(set, &history);
        for migration in &unknown {
            let number = history::next_attempt(session, engine.tables, &migration.version)?;
            let attempt = attempt(migration, number, dialect);
            history::insert_record(session, engine.tables, &engine.run, &attempt)?;
        }
        Ok(Some(unknown.len()))
    };
    let mut waiting = Waiting::new(engine.options.runner_wait);
    loop {
        let written = write_transaction(session, write)
            .map_err(Error::database("record the versions that another tool applied"))?;
        match written {
            Some(count) => return Ok(count),
            None => waiting.pause(&engine.lock, session, observer)?,
        }
    }
}

/// The files as they are.
pub(super) fn evidence(migration: &Migration, dialect: Dialect) -> Evidence<'_> {
    Evidence {
        digests: Some(&migration.digests),
        settings: Some(&migration.settings),
        up_tokens: sql::token_digest(&migration.up, dialect),
        down_sql: migration.down.as_deref(),
    }
}

/// The record of a version that was taken over.
pub(crate) fn attempt(migration: &Migration, number: i64, dialect: Dialect) -> Attempt<'_> {
    let key = (&migration.version, number);
    Attempt::decided(key, Action::Adopt, &migration.dir_name, evidence(migration, dialect), None)
}

/// Applied, part of the set, and without a record.
pub(crate) fn unknown<'a>(set: &'a MigrationSet, history: &History) -> Vec<&'a Migration> {
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
