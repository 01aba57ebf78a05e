//! Which server it is: what a verdict about a way back names.

use dbmig_build::Dialect;

use crate::session::{DbResult, Session};

/// The server of a session and its major version, by one query at most: `postgres-15`, `mariadb-10`,
/// `sqlite-3`, as [`super::Catalogue::server`] has it.
///
/// # Errors
///
/// What the database reports.
pub fn server(session: &mut dyn Session) -> DbResult<String> {
    match session.dialect() {
        Dialect::Sqlite => Ok(super::sqlite::SERVER.to_owned()),
        Dialect::Postgres => super::postgres::server(session),
        Dialect::Mysql => super::mysql::server(session),
    }
}
