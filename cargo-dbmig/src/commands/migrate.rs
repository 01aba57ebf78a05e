//! `migrate`: apply what is pending.

use clap::Args;
use dbmig_runtime::{Report, Scope};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::running;
use crate::render::{self, Wording};

/// Apply pending migrations
///
/// Applies, in the order of versions, every migration that the database does not have. Each one runs in
/// a transaction of its own together with its history, unless its `metadata.toml` says otherwise. With
/// nothing pending nothing is written.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// Stop after this migration
    #[arg(long, value_name = "MIGRATION", conflicts_with = "step")]
    to: Option<String>,
    /// Apply at most N migrations
    #[arg(long, value_name = "N")]
    step: Option<usize>,
    /// Apply everything; this is the default
    #[arg(long, conflicts_with_all = ["to", "step"])]
    all: bool,
    /// One transaction for each migration, or one for all of them
    #[arg(long, value_enum, default_value_t, value_name = "SCOPE")]
    tx: TxScope,
    /// Show the plan and run nothing
    #[arg(long, conflicts_with_all = ["seed", "status"])]
    dry_run: bool,
    /// Run seeds afterwards, as `seed run` does
    #[arg(long)]
    seed: bool,
    /// Show the state of every migration afterwards
    #[arg(long)]
    status: bool,
}

/// What one transaction holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TxScope {
    /// One migration
    #[default]
    Each,
    /// The whole run: all of it, or nothing
    All,
}

pub(crate) fn run(context: &mut Context<'_>, args: &MigrateArgs) -> CliResult<Exit> {
    if args.dry_run {
        return super::plan::show(context, args.to.as_deref(), args.step);
    }
    let mut sides = running::sides(context, Purpose::Apply, Access::Write)?;
    sides.options.scope = match args.tx {
        TxScope::Each => Scope::Each,
        TxScope::All => Scope::All,
    };
    let target = sides.apply_target(args.to.as_deref(), args.step)?;
    let protected = context.environment()?.protected;
    let plan = sides.plan_apply(&target, protected).map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    if let [first, ..] = sides.set.repeatables() {
        // Silence would look as if it had been run.
        let name = &first.name;
        context
            .output
            .note(format!("`{name}` is locked and embedded; repeatables are not run yet"));
    }
    let again = "cargo dbmig migrate";
    let report = running::execute(context, &mut sides, &plan, Wording::Native, again)?;
    conclude(context, &report)?;
    let has_database = sides.has_database();
    drop(sides);
    if !has_database && (args.seed || args.status) {
        context.output.note("there is no migration to create the database for");
        return Ok(Exit::Done);
    }
    if args.seed {
        context.output.answer_below(Some("seed"));
        super::seed::run_pending(context)?;
    }
    if args.status {
        context.output.answer_below(Some("status"));
        super::status::show(context)?;
    }
    Ok(Exit::Done)
}

fn conclude(context: &mut Context<'_>, report: &Report) -> CliResult<()> {
    let database = context.database_name()?;
    let by_others = match report.by_others.len() {
        0 => String::new(),
        count => format!(", {count} already applied by another runner"),
    };
    if report.adopted > 0 {
        context.output.note(format!(
            "{} that another tool had applied, recorded from now on",
            render::count(report.adopted, "migration")
        ));
    }
    context.output.line(match report.applied() {
        0 if by_others.is_empty() => format!("{database}: nothing to apply"),
        some => format!("{database}: {} applied{by_others}", render::count(some, "migration")),
    });
    let done: Vec<_> = report.done.iter().map(render::done_json).collect();
    let notes: Vec<_> = report.notes.iter().map(render::note_json).collect();
    let others: Vec<_> = report.by_others.iter().map(|version| version.as_str()).collect();
    context.output.json(&json!({
        "dbmig": 1, "command": "migrate", "applied": done, "by_others": others,
        "adopted": report.adopted, "notes": notes,
    }));
    Ok(())
}
