//! `revert`: undo what was applied, the most recent first.

use clap::Args;
use dbmig_runtime::Report;
use dbmig_runtime::plan::{self, Plan};
use serde_json::json;

use super::extent::Extent;
use super::{AcceptArgs, ConsentArgs, SchemaArgs};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::consent::{self, Typed};
use crate::operations::protection;
use crate::operations::running::{self, Sides};
use crate::operations::ways_back::{self, Accepted};
use crate::render::{self, Wording};

/// Revert the most recently applied migration
///
/// Runs the `down.sql` of applied migrations, the most recently applied first, each in a transaction
/// together with its history. One migration, unless told otherwise.
#[derive(Debug, Args)]
pub struct RevertArgs {
    /// How far.
    #[command(flatten)]
    extent: Extent,
    /// Revert what is applied and has no directory, with the down that was recorded
    #[arg(long, conflicts_with_all = ["to", "through", "step", "only", "batch", "all"])]
    missing: bool,
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

pub(crate) fn run(context: &mut Context<'_>, args: &RevertArgs) -> CliResult<Exit> {
    let access = if args.dry_run { Access::Read } else { Access::Write };
    let schema = args.schema.files(context)?;
    existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, access)?;
    if access == Access::Write {
        running::recover(context, &mut sides, "cargo dbmig revert")?;
    }
    let plan = if args.missing {
        plan::plan_revert_missing(&sides.set, &sides.history, sides.session.dialect())
    } else {
        let target = args.extent.target(&sides)?;
        plan::plan_revert(&sides.set, &sides.history, sides.session.dialect(), &target)
    };
    let explain = if args.missing { failure::of_missing } else { failure::of_plan };
    let plan = plan.map_err(|error| explain(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    if args.dry_run {
        show(context, &mut sides, &plan, &args.accept.accepted(), "revert")?;
        return Ok(Exit::Done);
    }
    let extent = if args.missing { " --missing".to_owned() } else { args.extent.typed() };
    let command = format!("cargo dbmig revert{extent}");
    let typed = Typed { confirm: args.consent.confirm(), accepted: &args.accept.accepted() };
    consent::ask_to_revert(context, &mut sides, &plan, typed, &command)?;
    let report =
        schema.execute(context, &mut sides, &plan, Wording::Native, "cargo dbmig revert")?;
    let database = context.database_name()?;
    context.output.line(match report.reverted() {
        0 => format!("{database}: nothing to revert"),
        some => format!("{database}: {} reverted", render::count(some, "migration")),
    });
    context.output.json(&report_json("revert", &report));
    schema.refresh(context, &mut *sides.session, &report, Wording::Native)?;
    Ok(Exit::Done)
}

/// A revert never creates a database by the way.
pub(crate) fn existing_only(context: &Context<'_>) -> CliResult<()> {
    let location = context.location()?;
    location.prepare(Access::Read, false, &context.cwd).map(drop)
}

/// Shows the plan of a revert or a redo.
pub(crate) fn show(
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    accepted: &Accepted,
    command: &str,
) -> CliResult<()> {
    let ways = ways_back::known(context, sides, plan)?;
    let protected = !ways.is_empty() && protection::of(context, &mut *sides.session)?.holds();
    for line in render::plan_lines(plan, &sides.set, &sides.history, sides.session.dialect()) {
        context.output.line(line);
    }
    let database = context.database_name()?;
    if plan.is_empty() {
        context.output.line(format!("{database}: nothing to {command}"));
    }
    for line in ways_back::in_words(&ways, sides, protected) {
        context.output.note(line);
    }
    let lacking = if protected { accepted.lacking(&ways) } else { Accepted::default() };
    if !lacking.is_empty() {
        context.output.note(format!("it would be refused without `{}`", lacking.typed().trim()));
    }
    let mut value = render::plan_json(plan, &sides.set, &sides.history, sides.session.dialect());
    ways_back::add_json(&mut value, &ways);
    value["dbmig"] = json!(1);
    value["command"] = json!(command);
    value["dry_run"] = json!(true);
    context.output.json(&value);
    Ok(())
}

/// What a run did, as JSON.
pub(crate) fn report_json(command: &str, report: &Report) -> serde_json::Value {
    let done = |direction| -> Vec<_> {
        report
            .done
            .iter()
            .filter(|done| done.direction == direction)
            .map(render::done_json)
            .collect()
    };
    json!({
        "dbmig": 1,
        "command": command,
        "reverted": done(dbmig_runtime::Direction::Down),
        "applied": done(dbmig_runtime::Direction::Up),
        "by_others": report.by_others.iter().map(|version| version.as_str()).collect::<Vec<_>>(),
        "adopted": report.adopted,
        "unmet": report.unmet.iter().map(render::unmet_json).collect::<Vec<_>>(),
        "notes": report.notes.iter().map(render::note_json).collect::<Vec<_>>(),
    })
}
