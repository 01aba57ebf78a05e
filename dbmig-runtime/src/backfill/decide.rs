//! What a person may say about a backfill: pause it, resume it, give it up, look whether it left anything.

use dbmig_build::backfill::Backfill;
use dbmig_build::{Migration, Version};

use super::error::BackfillError;
use super::find::{applied, now, parsed, read};
use super::finds_rows;
use crate::embedded::Migrations;
use crate::error::Error;
use crate::history::{self, BackfillRecord, BackfillState, Tables};
use crate::session::{DbResult, Session, write_transaction};

/// Lets a backfill rest: whoever runs it stops after its window, and no run goes on before
/// [`resume`].
///
/// # Errors
///
/// There is no such backfill, it has not begun or is over, or the database reports something.
pub fn pause(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
) -> Result<(), Error> {
    set_state(session, migrations, version, BackfillState::Paused)
}

/// Takes a pause back; the next run goes on. `false` when there was none.
///
/// # Errors
///
/// There is no such backfill, or the database reports something.
pub fn resume(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
) -> Result<bool, Error> {
    let (set, history) = read(session, migrations)?;
    applied(set, &history, version)?;
    let change = |session: &mut dyn Session| -> DbResult<bool> {
        let tables = &history.tables;
        match history::read_backfill(session, tables, version, true)? {
            Some(record) if record.state == BackfillState::Paused => {
                let record = BackfillRecord { state: BackfillState::Running, ..record };
                history::write_backfill(session, tables, version, &record).map(|()| true)
            }
            _ => Ok(false),
        }
    };
    if !history.has_own_tables {
        return Ok(false);
    }
    write_transaction(session, change).map_err(Error::database("resume the backfill"))
}

/// Gives a backfill up: whoever runs it stops after its window. What was changed stays.
///
/// # Errors
///
/// As [`pause`].
pub fn cancel(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
) -> Result<(), Error> {
    set_state(session, migrations, version, BackfillState::Cancelled)
}

fn set_state(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
    state: BackfillState,
) -> Result<(), Error> {
    let (set, history) = read(session, migrations)?;
    let name = applied(set, &history, version)?.dir_name.to_string();
    let can = |now: BackfillState| match state {
        BackfillState::Paused => now == BackfillState::Running,
        _ => matches!(now, BackfillState::Running | BackfillState::Paused),
    };
    let change = |session: &mut dyn Session| -> DbResult<Option<&'static str>> {
        let tables = &history.tables;
        match history::read_backfill(session, tables, version, true)? {
            Some(record) if can(record.state) => {
                let record = BackfillRecord { state, ..record };
                history::write_backfill(session, tables, version, &record).map(|()| None)
            }
            Some(record) => Ok(Some(record.state.as_str())),
            None => Ok(Some("pending")),
        }
    };
    let refused = match history.has_own_tables {
        true => write_transaction(session, change)
            .map_err(Error::database("write the state of the backfill"))?,
        false => Some("pending"),
    };
    match refused {
        None => Ok(()),
        Some(state) => Err(BackfillError::NotRunning { name, state }.into()),
    }
}

/// Looks whether the query of the header still finds rows, and records the answer. `None` where the header
/// has no such query: then nobody can tell, and what counts is that it came to its end.
///
/// What was recorded as applied without being run has its evidence from here, when nothing is found.
///
/// # Errors
///
/// There is no such backfill, or the database reports something.
pub fn verify(
    session: &mut dyn Session,
    migrations: &dyn Migrations,
    version: &Version,
) -> Result<Option<bool>, Error> {
    let (set, history) = read(session, migrations)?;
    let migration = applied(set, &history, version)?;
    let backfill = parsed(migration, session.dialect())?;
    if backfill.until.is_none() {
        return Ok(None);
    }
    history::ensure_tables(session, &history, None)
        .map_err(Error::database("create the history tables"))?;
    let left = look(session, &history.tables, migration, &backfill)?;
    if !left {
        vouch(session, &history.tables, migration)
            .map_err(Error::database("record that nothing is left"))?;
    }
    Ok(Some(!left))
}

/// Whether the query still finds rows; the answer becomes part of the record of one that is done.
pub(super) fn look(
    session: &mut dyn Session,
    tables: &Tables,
    migration: &Migration,
    backfill: &Backfill<'_>,
) -> Result<bool, Error> {
    let left = match &backfill.until {
        None => false,
        Some(until) => finds_rows(session, until).map_err(|error| {
            let name = migration.dir_name.to_string();
            Error::from(BackfillError::Query { name, which: "until", error })
        })?,
    };
    let version = &migration.version;
    let write = |session: &mut dyn Session| -> DbResult<()> {
        match history::read_backfill(session, tables, version, true)? {
            Some(record) if record.state == BackfillState::Done && record.verified == left => {
                let record = BackfillRecord { verified: !left, ..record };
                history::write_backfill(session, tables, version, &record)
            }
            _ => Ok(()),
        }
    };
    write_transaction(session, write).map_err(Error::database("record what the backfill left"))?;
    Ok(left)
}

/// Nothing is left to do, whoever did it.
fn vouch(session: &mut dyn Session, tables: &Tables, migration: &Migration) -> DbResult<()> {
    let Some(digest) = migration.digests.backfill.clone() else { return Ok(()) };
    let version = &migration.version;
    let started = now(session)?;
    write_transaction(session, |session| {
        if history::read_backfill(session, tables, version, true)?.is_some() {
            return Ok(());
        }
        let record = BackfillRecord {
            state: BackfillState::Done,
            digest,
            cursor: None,
            seen: 0,
            rows: 0,
            batches: 0,
            size: 0,
            total: None,
            started,
            verified: true,
        };
        history::write_backfill(session, tables, version, &record)
    })
}
