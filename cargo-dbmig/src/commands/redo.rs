//! `redo`: revert and apply again.

use clap::Args;
use dbmig_runtime::{OnFail, plan};

use super::extent::Extent;
use super::revert::{existing_only, report_json, show};
use super::{AcceptArgs, ConsentArgs, SchemaArgs};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::consent::{self, Typed};
use crate::operations::running;
use crate::render::{self, Wording};

/// Revert and apply again
///
/// Reverts the last migration, or as many as told, and applies the same ones as their files are now. A
/// draft whose `up.sql` was edited is reverted with the down that it was applied with.
#[derive(Debug, Args)]
pub struct RedoArgs {
    /// How far.
    #[command(flatten)]
    extent: Extent,
    /// Show the plan and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Consent.
    #[command(flatten)]
    consent: ConsentArgs,
    /// What may be lost.
    #[command(flatten)]
    accept: AcceptArgs,
    /// `schema.rs`.
    #[command(flatten)]
    schema: SchemaArgs,
}

pub(crate) fn run(context: &mut Context<'_>, args: &RedoArgs) -> CliResult<Exit> {
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let schema = args.schema.files(context)?;
    existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Apply, access)?;
    let target = args.extent.target(&sides)?;
    let plan = plan::plan_redo(&sides.set, &sides.history, sides.session.dialect(), &target)
        .map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    if args.dry_run {
        show(context, &mut sides, &plan, &args.accept.accepted(), "redo")?;
        return Ok(Exit::Done);
    }
    let command = format!("cargo dbmig redo{}", args.extent.typed());
    let typed = Typed { confirm: args.consent.confirm(), accepted: &args.accept.accepted() };
    consent::ask_to_revert(context, &mut sides, &plan, typed, &command)?;
    // What was reverted before a failure is pending then.
    let again = "cargo dbmig migrate";
    let report = schema.execute(context, &mut sides, &plan, Wording::Native, again)?;
    let database = context.database_name()?;
    // What a precondition kept from being applied again is reverted all the same.
    let not_run = report.unmet.iter().filter(|unmet| unmet.on_fail != OnFail::Warn).count();
    let kept = match not_run {
        0 => String::new(),
        count => format!(", {count} reverted and not run again"),
    };
    context.output.line(match (report.applied(), not_run) {
        (0, 0) => format!("{database}: nothing to redo"),
        (some, _) => format!("{database}: {} redone{kept}", render::count(some, "migration")),
    });
    context.output.json(&report_json("redo", &report));
    schema.refresh(context, &mut *sides.session, &report, Wording::Native)?;
    Ok(Exit::Done)
}
