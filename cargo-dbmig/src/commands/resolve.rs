//! `resolve`: decide about a migration that stopped half way.

use clap::{ArgGroup, Args};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::running;

/// Decide about a migration that stopped half way
///
/// A migration that runs outside a transaction and was killed leaves one statement of which nobody
/// knows. Look into the database, then say which of the two it is. The decision is recorded.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("decision").args(["applied", "not_applied"]).required(true))]
pub struct ResolveArgs {
    /// The migration: a unique prefix of its version, or its name
    migration: String,
    /// All of it is in the database: record it as applied
    #[arg(long)]
    applied: bool,
    /// None of it is in the database any more: record it as not applied
    #[arg(long)]
    not_applied: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &ResolveArgs) -> CliResult<Exit> {
    super::revert::existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Write)?;
    let version = sides.find(&args.migration)?;
    let name = crate::render::name_of(&sides.set, &sides.history, &version).to_owned();
    if !sides.history.half_done().any(|(half, _)| *half == version) {
        return Err(CliError::usage(format!("migration `{name}` did not stop half way"))
            .help("see the states: `cargo dbmig status`"));
    }
    dbmig_runtime::history::resolve(&mut *sides.session, &version, args.applied).map_err(
        |error| CliError::database("could not record the decision").cause(error.to_string()),
    )?;
    let state = if args.applied { "applied" } else { "not applied" };
    context.output.line(format!("{name}: recorded as {state}"));
    context.output.json(&json!({ "dbmig": 1, "command": "resolve", "version": version.as_str(), "applied": args.applied }));
    Ok(Exit::Done)
}
