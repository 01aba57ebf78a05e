//! `resolve`: decide whether a migration is in the database.

use std::collections::BTreeSet;

use clap::{ArgGroup, Args};
use dbmig_build::Version;
use dbmig_runtime::history;
use dbmig_runtime::plan::{self, Decision};
use dbmig_runtime::session::{DbResult, Session};
use serde_json::json;

use super::ConsentArgs;
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::running::Sides;
use crate::operations::verifying::{self, Seen};
use crate::operations::{deciding, running};
use crate::shell;

/// Decide whether a migration is in the database
///
/// A migration that runs outside a transaction and was killed leaves one statement of which nobody
/// knows. Look into the database, then say which of the two it is. Of any other migration it records,
/// with `--reason`, what was done by hand. The decision is recorded; nothing is run.
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
    /// Only where the database is what is recorded then, with this decision, makes on a scratch database: ends
    /// with 5 and the difference otherwise
    #[arg(long)]
    verify: bool,
    /// Why; recorded, and shown by `log`. Needed where the migration did not stop half way
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: Option<String>,
    /// Consent.
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(crate) fn run(context: &mut Context<'_>, args: &ResolveArgs) -> CliResult<Exit> {
    super::revert::existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Write)?;
    let version = sides.find(&args.migration)?;
    let name = crate::render::name_of(&sides.set, &sides.history, &version).to_owned();
    let half_done = sides.history.half_done().any(|(half, _)| *half == version);
    let seen =
        if args.verify { Some(verified(context, &mut sides, args, &version)?) } else { None };
    let mut holds = |session: &mut dyn Session| {
        seen.as_ref().map_or(Ok(true), |seen| seen.still_holds(session))
    };
    match half_done {
        true => {
            let held = holds(&mut *sides.session)
                .map_err(|error| failure::of_database("read the schema", error))?;
            if !held {
                return Err(changed(context, args, &version)?);
            }
            let reason = args.reason.as_deref();
            history::resolve(&mut *sides.session, &version, args.applied, reason)
                .map_err(|error| failure::of_database("record the decision", error))?;
        }
        false => by_hand(context, &mut sides, args, (&version, &name), &mut holds)?,
    }
    let state = if args.applied { "applied" } else { "not applied" };
    context.output.line(format!("{name}: recorded as {state}"));
    context.output.json(&json!({
        "dbmig": 1, "command": "resolve", "version": version.as_str(), "applied": args.applied,
        "half_done": half_done, "reason": args.reason,
    }));
    Ok(Exit::Done)
}

/// Compares the database with what it would be recorded to hold.
fn verified(
    context: &mut Context<'_>,
    sides: &mut Sides,
    args: &ResolveArgs,
    version: &Version,
) -> CliResult<Seen> {
    let mut recorded: BTreeSet<_> = sides.history.applied.keys().cloned().collect();
    match args.applied {
        true => recorded.insert(version.clone()),
        false => recorded.remove(version),
    };
    let wanted = |version: &Version| recorded.contains(version);
    verifying::verified(context, sides, &wanted, "nothing was recorded")
}

fn changed(context: &Context<'_>, args: &ResolveArgs, version: &Version) -> CliResult<CliError> {
    let flag = if args.applied { "--applied" } else { "--not-applied" };
    let again = format!("cargo dbmig resolve {version} {flag} --verify");
    Ok(verifying::changed_meanwhile(&context.database_name()?, &again))
}

/// What did not stop half way: somebody did by hand what the migration, or its down, would do.
fn by_hand(
    context: &mut Context<'_>,
    sides: &mut Sides,
    args: &ResolveArgs,
    (version, name): (&Version, &str),
    holds: &mut dyn FnMut(&mut dyn Session) -> DbResult<bool>,
) -> CliResult<()> {
    if args.applied {
        // What may not be applied here is not recorded as applied either.
        context.load_set(Purpose::Foresee)?;
    }
    let (flag, what, decision) = match args.applied {
        true => ("--applied", "applied", Decision::Applied(version.clone())),
        false => ("--not-applied", "not applied", Decision::NotApplied(version.clone())),
    };
    let dialect = sides.session.dialect();
    plan::check_decision(&sides.set, &sides.history, dialect, &decision)
        .map_err(|error| failure::of_plan(&error))?;
    let Some(reason) = args.reason.as_deref() else {
        let verb = if args.applied { "migrate --only" } else { "revert --only" };
        let run = if args.applied { "apply" } else { "revert" };
        return Err(CliError::usage(format!("migration `{name}` did not stop half way"))
            .note("nothing was recorded")
            .help(format!("{run} it: `cargo dbmig {verb} {version}`"))
            .help(format!(
                "it was done by hand: `cargo dbmig resolve {version} {flag} --reason \"…\"`"
            )));
    };
    let what = format!("recording `{name}` as {what}");
    let verify = if args.verify { " --verify" } else { "" };
    let command =
        format!("cargo dbmig resolve {version} {flag}{verify} --reason {}", shell::quoted(reason));
    deciding::ask(context, sides, what, args.consent.confirm(), command.clone())?;
    match deciding::record_if(context, sides, &[decision], reason, &command, holds)? {
        true => Ok(()),
        false => Err(changed(context, args, version)?),
    }
}
