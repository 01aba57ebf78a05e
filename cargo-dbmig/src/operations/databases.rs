//! Databases as a whole: created, stamped, and removed, for our verbs and for Diesel's.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use dbmig_runtime::history;

use super::consent::{self, Question};
use super::{protection, running};
use crate::config::Kind;
use crate::context::Context;
use crate::database::{Access, Location};
use crate::error::{CliError, CliResult};
use crate::failure;

/// A database that may be removed, as far as nobody is asked.
pub struct Removal {
    location: Location,
    files: Vec<PathBuf>,
}

/// Creates the database if it is not there; `true` when it was not.
///
/// # Errors
///
/// What the database, or the way to it, reports. With `to_migrate` also a set that could not be applied:
/// it must not leave an empty database behind.
pub fn create(context: &mut Context<'_>, to_migrate: bool) -> CliResult<bool> {
    let location = context.location()?;
    // Asked for by name: a protected environment is no reason not to.
    let missing = match location.is_on_server() {
        true => !location.exists()?,
        false => location.prepare(Access::Write, false, &context.cwd)?,
    };
    if !missing {
        return Ok(false);
    }
    if to_migrate {
        running::foresee(context)?;
    }
    context.output.progress(format!("Creating database: {}", location.shown()));
    if location.is_on_server() {
        // Somebody else may have been faster.
        return location.create();
    }
    // SQLite creates the file with the first transaction that would write.
    location.open(Access::Write)?.execute("BEGIN IMMEDIATE; COMMIT").map_err(|error| {
        CliError::database(format!("could not create database `{}`", location.shown()))
            .cause(error.to_string())
    })?;
    Ok(true)
}

/// Stamps what is new where the environment is production; returns the stamp. What has a history keeps
/// what was decided about it.
///
/// # Errors
///
/// What the database, or the way to it, reports.
pub fn stamp_new(context: &mut Context<'_>, created: bool) -> CliResult<Option<String>> {
    let Some(stamp) = context.environment()?.stamp_of_new() else { return Ok(None) };
    let location = context.location()?;
    let mut session = location.open(Access::Write)?;
    let failed = |error| failure::of_database("stamp the database", error);
    if !created && history::read_patiently(&mut *session).map_err(failed)?.has_own_tables {
        return Ok(None);
    }
    if history::protect(&mut *session, &stamp).map_err(failed)? {
        context.output.progress(format!("Protecting database: {} is {stamp}", location.shown()));
    }
    Ok(Some(stamp))
}

/// Looks whether the database may be removed; `None` when there is none.
///
/// # Errors
///
/// It is protected, belongs to the server itself, or is no database.
pub fn removal(context: &Context<'_>, verb: &str) -> CliResult<Option<Removal>> {
    protection::refuse_environment(context, verb)?;
    let location = context.location()?;
    let files = location.files();
    if location.is_on_server() {
        location.refuse_foreign()?;
    } else if files.is_empty() {
        return Ok(None);
    } else if location.path().is_some_and(|path| !is_database(path)) {
        // A variable that names the wrong file must not cost that file.
        return Err(CliError::database(format!("`{}` is not a SQLite database", location.shown()))
            .note("nothing was removed")
            .help("check `DATABASE_URL`, or remove it by hand"));
    }
    match location.open_existing(Access::Read)? {
        Some(mut session) => {
            protection::refuse_stamped(&mut *session, location.shown(), verb)?;
        }
        None if location.is_on_server() => return Ok(None),
        // Left over beside a file that is gone.
        None => {}
    }
    Ok(Some(Removal { location, files }))
}

/// Removes a database, where its name was given or need not be; returns what that was.
///
/// # Errors
///
/// No consent, and what the database or the system reports.
pub fn remove(
    context: &mut Context<'_>,
    removal: &Removal,
    confirm: Option<&str>,
    verb: &str,
) -> CliResult<Vec<String>> {
    let Removal { location, files } = removal;
    let question = Question {
        what: format!("`{verb}` removes `{}` and all that is in it", location.shown()),
        needed: is_consent_needed(context)?,
        command: format!("cargo dbmig {verb}"),
        refused: "nothing was removed",
        because: None,
    };
    consent::ask(context, location, confirm, &question)?;
    context.output.progress(format!("Dropping database: {}", location.shown()));
    if location.is_on_server() {
        location.drop_database()?;
        return Ok(location.name().into_iter().collect());
    }
    for file in files {
        std::fs::remove_file(file)
            .map_err(|error| CliError::io("remove", Path::new(&context.show(file)), &error))?;
    }
    Ok(files.iter().map(|file| context.show(file)).collect())
}

/// Where nobody said that the environment is for development or tests, its database is named twice.
fn is_consent_needed(context: &Context<'_>) -> CliResult<bool> {
    Ok(match context.environment()?.kind {
        Kind::Development | Kind::Test => false,
        // A plain Diesel project: it does what Diesel does.
        Kind::Unclassified => context.project.config.from_file,
        Kind::Production => true,
    })
}

/// A file that SQLite wrote, an empty one, or none.
fn is_database(path: &Path) -> bool {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let mut start = Vec::new();
    // A device is empty to whoever reads it, and needed by everybody on the machine.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return false;
    }
    match File::open(path) {
        Ok(file) => match file.take(MAGIC.len() as u64).read_to_end(&mut start) {
            Ok(_) => start.is_empty() || start == MAGIC,
            Err(_) => false,
        },
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_databases_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        for (name, content, expected) in [
            ("a.db", &b"SQLite format 3\0rest"[..], true),
            ("b.db", b"", true),
            ("Cargo.toml", b"[package]\nname = \"x\"\n", false),
            ("short", b"SQLite", false),
        ] {
            let path = dir.path().join(name);
            std::fs::write(&path, content).unwrap();
            assert_eq!(is_database(&path), expected, "{name}");
        }
        assert!(is_database(&dir.path().join("none.db")));
        assert!(!is_database(dir.path()));
        assert!(!cfg!(unix) || !is_database(Path::new("/dev/null")));
    }
}
