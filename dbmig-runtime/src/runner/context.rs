//! What holds for a whole run on one connection: settings that are restored, tables, adoption.

use std::hash::{BuildHasher as _, Hasher as _};

use dbmig_build::{Dialect, Migration, MigrationSet, Version, sql};

use crate::error::{Error, ErrorKind};
use crate::history::{self, Action, Attempt, Ended, History, Mode, Run};
use crate::session::{DbResult, Session, immediate};

/// How long a SQLite connection waits for another one, in milliseconds.
const SQLITE_BUSY_TIMEOUT: u32 = 30_000;

/// The settings of the connection before the run.
pub(super) struct Context {
    restore: Vec<String>,
}

/// Makes the connection ready.
pub(super) fn enter(session: &mut dyn Session) -> Result<Context, Error> {
    if session.in_transaction().map_err(Error::database("use the connection"))? {
        return Err(Error::new(ErrorKind::OpenTransaction));
    }
    let mut restore = Vec::new();
    if session.dialect() == Dialect::Sqlite {
        let read = |session: &mut dyn Session| -> DbResult<Vec<String>> {
            let busy = pragma(session, "busy_timeout")?;
            let keys = pragma(session, "foreign_keys")?;
            Ok(vec![
                format!("PRAGMA busy_timeout = {busy}"),
                format!("PRAGMA foreign_keys = {keys}"),
            ])
        };
        restore = read(session).map_err(Error::database("read the connection's settings"))?;
    }
    let context = Context { restore };
    match settle(session) {
        Ok(()) => Ok(context),
        Err(error) => {
            let _ = context.leave(session);
            Err(error)
        }
    }
}

/// The settings that every step begins with, whatever the one before it did to the connection.
pub(super) fn settle(session: &mut dyn Session) -> Result<(), Error> {
    if session.dialect() != Dialect::Sqlite {
        return Ok(());
    }
    // Bundled SQLite has foreign keys on, a system's has them off: the same migrations must do the same.
    let sql = format!("PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT}; PRAGMA foreign_keys = ON");
    session.execute(&sql).map_err(Error::database("prepare the connection"))
}

/// Reads with the patience of a run: another connection may hold the database for a moment.
pub(crate) fn patiently<T>(
    session: &mut dyn Session,
    read: impl FnOnce(&mut dyn Session) -> DbResult<T>,
) -> DbResult<T> {
    if session.dialect() != Dialect::Sqlite {
        return read(session);
    }
    let before = pragma(session, "busy_timeout")?;
    session.execute(&format!("PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT}"))?;
    let result = read(session);
    let restored = session.execute(&format!("PRAGMA busy_timeout = {before}"));
    result.and_then(|value| restored.map(|()| value))
}

impl Context {
    /// Puts the settings back.
    pub(super) fn leave(self, session: &mut dyn Session) -> Result<(), Error> {
        // All of them, whichever fails.
        let results: Vec<_> = self.restore.iter().map(|sql| session.execute(sql)).collect();
        let restored: DbResult<()> = results.into_iter().collect();
        restored.map_err(Error::database("restore the connection's settings"))
    }
}

fn pragma(session: &mut dyn Session, name: &str) -> DbResult<i64> {
    let rows = session.query(&format!("PRAGMA {name}"), &[])?;
    let value = rows.into_iter().next().and_then(|row| row.into_iter().next().flatten());
    Ok(value.and_then(|text| text.parse().ok()).unwrap_or(0))
}

/// Takes over what another tool has applied: from now on edits of it are seen.
///
/// The digest is that of today's file, since nobody knows yesterday's.
pub(super) fn adopt(
    session: &mut dyn Session,
    set: &MigrationSet,
    history: &History,
    run: &Run,
) -> Result<usize, Error> {
    let dialect = session.dialect();
    if unknown(set, history).is_empty() {
        return Ok(0);
    }
    let write = |session: &mut dyn Session| -> DbResult<usize> {
        // Read again: another runner may have applied or adopted them meanwhile.
        let history = history::read(session)?;
        let unknown = unknown(set, &history);
        for migration in &unknown {
            let number = history::next_attempt(session, &migration.version)?;
            let attempt = Attempt {
                version: &migration.version,
                number,
                action: Action::Adopt,
                name: &migration.dir_name,
                digests: Some(&migration.digests),
                settings: Some(&migration.settings),
                up_tokens: sql::token_digest(&migration.up, dialect),
                down_sql: migration.down.as_deref(),
                mode: Mode::Transaction,
                ended: Ended::Finished,
                total: 0,
                done: 0,
                done_digest: None,
                seconds: 0.0,
                error: None,
            };
            history::insert_record(session, run, &attempt)?;
        }
        Ok(unknown.len())
    };
    immediate(session, write)
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
