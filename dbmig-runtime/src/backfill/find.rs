//! What every command on a backfill looks up first: its migration, its file, the server's clock.

use dbmig_build::backfill::Backfill;
use dbmig_build::{Dialect, Migration, MigrationSet, Version};

use super::error::BackfillError;
use crate::embedded::Migrations;
use crate::error::{Error, ErrorKind};
use crate::history::{self, History};
use crate::session::{DbResult, Session};
use crate::sql::{moment, text};

pub(super) fn read<'m>(
    session: &mut dyn Session,
    migrations: &'m dyn Migrations,
) -> Result<(&'m MigrationSet, History), Error> {
    let set = migrations.set().map_err(|error| Error::new(ErrorKind::Embedded(error)))?;
    let history = history::read_patiently(session).map_err(Error::database("read the history"))?;
    Ok((set, history))
}

/// The migration of a backfill, which is applied.
pub(super) fn applied<'s>(
    set: &'s MigrationSet,
    history: &History,
    version: &Version,
) -> Result<&'s Migration, Error> {
    let found = set.get(version).filter(|migration| migration.backfill.is_some());
    let Some(migration) = found else {
        return Err(BackfillError::Unknown(version.clone()).into());
    };
    match history.applied.contains_key(version) {
        true => Ok(migration),
        false => Err(BackfillError::NotApplied { name: migration.dir_name.to_string() }.into()),
    }
}

/// Reads the file of a backfill.
pub(super) fn parsed(migration: &Migration, dialect: Dialect) -> Result<Backfill<'_>, Error> {
    let text = migration.backfill.as_deref().unwrap_or_default();
    Backfill::parse(text, dialect).map_err(|problems| {
        let name = migration.dir_name.to_string();
        BackfillError::Invalid { name, problems }.into()
    })
}

/// The server's clock.
pub(super) fn now(session: &mut dyn Session) -> DbResult<String> {
    let dialect = session.dialect();
    let rows = session.query(&format!("SELECT {}", text(dialect, &moment(dialect, 0.0))), &[])?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten()).unwrap_or_default())
}
