//! `seed run`.

use std::ffi::OsString;
use std::time::Instant;

use clap::Args;
use dbmig_build::Seed;
use dbmig_runtime::runner::{self, SeedState};
use dbmig_runtime::seed::DataPlan;
use serde_json::{Value, json};

use super::{SelectArgs, refuse_pending};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::{running, seed_program, seeding};
use crate::render::{self, Live};

const AGAIN: &str = "cargo dbmig seed run";

/// Run the seeds that were not run yet
///
/// A file runs in one transaction, once for its content: unchanged ones are left alone; changed ones, those
/// that ran before a revert, and data files whose rows are not there any more run again. Every cell of the
/// data files is checked before anything is written. So write SQL seeds to be repeatable, with
/// `INSERT OR IGNORE` or `ON CONFLICT`. The program of `[seeds] command` runs after them, each time, in
/// environments of kind development and test; not with `--set` or `--only`.
#[derive(Debug, Default, Args)]
pub struct SeedRunArgs {
    #[command(flatten)]
    select: SelectArgs,
    /// Run all of them, also unchanged ones
    #[arg(long)]
    again: bool,
    /// Show what would run and what it would change, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Arguments for the program of `[seeds] command`, behind `--`
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

pub(super) fn run(context: &mut Context<'_>, args: &SeedRunArgs) -> CliResult<Exit> {
    let mut seeds = seeding::load(context, args.select.selection())?;
    let program = match args.select.is_all() {
        true => seed_program::find(context, &args.arguments)?,
        false if args.arguments.is_empty() => None,
        false => {
            return Err(CliError::usage("arguments behind `--` are for the program of `[seeds]`")
                .note("with `--set` or `--only` it does not run"));
        }
    };
    if args.dry_run {
        return plan(context, &seeds, args.again, program.as_deref());
    }
    crate::commands::revert::existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Write)?;
    refuse_pending(&sides)?;
    let mut states = runner::seed_states(&mut *sides.session, &seeds)
        .map_err(|error| failure::of_database("read which seeds were run", error))?;
    let all = states.len();
    if !args.again {
        // Whether the rows of a large file are there takes a while: nobody asks again.
        states.retain(|(_, state)| *state != SeedState::Done);
        seeding::retain(&mut seeds, |name| states.iter().any(|(todo, _)| todo == name));
    }
    let skipped = all - states.len();
    let changed = |(_, state): &(String, SeedState)| {
        args.again || matches!(state, SeedState::Changed | SeedState::Differs)
    };
    if states.iter().any(changed) {
        let plans = runner::plan_seeds(&mut *sides.session, &seeds, args.again, &sides.options);
        let plans = plans.map_err(|error| seeding::failed(context, error, AGAIN))?;
        for (name, plan) in plans {
            if let Some(plan) = plan {
                context
                    .output
                    .progress(format!("    plan  {name}: {}", seeding::plan_words(&plan)));
            }
        }
    }
    let mut live = Live::new(context.output, states.len());
    let result =
        runner::run_seeds(&mut *sides.session, &seeds, args.again, &sides.options, &mut live);
    drop(live);
    let mut report = result.map_err(|error| seeding::failed(context, error, AGAIN))?;
    report.unchanged += skipped;
    // Nothing of ours is in the way of the program.
    drop(sides);
    if let Some(program) = &program {
        context.output.flush();
        let started = Instant::now();
        seed_program::run(context, program, &args.arguments)?;
        let (shown, elapsed) = (seed_program::shown(program), render::duration(started.elapsed()));
        context.output.progress(format!("  seeded  `{shown}`  ({elapsed})"));
    }
    let database = context.database_name()?;
    context.output.line(format!(
        "{database}: {} run, {} unchanged",
        render::count(report.run.len(), "seed"),
        report.unchanged
    ));
    let done: Vec<_> = report
        .run
        .iter()
        .map(|seeded| {
            json!({
                "name": seeded.name,
                "statements": seeded.statements,
                "seconds": seeded.elapsed.as_secs_f64(),
                "rows": seeded.rows.as_ref().map(rows_json),
            })
        })
        .collect();
    context.output.json(&json!({
        "dbmig": 1,
        "command": "seed run",
        "run": done,
        "unchanged": report.unchanged,
        "program": program,
    }));
    Ok(Exit::Done)
}

fn rows_json(plan: &DataPlan) -> Value {
    json!({
        "insert": plan.insert,
        "update": plan.update,
        "delete": plan.delete,
        "same": plan.same,
        "no_undo": plan.no_undo,
    })
}

/// What would run, and what it would change.
fn plan(
    context: &mut Context<'_>,
    seeds: &[Seed],
    again: bool,
    program: Option<&[String]>,
) -> CliResult<Exit> {
    crate::commands::revert::existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Read)?;
    refuse_pending(&sides)?;
    let plans = runner::plan_seeds(&mut *sides.session, seeds, again, &sides.options)
        .map_err(|error| seeding::failed(context, error, AGAIN))?;
    for (name, plan) in &plans {
        let words = plan.as_ref().map_or("its statements run".to_owned(), seeding::plan_words);
        context.output.line(format!("would run  {name}: {words}"));
    }
    if let Some(program) = program {
        context.output.line(format!("would run  `{}`", seed_program::shown(program)));
    }
    let database = context.database_name()?;
    let total = seeds.iter().filter(|seed| !seeding::is_side(seed)).count();
    context.output.line(format!(
        "{database}: {} of {} to run; nothing was written",
        plans.len(),
        render::count(total, "seed")
    ));
    let rows: Vec<_> = plans
        .iter()
        .map(|(name, plan)| json!({ "name": name, "rows": plan.as_ref().map(rows_json) }))
        .collect();
    context.output.json(&json!({
        "dbmig": 1,
        "command": "seed run",
        "dry_run": true,
        "would_run": rows,
        "program": program,
    }));
    Ok(Exit::Done)
}
