//! `db setup`: a database that is ready to be used.

use clap::Args;
use serde_json::json;

use super::AsDiesel;
use crate::commands::SchemaArgs;
use crate::commands::migrate::{self, MigrateArgs};
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::databases;

/// Create the database if it is not there, and apply what is pending
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// Run seeds afterwards, as `seed run` does
    #[arg(long)]
    seed: bool,
    #[command(flatten)]
    diesel: AsDiesel,
}

pub(super) fn run(context: &mut Context<'_>, args: &SetupArgs) -> CliResult<Exit> {
    set_up(context, args.seed, args.diesel.schema(), "db setup")
}

/// Creates what is missing, stamps what is new and production, migrates, and seeds.
pub(super) fn set_up(
    context: &mut Context<'_>,
    seed: bool,
    schema: SchemaArgs,
    command: &str,
) -> CliResult<Exit> {
    let created = databases::create(context, true)?;
    let stamp = databases::stamp_new(context, created)?;
    // An object with the error, should there be one, says as much.
    let head = json!({ "dbmig": 1, "created": created, "stamp": stamp });
    context.output.json(&head);
    let exit = migrate::run(context, &MigrateArgs::everything(seed, schema))?;
    context.output.answer_below(None);
    context.output.json(&json!({ "command": command }));
    Ok(exit)
}
