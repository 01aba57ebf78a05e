//! What holds for a whole run on one connection: settings that are restored, tables, adoption.

use std::hash::{BuildHasher as _, Hasher as _};

use dbmig_build::{Dialect, Migration, MigrationSet, sql};

use crate::error::{Error, ErrorKind};
use crate::history::{self, Action, Attempt, Ended, History, Mode, Run};
use crate::session::{DbResult, Session};

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
        let prepare = |session: &mut dyn Session| -> DbResult<Vec<String>> {
            let busy = pragma(session, "busy_timeout")?;
            let keys = pragma(session, "foreign_keys")?;
            session.execute(&format!("PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT}"))?;
            // Bundled SQLite has it on, a system's has it off: the same migrations must do the same.
            session.execute("PRAGMA foreign_keys = ON")?;
            Ok(vec![
                format!("PRAGMA busy_timeout = {busy}"),
                format!("PRAGMA foreign_keys = {keys}"),
            ])
        };
        restore = prepare(session).map_err(Error::database("prepare the connection"))?;
    }
    Ok(Context { restore })
}

impl Context {
    /// Puts the settings back.
    pub(super) fn leave(self, session: &mut dyn Session) -> Result<(), Error> {
        for sql in self.restore {
            session.execute(&sql).map_err(Error::database("restore the connection's settings"))?;
        }
        Ok(())
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
        session.execute("BEGIN IMMEDIATE")?;
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
        session.execute("COMMIT")?;
        Ok(unknown.len())
    };
    write(session).map_err(|error| {
        let _ = session.execute("ROLLBACK");
        Error::database("record the versions that another tool applied")(error)
    })
}

/// Applied, part of the set, and without a record.
fn unknown<'a>(set: &'a MigrationSet, history: &History) -> Vec<&'a Migration> {
    let applied = history.applied.iter().filter(|(_, applied)| applied.record.is_none());
    applied.filter_map(|(version, _)| set.get(version)).collect()
}

/// Tells this run from others, in the records.
pub(super) fn runner_id() -> String {
    // Randomly seeded by the standard library; no crate is needed for a label.
    let random = std::collections::hash_map::RandomState::new().build_hasher().finish();
    format!("{}-{random:016x}", std::process::id())
}
