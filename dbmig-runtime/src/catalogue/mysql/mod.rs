//! The catalogue of mysql.

use super::{Catalogue, Scope};
use crate::session::{DbError, DbErrorKind, DbResult, Session};

/// Reads it.
pub(super) fn read(_session: &mut dyn Session, _scope: &Scope) -> DbResult<Catalogue> {
    Err(DbError::new(DbErrorKind::Other, "not read yet"))
}

/// The statements that make it.
pub(super) fn to_sql(_catalogue: &Catalogue) -> Vec<String> {
    Vec::new()
}
