//! The catalogue of MySQL and MariaDB, read from `information_schema`.
//!
//! One query a kind of object, and one more for each object whose text stands there with its escapes undone:
//! routines, triggers and events; on MySQL also views (their algorithm). Tables need one of their own only
//! where they have partitions, full-text indexes, periods, or binary defaults.
//!
//! What is the same to the server is the same here: `RESTRICT` is `NO ACTION`, definers are left out, the
//! name of the database is taken out of what the server writes, a collation is told where it is not that of
//! the database or the table. An index that InnoDB makes for a foreign key is an index like any other, for
//! it stays when the key is dropped; its name counts as the server's choice while the key is there. Modes of
//! SQL belong to a program where its text reads otherwise without them.

mod change;
mod columns;
mod constraints;
mod keys;
mod modes;
mod names;
mod programs;
mod sequences;
mod shown;
mod source;
mod sql;
mod tables;
mod text;
mod views;

use super::{Catalogue, Schema, Schemas, Scope};
use crate::session::{DbResult, Session};
pub(super) use change::changes;
use source::Source;
pub(super) use sql::to_sql;

/// Which server it is.
pub(super) fn server(session: &mut dyn Session) -> DbResult<String> {
    source::server(session).map(source::Server::label)
}

/// Reads it.
pub(super) fn read(session: &mut dyn Session, scope: &Scope) -> DbResult<Catalogue> {
    let server = source::server(session)?;
    let mut catalogue = Catalogue::empty(session.dialect(), server.label());
    match &scope.schemas {
        Schemas::Default | Schemas::All => {
            let mut source = Source::current(session, server)?;
            read_database(&mut source, scope, &mut catalogue)?;
        }
        Schemas::Named(names) => {
            for name in names {
                let Some(mut source) = Source::named(session, server, name)? else { continue };
                let comment = source.comment.clone();
                catalogue.schemas.push(Schema { name: source.database.clone(), comment });
                read_database(&mut source, scope, &mut catalogue)?;
            }
        }
    }
    Ok(catalogue)
}

/// Adds what one database holds.
fn read_database(
    source: &mut Source<'_>,
    scope: &Scope,
    catalogue: &mut Catalogue,
) -> DbResult<()> {
    let mut all = tables::list(source, scope)?;
    let mut columns = columns::read(source, &all)?;
    sequences::read(source, &mut all, catalogue)?;
    views::read(source, &mut columns, scope, catalogue)?;
    tables::read(source, all, columns, catalogue)?;
    programs::read(source, scope, catalogue)
}
