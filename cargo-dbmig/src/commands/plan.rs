//! `plan`: what `migrate` would do.

use clap::Args;
use dbmig_runtime::plan::Plan;
use serde_json::json;

use super::extent::ApplyExtent;
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::running::{self, Sides};
use crate::operations::scripting;
use crate::render;

/// Show what `migrate` would do
///
/// Reads the database and writes nothing. The plan is the one that `migrate` follows.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// How far.
    #[command(flatten)]
    extent: ApplyExtent,
    /// End with 1 when there is something to apply
    #[arg(long)]
    exit_code: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &PlanArgs) -> CliResult<Exit> {
    let (exit, steps) = shown(context, &args.extent, &[])?;
    Ok(if args.exit_code && steps > 0 { Exit::Findings } else { exit })
}

/// Shows the plan of an apply.
pub(crate) fn show(
    context: &mut Context<'_>,
    extent: &ApplyExtent,
    repeat: &[String],
) -> CliResult<Exit> {
    shown(context, extent, repeat).map(|(exit, _)| exit)
}

/// Prints the plan of an apply as a script.
pub(crate) fn script(
    context: &mut Context<'_>,
    extent: &ApplyExtent,
    repeat: &[String],
) -> CliResult<Exit> {
    context.output.keep_for_text();
    let (sides, plan) = planned(context, extent, repeat)?;
    scripting::give_plan(context, &sides, &plan, "migrate")?;
    Ok(Exit::Done)
}

/// Reads both sides, plans, and says what was noted.
fn planned(
    context: &mut Context<'_>,
    extent: &ApplyExtent,
    repeat: &[String],
) -> CliResult<(Sides, Plan)> {
    let mut sides = running::sides(context, Purpose::Apply, Access::Read)?;
    let target = extent.target(&sides)?;
    sides.repeat(repeat)?;
    let plan = sides.plan_apply(&target).map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    Ok((sides, plan))
}

fn shown(
    context: &mut Context<'_>,
    extent: &ApplyExtent,
    repeat: &[String],
) -> CliResult<(Exit, usize)> {
    let (sides, plan) = planned(context, extent, repeat)?;
    for line in render::plan_lines(&plan, &sides.set, &sides.history, sides.session.dialect()) {
        context.output.line(line);
    }
    let database = context.database_name()?;
    context.output.line(match render::what(plan.steps.len(), plan.repeatables.len()) {
        None => format!("{database}: nothing to apply"),
        Some(what) => format!("{database}: {what} would be applied"),
    });
    let mut value = render::plan_json(&plan, &sides.set, &sides.history, sides.session.dialect());
    value["dbmig"] = json!(1);
    value["command"] = json!("plan");
    context.output.json(&value);
    Ok((Exit::Done, plan.steps.len() + plan.repeatables.len()))
}
