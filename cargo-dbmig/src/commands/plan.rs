//! `plan`: what `migrate` would do.

use clap::Args;
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::running;
use crate::render;

/// Show what `migrate` would do
///
/// Reads the database and writes nothing. The plan is the one that `migrate` follows.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Stop after this migration
    #[arg(long, value_name = "MIGRATION", conflicts_with = "step")]
    to: Option<String>,
    /// Apply at most N migrations
    #[arg(long, value_name = "N")]
    step: Option<usize>,
    /// End with 1 when there is something to apply
    #[arg(long)]
    exit_code: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &PlanArgs) -> CliResult<Exit> {
    let (exit, steps) = shown(context, args.to.as_deref(), args.step)?;
    Ok(if args.exit_code && steps > 0 { Exit::Findings } else { exit })
}

/// Shows the plan of an apply.
pub(crate) fn show(
    context: &mut Context<'_>,
    to: Option<&str>,
    step: Option<usize>,
) -> CliResult<Exit> {
    shown(context, to, step).map(|(exit, _)| exit)
}

fn shown(
    context: &mut Context<'_>,
    to: Option<&str>,
    step: Option<usize>,
) -> CliResult<(Exit, usize)> {
    let sides = running::sides(context, Purpose::Apply, Access::Read)?;
    let target = sides.apply_target(to, step)?;
    let protected = context.environment()?.protected;
    let plan = sides.plan_apply(&target, protected).map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    for line in render::plan_lines(&plan, &sides.set, &sides.history, sides.session.dialect()) {
        context.output.line(line);
    }
    let database = context.database_name()?;
    context.output.line(match plan.steps.len() {
        0 => format!("{database}: nothing to apply"),
        some => format!("{database}: {} would be applied", render::count(some, "migration")),
    });
    let mut value = render::plan_json(&plan, &sides.set, &sides.history);
    value["dbmig"] = json!(1);
    value["command"] = json!("plan");
    context.output.json(&value);
    Ok((Exit::Done, plan.steps.len()))
}
