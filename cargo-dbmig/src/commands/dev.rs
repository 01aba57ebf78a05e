//! `dev`: everything that a developer's database needs after an edit.

use clap::Args;
use dbmig_build::{Findings, Group, Severity};
use dbmig_runtime::plan::Target;
use serde_json::json;

use crate::commands::{migrate, seed};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::running::{self, Sides};
use crate::operations::schema_files::{Edited, Follow, SchemaFiles};
use crate::operations::{databases, protection};
use crate::render::{self, Wording};

/// Bring the development database up to date
///
/// Checks the migrations, applies what is pending, writes `schema.rs`, and runs the seeds that were not run
/// yet. Stops at the first step that fails, and never drops, reverts, or resets anything: an applied draft
/// that was edited is for `redo`, a `schema.rs` that was edited is left as it is. Refused where the
/// environment or the database is protected.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// Leave `schema.rs` as it is
    #[arg(long)]
    no_schema: bool,
    /// Run no seeds
    #[arg(long)]
    no_seed: bool,
}

const AGAIN: &str = "cargo dbmig dev";

pub(crate) fn run(context: &mut Context<'_>, args: &DevArgs) -> CliResult<Exit> {
    refuse_protected(context)?;
    context.output.json(&json!({ "dbmig": 1, "command": "dev" }));
    if !check(context)? {
        return Ok(Exit::Findings);
    }
    let follow = if args.no_schema { Follow::Leave } else { Follow::Write };
    let schema = SchemaFiles::of(context, follow)?;
    if context.location()?.is_on_server() {
        databases::create(context, true)?;
    }
    let mut sides = running::sides(context, Purpose::Apply, Access::Write)?;
    refuse_stamped(context, &mut sides)?;
    // What was edited before anything is applied is the developer's, and not what the last run wrote.
    let edited = schema.edited(context, &mut *sides.session)?;
    apply(context, &mut sides)?;
    if !sides.has_database() {
        context.output.note("there is no migration to create the database for");
        return Ok(Exit::Done);
    }
    // A difference that is meant becomes a migration here, before `schema.rs` is written.
    let exit = follow_up(context, &schema, &edited, &mut sides)?;
    drop(sides);
    if !args.no_seed && seed::number(context)? > 0 {
        context.output.answer_below(Some("seed"));
        seed::run_pending(context)?;
        context.output.answer_below(None);
    }
    Ok(exit)
}

/// Shows what keeps the set from being built or applied. Drafts, and what a lock or a proof would settle,
/// are a day's work; a lock that does not fit is told by the run.
fn check(context: &mut Context<'_>) -> CliResult<bool> {
    let checked = context.check()?;
    let count = checked.set.as_ref().map_or(0, |set| set.iter().count());
    let mut stopping = Findings::default();
    for finding in checked.findings {
        if finding.severity == Severity::Error && finding.code.group() != Group::Lock {
            stopping.push(finding);
        }
    }
    render::findings(context.output, &stopping);
    if stopping.is_empty() {
        context.output.progress(format!(" checked  {}", render::count(count, "migration")));
        return Ok(true);
    }
    context.output.note("nothing was run");
    context.output.help(format!("mend it, then `{AGAIN}`"));
    Ok(false)
}

fn refuse_protected(context: &Context<'_>) -> CliResult<()> {
    let environment = context.environment()?;
    if !environment.protected {
        return Ok(());
    }
    let name = &environment.name;
    Err(CliError::usage(format!("`dev` is for development, and environment `{name}` is protected"))
        .note("nothing was run")
        .help("apply what is pending: `cargo dbmig migrate`"))
}

/// Whatever its environment says: the database knows better.
fn refuse_stamped(context: &Context<'_>, sides: &mut Sides) -> CliResult<()> {
    let protected = protection::of(context, &mut *sides.session)?;
    let Some(note) = protected.note() else { return Ok(()) };
    let name = context.database_name()?;
    Err(CliError::usage(format!("`dev` is for development, and not for `{name}`"))
        .note(note)
        .note("nothing was run")
        .help("apply what is pending: `cargo dbmig migrate`"))
}

fn apply(context: &mut Context<'_>, sides: &mut Sides) -> CliResult<()> {
    let plan = sides.plan_apply(&Target::All).map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    let report = running::execute(context, sides, &plan, Wording::Native, AGAIN)?;
    context.output.answer_below(Some("migrate"));
    migrate::conclude(context, &report)?;
    context.output.answer_below(None);
    Ok(())
}

/// Writes `schema.rs` where nobody has edited it.
fn follow_up(
    context: &mut Context<'_>,
    schema: &SchemaFiles,
    edited: &Edited,
    sides: &mut Sides,
) -> CliResult<Exit> {
    let left = schema.write_unless(context, &mut *sides.session, edited)?;
    for path in &left {
        context.output.warning(format!(
            "`{path}` says something else than the database, and did so before: it was left as it is"
        ));
    }
    if left.is_empty() {
        return Ok(Exit::Done);
    }
    context.output.help("see what differs: `cargo dbmig schema rs --check`");
    context.output.help("write what the database holds: `cargo dbmig schema rs`");
    context.output.json(&json!({ "schema_rs_edited": left }));
    Ok(Exit::Findings)
}
