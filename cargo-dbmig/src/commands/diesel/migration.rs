//! `migration run|revert|redo|list|pending`: our verbs in Diesel's words.

use dbmig_runtime::history::{self, State};
use dbmig_runtime::plan::{self, Note, Plan, Target};
use dbmig_runtime::{PlanError, Report};
use serde_json::json;

use super::{CountArgs, SchemaArgs};
use crate::commands::revert::{existing_only, report_json};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::consent::{self, Typed};
use crate::operations::running::{self, Sides};
use crate::operations::schema_files::SchemaFiles;
use crate::render::{self, Wording};

pub(super) fn run(context: &mut Context<'_>, args: SchemaArgs) -> CliResult<Exit> {
    let schema = args.files(context)?;
    let (mut sides, report) = apply_pending(context, &schema, "cargo dbmig migration run")?;
    conclude(context, "migration run", &report, &schema, &mut sides)
}

/// Applies what is pending by the rules of `migrate`.
pub(super) fn apply_pending(
    context: &mut Context<'_>,
    schema: &SchemaFiles,
    again: &str,
) -> CliResult<(Sides, Report)> {
    let mut sides = running::sides(context, Purpose::Apply, Access::Write)?;
    let plan = sides.plan_apply(&Target::All).map_err(|error| failure::of_plan(&error))?;
    let report = execute(context, schema, &mut sides, &plan, again)?;
    if report.adopted > 0 {
        context.output.note(format!(
            "{} that another tool had applied, recorded from now on",
            render::count(report.adopted, "migration")
        ));
    }
    Ok((sides, report))
}

pub(super) fn revert(context: &mut Context<'_>, args: &CountArgs) -> CliResult<Exit> {
    let schema = args.schema.files(context)?;
    existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Write)?;
    running::recover(context, &mut sides, "cargo dbmig migration revert")?;
    let dialect = sides.session.dialect();
    let plan = plan::plan_revert(&sides.set, &sides.history, dialect, &target(args))
        .map_err(|error| refusal(&error))?;
    consent(context, &mut sides, &plan, args, "migration revert")?;
    let report = execute(context, &schema, &mut sides, &plan, "cargo dbmig migration revert")?;
    conclude(context, "migration revert", &report, &schema, &mut sides)
}

pub(super) fn redo(context: &mut Context<'_>, args: &CountArgs) -> CliResult<Exit> {
    let schema = args.schema.files(context)?;
    existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Apply, Access::Write)?;
    let dialect = sides.session.dialect();
    let plan = plan::plan_redo(&sides.set, &sides.history, dialect, &target(args))
        .map_err(|error| refusal(&error))?;
    consent(context, &mut sides, &plan, args, "migration redo")?;
    // What was reverted before a failure is pending then.
    let report = execute(context, &schema, &mut sides, &plan, "cargo dbmig migration run")?;
    conclude(context, "migration redo", &report, &schema, &mut sides)
}

fn consent(
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    args: &CountArgs,
    verb: &str,
) -> CliResult<()> {
    let extent = match (args.all, args.number) {
        (true, _) => " --all".to_owned(),
        (_, 1) => String::new(),
        (_, number) => format!(" --number {number}"),
    };
    let command = format!("cargo dbmig {verb}{extent}");
    let typed = Typed { confirm: args.consent.confirm(), accepted: &args.accept.accepted() };
    consent::ask_to_revert(context, sides, plan, typed, &command)
}

/// Scripts look for Diesel's sentence about a migration without a way back.
fn refusal(error: &PlanError) -> CliError {
    let shown = failure::of_plan(error);
    match error {
        PlanError::NoDown { .. } => shown.cause("Missing `down.sql` file to revert migration"),
        _ => shown,
    }
}

fn target(args: &CountArgs) -> Target {
    if args.all { Target::All } else { Target::Steps(args.number) }
}

fn execute(
    context: &mut Context<'_>,
    schema: &SchemaFiles,
    sides: &mut Sides,
    plan: &Plan,
    again: &str,
) -> CliResult<Report> {
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    schema.execute(context, sides, plan, Wording::Diesel, again)
}

/// What follows a run. Diesel says nothing when it is done.
pub(super) fn conclude(
    context: &mut Context<'_>,
    command: &str,
    report: &Report,
    schema: &SchemaFiles,
    sides: &mut Sides,
) -> CliResult<Exit> {
    context.output.json(&report_json(command, report));
    schema.refresh(context, &mut *sides.session, report, Wording::Diesel)?;
    Ok(Exit::Done)
}

pub(super) fn list(context: &mut Context<'_>) -> CliResult<Exit> {
    let sides = running::sides(context, Purpose::Other, Access::Read)?;
    let applied = |version| sides.history.applied.contains_key(version);
    context.output.line("Migrations:");
    let mut rows = Vec::new();
    for migration in &sides.set {
        let applied = applied(&migration.version);
        let mark = if applied { 'X' } else { ' ' };
        context.output.line(format!("  [{mark}] {}", migration.dir_name));
        rows.push(json!({
            "version": migration.version.as_str(), "name": migration.dir_name, "applied": applied,
        }));
    }
    note_missing(context, &sides);
    context.output.json(&json!({ "dbmig": 1, "command": "migration list", "migrations": rows }));
    Ok(Exit::Done)
}

/// What is applied and has no directory is no line of Diesel's list; it is said beside it.
fn note_missing(context: &mut Context<'_>, sides: &Sides) {
    let rows = history::status(&sides.set, &sides.history, sides.session.dialect());
    let missing: Vec<_> = rows
        .into_iter()
        .filter(|row| row.state == State::Missing)
        .map(|row| Note::Missing(row.version))
        .collect();
    render::notes(context.output, &missing, &sides.set, &sides.history);
}

pub(super) fn pending(context: &mut Context<'_>) -> CliResult<Exit> {
    let sides = running::sides(context, Purpose::Other, Access::Read)?;
    let pending = sides.set.iter().any(|m| !sides.history.applied.contains_key(&m.version));
    context.output.line(pending.to_string());
    context.output.json(&json!({ "dbmig": 1, "command": "migration pending", "pending": pending }));
    Ok(Exit::Done)
}
