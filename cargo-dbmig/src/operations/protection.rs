//! What protects a database: its environment, or the stamp that it carries itself.

use dbmig_runtime::session::{DbError, DbErrorKind};
use dbmig_runtime::{Session, history};

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::failure;

/// What protects a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protection {
    /// Its environment does.
    pub environment: bool,
    /// What its stamp says.
    pub stamp: Option<String>,
    /// Why the stamp can not be read: then nobody knows, and it is taken for protected.
    pub unknown: Option<String>,
}

impl Protection {
    /// Whether anything does.
    pub fn holds(&self) -> bool {
        self.environment || self.stamp.is_some() || self.unknown.is_some()
    }

    /// What the database itself has to do with it, as a sentence.
    pub fn note(&self) -> Option<String> {
        match (&self.stamp, &self.unknown) {
            (Some(stamp), _) => Some(format!("the database is protected: it is stamped `{stamp}`")),
            (None, Some(reason)) => Some(format!(
                "whether the database is stamped as protected can not be read: {reason}"
            )),
            (None, None) => None,
        }
    }
}

/// Looks at both.
///
/// # Errors
///
/// The database can not be asked. One that does not let its stamp be read is protected.
pub fn of(context: &Context<'_>, session: &mut dyn Session) -> CliResult<Protection> {
    let environment = context.environment()?.protected;
    let (stamp, unknown) = match history::find_stamp(session) {
        Ok(stamp) => (stamp, None),
        Err(error) if error.kind == DbErrorKind::Other => (None, Some(error.to_string())),
        Err(error) => return Err(not_seen(error)),
    };
    Ok(Protection { environment, stamp, unknown })
}

/// What the stamp of a database says.
///
/// # Errors
///
/// It can not be read.
pub fn stamp(session: &mut dyn Session) -> CliResult<Option<String>> {
    history::find_stamp(session).map_err(not_seen)
}

fn not_seen(error: DbError) -> CliError {
    failure::of_database("see whether the database is protected", error)
}

/// Refuses what removes a whole database where its environment is protected: known before anybody
/// connects.
///
/// # Errors
///
/// It is.
pub fn refuse_environment(context: &Context<'_>, verb: &str) -> CliResult<()> {
    let environment = context.environment()?;
    if environment.protected {
        return Err(CliError::usage(format!(
            "environment `{}` is protected: `{verb}` is refused",
            environment.name
        ))
        .help("set `protected = false` in its section of dbmig.toml if you mean it"));
    }
    Ok(())
}

/// Refuses what removes a whole database where it is stamped, whatever its environment says.
///
/// # Errors
///
/// It is, or nobody knows.
pub fn refuse_stamped(session: &mut dyn Session, shown: &str, verb: &str) -> CliResult<()> {
    let unknown = |error: CliError| error.note("nothing was removed");
    match stamp(session).map_err(unknown)? {
        None => Ok(()),
        Some(stamp) => {
            Err(CliError::usage(format!("database `{shown}` is protected: `{verb}` is refused"))
                .note(format!("it is stamped `{stamp}`, whatever dbmig.toml says"))
                .note("nothing was removed")
                .help("take the protection off if you mean it: `cargo dbmig db protect --off`"))
        }
    }
}
