//! `migrate`: apply what is pending.

use clap::Args;
use dbmig_runtime::backfill::{End, Outcome};
use dbmig_runtime::{OnFail, Report, Scope};
use serde_json::json;

use super::SchemaArgs;
use super::extent::ApplyExtent;
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::{databases, running};
use crate::render::{self, Wording};

/// Apply pending migrations
///
/// Applies, in the order of versions, every migration that the database does not have. Each one runs in
/// a transaction of its own together with its history, unless its `metadata.toml` says otherwise. With
/// nothing pending nothing is written. Once everything is applied, repeatables (`R__<name>.sql`) run whose
/// text has changed.
#[derive(Debug, Default, Args)]
pub struct MigrateArgs {
    /// How far.
    #[command(flatten)]
    extent: ApplyExtent,
    /// Run this repeatable whatever the database knows of it; can be repeated
    #[arg(long, value_name = "R__NAME.sql")]
    repeat: Vec<String>,
    /// One transaction for each migration, or one for all of them
    #[arg(long, value_enum, default_value_t, value_name = "SCOPE")]
    tx: TxScope,
    /// Create the database first, if it is not there
    #[arg(long)]
    create_db: bool,
    /// Show the plan and run nothing
    #[arg(long, conflicts_with_all = ["seed", "status", "create_db"])]
    dry_run: bool,
    /// With `--dry-run`: print the plan as a script for the database's own client, with the history writes
    #[arg(long, requires = "dry_run", conflicts_with = "tx")]
    sql: bool,
    /// Run seeds afterwards, as `seed run` does
    #[arg(long)]
    seed: bool,
    /// Show the state of every migration afterwards
    #[arg(long)]
    status: bool,
    /// `schema.rs`.
    #[command(flatten)]
    schema: SchemaArgs,
}

impl MigrateArgs {
    /// Everything that is pending, and the seeds where they are asked for.
    pub(crate) fn everything(seed: bool, schema: SchemaArgs) -> Self {
        Self { seed, schema, ..Self::default() }
    }
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
    if args.sql {
        return super::plan::script(context, &args.extent, &args.repeat);
    }
    if args.dry_run {
        return super::plan::show(context, &args.extent, &args.repeat);
    }
    let schema = args.schema.files(context)?;
    if args.create_db {
        databases::create(context, true)?;
    }
    let mut sides = running::sides(context, Purpose::Apply, Access::Write)?;
    sides.options.scope = match args.tx {
        TxScope::Each => Scope::Each,
        TxScope::All => Scope::All,
    };
    let target = args.extent.target(&sides)?;
    sides.repeat(&args.repeat)?;
    let plan = sides.plan_apply(&target).map_err(|error| failure::of_plan(&error))?;
    render::notes(context.output, &plan.notes, &sides.set, &sides.history);
    let again = "cargo dbmig migrate";
    let report = schema.execute(context, &mut sides, &plan, Wording::Native, again)?;
    conclude(context, &report)?;
    schema.refresh(context, &mut *sides.session, &report, Wording::Native)?;
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

pub(crate) fn conclude(context: &mut Context<'_>, report: &Report) -> CliResult<()> {
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
    let count_of = |on_fail| report.unmet.iter().filter(|unmet| unmet.on_fail == on_fail).count();
    let marked = match count_of(OnFail::MarkApplied) {
        0 => String::new(),
        count => format!(", {count} recorded as applied without being run"),
    };
    let skipped = match count_of(OnFail::Skip) {
        0 => String::new(),
        count => format!(", {count} skipped"),
    };
    let by_others = format!("{marked}{skipped}{by_others}");
    let what = render::what(report.applied(), report.repeated.len());
    context.output.line(match what {
        None if by_others.is_empty() => format!("{database}: nothing to apply"),
        None => format!("{database}: 0 migrations applied{by_others}"),
        Some(what) => format!("{database}: {what} applied{by_others}"),
    });
    if !skipped.is_empty() {
        context.output.help("what was skipped stays pending: `cargo dbmig migrate` asks again");
    }
    let unmet: Vec<_> = report.unmet.iter().map(render::unmet_json).collect();
    let done: Vec<_> = report.done.iter().map(render::done_json).collect();
    let repeated: Vec<_> = report.repeated.iter().map(render::repeated_json).collect();
    let notes: Vec<_> = report.notes.iter().map(render::note_json).collect();
    let others: Vec<_> = report.by_others.iter().map(|version| version.as_str()).collect();
    for outcome in &report.backfills {
        let Outcome { version, name, end, .. } = outcome;
        match end {
            End::Deferred => {
                context.output.help(format!(
                    "change the rows of `{name}`: `cargo dbmig backfill run {version}`"
                ));
            }
            End::Done { left: true } => super::backfill::left(context, version, name),
            _ => {}
        }
    }
    let backfills: Vec<_> = report.backfills.iter().map(render::backfill_json).collect();
    context.output.json(&json!({
        "dbmig": 1, "command": "migrate", "backfills": backfills, "applied": done, "repeated": repeated,
        "by_others": others, "unmet": unmet,
        "adopted": report.adopted, "notes": notes,
    }));
    Ok(())
}
