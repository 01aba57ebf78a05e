//! Before a migration that requires a backfill: it is done, and its query finds nothing now.

use dbmig_build::{Migration, MigrationSet};

use super::decide::look;
use super::find::parsed;
use crate::error::Error;
use crate::history::{self, BackfillRecord, Tables};
use crate::plan::{Lacking, PlanError};
use crate::session::Session;

/// Refuses a migration whose backfill is not done. What the plan knew is looked up again.
pub(crate) fn gate(
    session: &mut dyn Session,
    set: &MigrationSet,
    tables: &Tables,
    migration: &Migration,
) -> Result<(), Error> {
    let Some(required) = &migration.settings.requires else { return Ok(()) };
    let refused = |lacking| Error::from(PlanError::requires(set, migration, required, lacking));
    let record = history::read_backfill(session, tables, required, false)
        .map_err(Error::database("read the state of the backfill"))?;
    if let Some(lacking) = lacking(record.as_ref()) {
        // A precondition can have kept it from being applied.
        let applied = history::is_recorded(session, tables, required)
            .map_err(Error::database("read the state of the backfill"))?;
        return Err(refused(if applied { lacking } else { Lacking::NotApplied }));
    }
    let Some(of) = set.get(required).filter(|of| of.backfill.is_some()) else { return Ok(()) };
    let backfill = parsed(of, session.dialect())?;
    match look(session, tables, of, &backfill)? {
        true => Err(refused(Lacking::RowsLeft)),
        false => Ok(()),
    }
}

/// What a record lacks.
pub(crate) fn lacking(record: Option<&BackfillRecord>) -> Option<Lacking> {
    match record {
        None => Some(Lacking::NotDone("pending")),
        Some(record) if record.is_verified() => None,
        Some(record) if record.state == history::BackfillState::Done => Some(Lacking::RowsLeft),
        Some(record) => Some(Lacking::NotDone(record.state.as_str())),
    }
}
