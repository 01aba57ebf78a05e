//! `repair`: bring the records of a database in line with the files.

use clap::Args;
use dbmig_runtime::history::{self, State, StatusRow};
use dbmig_runtime::plan::{self, Decision};
use serde_json::json;

use super::ConsentArgs;
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::{deciding, running};
use crate::render;
use crate::shell;

/// Bring the records of a database in line with the files
///
/// Without flags: shows what differs, and the command for each. Runs nothing of a migration, and every
/// repair is recorded with its reason; the records that it replaces stay.
#[derive(Debug, Args)]
pub struct RepairArgs {
    /// The file of this applied migration is right as it is: record its digest; can be repeated
    #[arg(long, value_name = "MIGRATION", requires = "reason")]
    accept: Vec<String>,
    /// This migration is not applied any more, and its directory is gone: forget it; can be repeated
    #[arg(long, value_name = "MIGRATION", requires = "reason")]
    forget: Vec<String>,
    /// Why; recorded, and shown by `log`
    #[arg(long, value_name = "TEXT", value_parser = super::reason)]
    reason: Option<String>,
    /// Consent.
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(crate) fn run(context: &mut Context<'_>, args: &RepairArgs) -> CliResult<Exit> {
    super::revert::existing_only(context)?;
    if args.accept.is_empty() && args.forget.is_empty() {
        return show(context);
    }
    let reason = args.reason.as_deref().unwrap_or_default();
    let purpose = if args.accept.is_empty() { Purpose::Other } else { Purpose::Foresee };
    let mut sides = running::sides(context, purpose, Access::Write)?;
    let mut decisions = Vec::new();
    for text in &args.accept {
        decisions.push(Decision::Accept(sides.find(text)?));
    }
    for text in &args.forget {
        decisions.push(Decision::NotApplied(sides.find(text)?));
    }
    let dialect = sides.session.dialect();
    for decision in &decisions {
        plan::check_decision(&sides.set, &sides.history, dialect, decision)
            .map_err(|error| failure::of_plan(&error))?;
        if let Decision::NotApplied(version) = decision {
            // What has a directory is reverted by it, or decided about by name.
            if let Some(migration) = sides.set.get(version) {
                return Err(failure::not_missing(&migration.dir_name, version));
            }
        }
    }
    let command = command(args, reason);
    let what = format!("changing the records of {}", render::count(decisions.len(), "migration"));
    deciding::ask(context, &mut sides, what, args.consent.confirm(), command.clone())?;
    deciding::record(context, &mut sides, &decisions, reason, &command)?;
    for decision in &decisions {
        let name = render::name_of(&sides.set, &sides.history, decision.version());
        context.output.line(match decision {
            Decision::Accept(_) => format!("accepted  {name}  (its digest is recorded)"),
            _ => format!("  forgot  {name}"),
        });
    }
    let versions = |wanted: fn(&Decision) -> bool| -> Vec<_> {
        decisions.iter().filter(|d| wanted(d)).map(|d| d.version().as_str()).collect()
    };
    context.output.json(&json!({
        "dbmig": 1, "command": "repair", "reason": reason,
        "accepted": versions(|d| matches!(d, Decision::Accept(_))),
        "forgotten": versions(|d| matches!(d, Decision::NotApplied(_))),
    }));
    Ok(Exit::Done)
}

fn command(args: &RepairArgs, reason: &str) -> String {
    let flags = |flag: &str, list: &[String]| -> String {
        list.iter().map(|text| format!(" {flag} {}", shell::quoted(text))).collect()
    };
    format!(
        "cargo dbmig repair{}{} --reason {}",
        flags("--accept", &args.accept),
        flags("--forget", &args.forget),
        shell::quoted(reason)
    )
}

/// What differs, with the command that mends it.
fn show(context: &mut Context<'_>) -> CliResult<Exit> {
    let sides = running::sides(context, Purpose::Other, Access::Read)?;
    let rows = history::status(&sides.set, &sides.history, sides.session.dialect());
    let differs = |row: &&StatusRow| {
        row.reformatted || matches!(row.state, State::Modified | State::Missing | State::HalfDone)
    };
    let rows: Vec<_> = rows.iter().filter(differs).collect();
    for row in &rows {
        let state = if row.reformatted { "reformatted" } else { row.state.as_str() };
        context.output.line(format!("{state:<11}  {}", row.name));
        let version = &row.version;
        let help = match row.state {
            State::Missing => format!("cargo dbmig repair --forget {version} --reason \"…\""),
            State::HalfDone => format!("cargo dbmig resolve {version} --help"),
            _ => format!("cargo dbmig repair --accept {version} --reason \"…\""),
        };
        context.output.help(format!("`{help}`"));
    }
    let database = context.database_name()?;
    if rows.is_empty() {
        context.output.line(format!("{database}: nothing to repair"));
    }
    let list: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "version": row.version.as_str(), "name": row.name, "state": row.state.as_str(),
                "reformatted": row.reformatted,
            })
        })
        .collect();
    context.output.json(&json!({ "dbmig": 1, "command": "repair", "differs": list }));
    Ok(Exit::Done)
}
