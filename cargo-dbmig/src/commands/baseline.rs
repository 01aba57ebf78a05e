//! `baseline`: adopt a database that has the schema already.

use std::collections::BTreeSet;

use clap::Args;
use dbmig_build::Version;
use dbmig_runtime::history;
use dbmig_runtime::plan;
use dbmig_runtime::session::Session;
use serde_json::json;

use super::ConsentArgs;
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::{deciding, running, verifying};
use crate::render;
use crate::shell;

/// Adopt a database that has the schema already
///
/// Records migrations as applied without running them, all in one transaction: every one of the set, or
/// those up to and with `--at`. What the database has recorded already stays as it is.
#[derive(Debug, Args)]
pub struct BaselineArgs {
    /// The last migration whose statements are in the database
    #[arg(long, value_name = "MIGRATION")]
    at: Option<String>,
    /// Also where the database has no tables at all
    #[arg(long)]
    force: bool,
    /// Only where the database is what these migrations make on a scratch database: ends with 5 and the
    /// difference otherwise
    #[arg(long)]
    verify: bool,
    /// Show what would be recorded, and record nothing
    #[arg(long)]
    dry_run: bool,
    /// Consent.
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(crate) fn run(context: &mut Context<'_>, args: &BaselineArgs) -> CliResult<Exit> {
    super::revert::existing_only(context)?;
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let mut sides = running::sides(context, Purpose::Foresee, access)?;
    let at = args.at.as_deref().map(|text| sides.find(text)).transpose()?;
    let dialect = sides.session.dialect();
    let decisions = plan::plan_baseline(&sides.set, &sides.history, dialect, at.as_ref())
        .map_err(|error| failure::of_plan(&error))?;
    let has_tables = history::has_other_tables(&mut *sides.session)
        .map_err(|error| failure::of_database("look for tables", error))?;
    let database = context.database_name()?;
    if !has_tables && !args.force && !decisions.is_empty() {
        return Err(CliError::usage(format!(
            "`{database}` has no tables: there is nothing to adopt"
        ))
        .note("nothing was recorded")
        .help("create them: `cargo dbmig migrate`")
        .help("if the migrations create none: `cargo dbmig baseline --force`"));
    }
    let recorded = |version: &Version| {
        sides.history.applied.contains_key(version)
            || decisions.iter().any(|decision| decision.version() == version)
    };
    let recorded: BTreeSet<_> =
        sides.set.iter().map(|m| m.version.clone()).filter(recorded).collect();
    let seen = match args.verify && !decisions.is_empty() {
        true => {
            let wanted = |version: &Version| recorded.contains(version);
            Some(verifying::verified(context, &mut sides, &wanted, "nothing was recorded")?)
        }
        false => None,
    };
    let names: Vec<_> = decisions
        .iter()
        .map(|decision| render::name_of(&sides.set, &sides.history, decision.version()))
        .collect();
    for name in &names {
        context.output.line(format!("   adopt  {name}"));
    }
    let count = render::count(names.len(), "migration");
    let json = json!({
        "dbmig": 1, "command": "baseline", "dry_run": args.dry_run, "adopted": names,
    });
    if args.dry_run || decisions.is_empty() {
        context.output.line(match decisions.len() {
            0 => format!("{database}: nothing to adopt"),
            _ => format!("{database}: {count} would be recorded as applied, and not run"),
        });
        context.output.json(&json);
        return Ok(Exit::Done);
    }
    let at = args.at.as_deref().map(|at| format!(" --at {}", shell::quoted(at)));
    let force = if args.force { " --force" } else { "" };
    let verify = if args.verify { " --verify" } else { "" };
    let command = format!("cargo dbmig baseline{}{force}{verify}", at.unwrap_or_default());
    let what = format!("recording {count} as applied");
    deciding::ask(context, &mut sides, what, args.consent.confirm(), command.clone())?;
    let again = "cargo dbmig baseline";
    let mut holds = |session: &mut dyn Session| {
        seen.as_ref().map_or(Ok(true), |seen| seen.still_holds(session))
    };
    if !deciding::record_if(context, &mut sides, &decisions, "baseline", again, &mut holds)? {
        return Err(verifying::changed_meanwhile(&database, &command));
    }
    context.output.line(format!("{database}: {count} recorded as applied, and not run"));
    context.output.json(&json);
    Ok(Exit::Done)
}
