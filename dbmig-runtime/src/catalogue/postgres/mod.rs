//! The catalogue of PostgreSQL: read from `pg_catalog`, and written as SQL.
//!
//! One choice goes through all of it: names are seen from the schema `public`. What is in `public` is
//! named without its schema, in the model as in every expression and definition that the server writes,
//! and everything else with it. `to_sql` says so to the server before it makes anything.

mod arrange;
mod cells;
mod change;
mod chosen;
mod columns;
mod constraints;
mod expression;
mod indexes;
mod mentions;
mod operators;
mod others;
mod parents;
mod policies;
mod ranges;
mod reader;
mod relations;
mod routines;
mod sequences;
mod tables;
mod triggers;
mod types;
mod write;

use std::collections::HashSet;

use super::{Catalogue, Scope};
use crate::session::{DbResult, Session};

pub(super) use change::changes;
pub(super) use expression::steady;
pub(super) use write::to_sql;

/// Which server it is.
pub(super) fn server(session: &mut dyn Session) -> DbResult<String> {
    Ok(label(reader::major(session)?))
}

fn label(major: u32) -> String {
    format!("postgres-{major}")
}

/// Reads it, with one query for each kind of object.
pub(super) fn read(session: &mut dyn Session, scope: &Scope) -> DbResult<Catalogue> {
    reader::reading(session, scope, |reader| {
        let server = label(reader.version());
        let mut catalogue = Catalogue::empty(dbmig_build::Dialect::Postgres, server);
        types::read(reader, &mut catalogue)?;
        let identities = sequences::read(reader, &mut catalogue)?;
        let of_domains = tables::read(reader, &mut catalogue, identities)?;
        types::domains(reader, &mut catalogue, of_domains)?;
        ranges::read(reader, &mut catalogue)?;
        routines::read(reader, &mut catalogue)?;
        operators::read(reader, &mut catalogue)?;
        triggers::read(reader, &mut catalogue)?;
        policies::read(reader, &mut catalogue)?;
        others::read(reader, &mut catalogue)?;
        forget_strangers(&mut catalogue);
        Ok(catalogue)
    })
}

/// What stands on a table that is not looked at, or is an extension's, goes with it.
fn forget_strangers(catalogue: &mut Catalogue) {
    let tables = catalogue.tables.iter().map(|table| &table.name);
    let views = catalogue.views.iter().map(|view| &view.name);
    let known: HashSet<_> = tables.chain(views).cloned().collect();
    catalogue.triggers.retain(|trigger| known.contains(&trigger.table));
    catalogue.others.retain(|other| other.table.as_ref().is_none_or(|of| known.contains(of)));
}
