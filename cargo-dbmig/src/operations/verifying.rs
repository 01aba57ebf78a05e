//! Whether a database is what migrations make, before something is recorded that says so.

use dbmig_build::Version;
use dbmig_runtime::catalogue::{Catalogue, Difference, Fingerprint, Scope};
use dbmig_runtime::session::{DbResult, Session};

use super::running::Sides;
use super::sources;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::render;

/// A database as it was when it was looked at.
pub struct Seen {
    scope: Scope,
    fingerprint: Fingerprint,
}

impl Seen {
    /// Remembers what a database held.
    pub fn new(scope: Scope, catalogue: &Catalogue) -> Self {
        Self { scope, fingerprint: catalogue.fingerprint() }
    }

    /// Whether it still holds that, the order of columns apart.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn still_holds(&self, session: &mut dyn Session) -> DbResult<bool> {
        let now = Catalogue::read(session, &self.scope)?;
        Ok(now.fingerprint().schema == self.fingerprint.schema)
    }
}

/// What differs; the order of columns is no difference.
pub fn differences(expected: &Catalogue, live: &Catalogue) -> Vec<Difference> {
    let mut differences = expected.differences(live);
    differences.retain(|difference| !difference.is_order());
    differences
}

/// Compares the database with what the migrations that `recorded` names make on a scratch database.
///
/// # Errors
///
/// They differ, which is told; or one of the two can not be read.
pub fn verified(
    context: &mut Context<'_>,
    sides: &mut Sides,
    recorded: &dyn Fn(&Version) -> bool,
    refused: &str,
) -> CliResult<Seen> {
    let scope = sources::everything(context)?;
    let live = Catalogue::read(&mut *sides.session, &scope)
        .map_err(|error| failure::of_database("read the schema", error))?;
    let expected = sources::produced(context, &scope, recorded)?;
    let differences = differences(&expected, &live);
    if differences.is_empty() {
        return Ok(Seen::new(scope, &live));
    }
    for line in differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n").lines() {
        context.output.line(line);
    }
    let database = context.database_name()?;
    let count = render::count(differences.len(), "difference");
    Err(CliError::new(Exit::Drift, format!("{database}: {count} from what would be recorded"))
        .note(refused)
        .note("`+` is what only the database has, `-` what only the migrations make"))
}

/// The error of a database that somebody changed while it was looked at.
pub fn changed_meanwhile(database: &str, again: &str) -> CliError {
    CliError::new(Exit::Drift, format!("{database} was changed while it was looked at"))
        .note("nothing was recorded")
        .help(format!("look again: `{again}`"))
}
