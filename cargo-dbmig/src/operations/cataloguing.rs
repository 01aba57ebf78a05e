//! Reading what a database holds, as far as configuration and command line say.

use dbmig_runtime::catalogue::{Catalogue, Scope};

use crate::context::Context;
use crate::database::Access;
use crate::error::CliResult;
use crate::failure;

/// Reads the catalogue of the database in hand.
///
/// # Errors
///
/// There is none, or it can not be read.
pub fn read(context: &mut Context<'_>, scope: Scope) -> CliResult<Catalogue> {
    let scope = configured(context, scope)?;
    let mut session = context.connect(Access::Read)?;
    Catalogue::read(&mut *session, &scope)
        .map_err(|error| failure::of_database("read the schema", error))
}

/// A scope without what belongs to somebody else.
///
/// # Errors
///
/// It is not settled which database is meant.
pub fn configured(context: &Context<'_>, mut scope: Scope) -> CliResult<Scope> {
    let (_, database) = context.project.config.database(context.global.database.as_deref())?;
    scope.exclude.extend(database.external.iter().cloned());
    Ok(scope)
}
