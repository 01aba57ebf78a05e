//! The catalogue of SQLite: what pragmas tell, and from the stored text of each object what none tells.

mod change;
mod columns;
mod declared;
mod keys;
mod names;
mod normal;
mod programs;
mod queries;
mod tables;
mod text;
mod types;
mod write;

use super::{Catalogue, Schemas, Scope};
use crate::session::{DbError, DbErrorKind, DbResult, Session};

pub(super) use change::changes;
pub(super) use names::bare;
pub(super) use write::to_sql;

/// Which server it is: every file of this format.
pub(super) const SERVER: &str = "sqlite-3";

/// Reads it, from one state of the database.
pub(super) fn read(session: &mut dyn Session, scope: &Scope) -> DbResult<Catalogue> {
    const SAVEPOINT: &str = "dbmig_catalogue";
    if let Schemas::Named(names) = &scope.schemas {
        if let Some(name) = names.iter().find(|name| !name.eq_ignore_ascii_case("main")) {
            let message = format!("SQLite has no schema `{name}` here; name `main`, or none");
            return Err(DbError::new(DbErrorKind::Other, message));
        }
    }
    session.execute(&format!("SAVEPOINT {SAVEPOINT}"))?;
    let stored = queries::Stored::read(session);
    let ended = session.execute(&format!("RELEASE {SAVEPOINT}"));
    // The first error is the one to tell.
    let stored = stored.and_then(|stored| ended.map(|()| stored))?;

    let mut catalogue = Catalogue::empty(dbmig_build::Dialect::Sqlite, SERVER);
    catalogue.tables = tables::tables(&stored)?;
    catalogue.views = programs::views(&stored)?;
    catalogue.triggers = programs::triggers(&stored);
    catalogue.tables.retain(|table| scope.holds(&table.name));
    catalogue.views.retain(|view| scope.holds(&view.name));
    catalogue.triggers.retain(|trigger| scope.holds(&trigger.table));
    Ok(catalogue)
}

/// What is said of a stored text that breaks SQLite's own grammar.
fn unreadable(kind: &str, name: &str) -> DbError {
    let message = format!(
        "the stored definition of {kind} `{name}` can not be read; look at its row in `sqlite_schema`"
    );
    DbError::new(DbErrorKind::Other, message)
}

#[cfg(test)]
mod tests;
