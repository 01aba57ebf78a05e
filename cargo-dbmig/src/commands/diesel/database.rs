//! `database setup|reset|drop`: a database as a whole.

use serde_json::json;

use super::{DropArgs, ResetArgs, SchemaArgs, SetupArgs, migration};
use crate::context::Context;
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::{databases, protection, running};

pub(super) fn setup(context: &mut Context<'_>, args: &SetupArgs) -> CliResult<Exit> {
    set_up(context, args.schema, "database setup")
}

pub(super) fn reset(context: &mut Context<'_>, args: &ResetArgs) -> CliResult<Exit> {
    args.schema.refuse_reset(context)?;
    protection::refuse_environment(context, "database reset")?;
    // What can not be set up again is not dropped.
    running::foresee(context)?;
    remove(context, args.consent.confirm.as_deref(), "database reset")?;
    set_up(context, args.schema, "database reset")
}

pub(super) fn drop(context: &mut Context<'_>, args: &DropArgs) -> CliResult<Exit> {
    let dropped = remove(context, args.consent.confirm.as_deref(), "database drop")?;
    context.output.json(&json!({ "dbmig": 1, "command": "database drop", "dropped": dropped }));
    Ok(Exit::Done)
}

/// Creates the database if it is not there, and applies what is pending.
pub(super) fn set_up(
    context: &mut Context<'_>,
    schema: SchemaArgs,
    command: &str,
) -> CliResult<Exit> {
    let schema = schema.files(context)?;
    databases::create(context, true)?;
    // Diesel's table is there after a setup, even with no migration to record.
    let location = context.location()?;
    location.open(Access::Write)?.execute(diesel::migration::CREATE_MIGRATIONS_TABLE).map_err(
        |error| {
            CliError::database(format!("could not write to database `{}`", location.shown()))
                .cause(error.to_string())
        },
    )?;
    let again = match command {
        // A second reset would drop what the first one did.
        "database reset" => "cargo dbmig migration run".to_owned(),
        command => format!("cargo dbmig {command}"),
    };
    let (mut sides, report) = migration::apply_pending(context, &schema, &again)?;
    migration::conclude(context, command, &report, &schema, &mut sides)
}

/// Removes the database, if it is there, and says which files that were.
fn remove(context: &mut Context<'_>, confirm: Option<&str>, verb: &str) -> CliResult<Vec<String>> {
    match databases::removal(context, verb)? {
        Some(removal) => databases::remove(context, &removal, confirm, verb),
        None => Ok(vec![]),
    }
}
