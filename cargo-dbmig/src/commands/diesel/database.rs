//! `database setup|reset|drop`: a database as a whole.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::json;

use super::{DropArgs, ResetArgs, SetupArgs, migration, schema};
use crate::commands::revert::refuse_protected;
use crate::config::Kind;
use crate::context::Context;
use crate::database::{Access, Location};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::consent::{self, Question};
use crate::operations::running;

pub(super) fn setup(context: &mut Context<'_>, args: &SetupArgs) -> CliResult<Exit> {
    schema::refuse_locked(context, args.schema)?;
    set_up(context, "database setup")
}

pub(super) fn reset(context: &mut Context<'_>, args: &ResetArgs) -> CliResult<Exit> {
    schema::refuse_locked(context, args.schema)?;
    refuse_protected(context, "database reset")?;
    // What can not be set up again is not dropped.
    running::foresee(context)?;
    remove(context, args.consent.confirm.as_deref(), "database reset")?;
    set_up(context, "database reset")
}

pub(super) fn drop(context: &mut Context<'_>, args: &DropArgs) -> CliResult<Exit> {
    refuse_protected(context, "database drop")?;
    let dropped = remove(context, args.consent.confirm.as_deref(), "database drop")?;
    context.output.json(&json!({ "dbmig": 1, "command": "database drop", "dropped": dropped }));
    Ok(Exit::Done)
}

/// Creates the database if it is not there, and applies what is pending.
pub(super) fn set_up(context: &mut Context<'_>, command: &str) -> CliResult<Exit> {
    create(context)?;
    let again = match command {
        // A second reset would drop what the first one did.
        "database reset" => "cargo dbmig migration run".to_owned(),
        command => format!("cargo dbmig {command}"),
    };
    let report = migration::apply_pending(context, &again)?;
    migration::conclude(context, command, &report)
}

fn create(context: &mut Context<'_>) -> CliResult<()> {
    let location = context.location()?;
    // Asked for by name: a protected environment is no reason not to.
    let missing = match location.is_on_server() {
        true => !location.exists()?,
        false => location.prepare(Access::Write, false, &context.cwd)?,
    };
    if missing {
        // What can not be applied must not leave an empty database behind.
        running::foresee(context)?;
        context.output.progress(format!("Creating database: {}", location.shown()));
        if location.is_on_server() {
            location.create()?;
        }
    }
    // Diesel's table is there after a setup, even with no migration to record.
    location.open(Access::Write)?.execute(diesel::migration::CREATE_MIGRATIONS_TABLE).map_err(
        |error| {
            CliError::database(format!("could not write to database `{}`", location.shown()))
                .cause(error.to_string())
        },
    )
}

/// Removes the database, if it is there, and says which files that were.
fn remove(
    context: &mut Context<'_>,
    confirm: Option<&str>,
    command: &str,
) -> CliResult<Vec<String>> {
    let location = context.location()?;
    if location.is_on_server() {
        return remove_from_server(context, &location, confirm, command);
    }
    let files = location.files();
    if files.is_empty() {
        return Ok(vec![]);
    }
    // A variable that names the wrong file must not cost that file.
    if location.path().is_some_and(|path| !is_database(path)) {
        return Err(CliError::database(format!("`{}` is not a SQLite database", location.shown()))
            .note("nothing was removed")
            .help("check `DATABASE_URL`, or remove it by hand"));
    }
    consent(context, &location, confirm, command)?;
    context.output.progress(format!("Dropping database: {}", location.shown()));
    for file in &files {
        std::fs::remove_file(file)
            .map_err(|error| CliError::io("remove", Path::new(&context.show(file)), &error))?;
    }
    Ok(files.iter().map(|file| context.show(file)).collect())
}

fn remove_from_server(
    context: &mut Context<'_>,
    location: &Location,
    confirm: Option<&str>,
    command: &str,
) -> CliResult<Vec<String>> {
    location.refuse_foreign()?;
    if !location.exists()? {
        return Ok(vec![]);
    }
    consent(context, location, confirm, command)?;
    context.output.progress(format!("Dropping database: {}", location.shown()));
    location.drop_database()?;
    Ok(location.name().into_iter().collect())
}

/// A file that SQLite wrote, an empty one, or none.
fn is_database(path: &Path) -> bool {
    const MAGIC: &[u8] = b"SQLite format 3\0";
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => match file.take(MAGIC.len() as u64).read_to_end(&mut start) {
            Ok(_) => start.is_empty() || start == MAGIC,
            Err(_) => false,
        },
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Where nobody said that the environment is for development or tests, its database is named twice.
fn consent(
    context: &mut Context<'_>,
    location: &Location,
    confirm: Option<&str>,
    command: &str,
) -> CliResult<()> {
    let needless = match context.environment()?.kind {
        Kind::Development | Kind::Test => true,
        // A plain Diesel project: it does what Diesel does.
        Kind::Unclassified => !context.project.config.from_file,
        Kind::Production => false,
    };
    let question = Question {
        what: format!("`{command}` removes `{}` and all that is in it", location.shown()),
        needed: !needless,
        command: format!("cargo dbmig {command}"),
        refused: "nothing was removed",
    };
    consent::ask(context, location, confirm, &question)
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
    }
}
