//! `dev`: everything that a developer's database needs after an edit.

use clap::Args;
use dbmig_build::{Findings, Group, Severity};
use dbmig_runtime::plan::Target;
use serde_json::json;

use crate::commands::{generate, migrate, seed};
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
/// Checks the migrations, applies what is pending, makes a migration of what `schema.rs` tells and the
/// migrations do not make, and applies it, writes `schema.rs`, and runs the seeds that were not run yet. Stops
/// at the first step that fails, and where something would be lost; never drops, reverts, or resets anything by
/// itself: an applied draft that was edited is for `redo`. Refused where the environment or the database is
/// protected.
#[derive(Debug, Args)]
pub struct DevArgs {
    /// The name of the migration that is made of a difference
    #[arg(long, value_name = "NAME", conflicts_with_all = ["no_diff", "no_schema"])]
    name: Option<String>,
    /// Make no migration of what `schema.rs` tells
    #[arg(long)]
    no_diff: bool,
    /// Leave `schema.rs` as it is, and make no migration of it
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
    let mut edited = match sides.has_database() {
        true => schema.edited(context, &mut *sides.session)?,
        false => schema.there(),
    };
    let applied = apply(context, &mut sides, "migrate")?;
    if !sides.has_database() {
        context.output.note("there is no migration to create the database for");
        return Ok(Exit::Done);
    }
    let left = schema.write_unless(context, &mut *sides.session, &edited)?;
    // What was applied just now may be what `schema.rs` does not tell: nobody knows which of the two is newer.
    if !left.is_empty() && applied == 0 && !args.no_diff {
        drop(sides);
        if difference(context, args.name.as_deref())? == Next::Stop {
            return Ok(Exit::Findings);
        }
        sides = running::sides(context, Purpose::Apply, Access::Write)?;
        apply(context, &mut sides, "migrate_difference")?;
        edited = Edited::default();
    }
    let exit = follow_up(context, &schema, &edited, &mut sides)?;
    drop(sides);
    if !args.no_seed && seed::number(context)? > 0 {
        context.output.answer_below(Some("seed"));
        seed::run_pending(context)?;
        context.output.answer_below(None);
    }
    Ok(exit)
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Apply,
    /// Somebody is to read it first.
    Stop,
}

/// Makes a migration of what `schema.rs` tells and the migrations do not make.
fn difference(context: &mut Context<'_>, name: Option<&str>) -> CliResult<Next> {
    context.output.answer_below(Some("generate"));
    let made = generate::difference(context, name);
    context.output.answer_below(None);
    let losses =
        made.map_err(|error| error.help(format!("then go on: `{AGAIN}`")))?.unwrap_or_default();
    if losses.is_empty() {
        return Ok(Next::Apply);
    }
    context.output.note("what it takes away is gone for good, so it was not applied");
    context.output.help(format!("read it, then `{AGAIN}`, or remove its directory"));
    Ok(Next::Stop)
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

/// Applies what is pending; how many migrations that were.
fn apply(context: &mut Context<'_>, sides: &mut Sides, part: &'static str) -> CliResult<usize> {
    let plan = sides.plan_apply(&Target::All).map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    let report = running::execute(context, sides, &plan, Wording::Native, AGAIN)?;
    context.output.answer_below(Some(part));
    migrate::conclude(context, &report)?;
    context.output.answer_below(None);
    Ok(report.applied())
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
    context.output.help("make a migration of what it tells: `cargo dbmig generate --diff`");
    context.output.help("write what the database holds: `cargo dbmig schema rs`");
    context.output.json(&json!({ "schema_rs_edited": left }));
    Ok(Exit::Findings)
}
