//! `seed run`: data for development, tests, and production.

use clap::{Args, Subcommand};
use dbmig_build::{SEED_SETS, Seed, load_seeds};
use dbmig_runtime::runner::{self, SeedState};
use serde_json::json;

use crate::config::Kind;
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::operations::running;
use crate::render::{self, Live};

/// Work with seeds
///
/// Seeds are SQL files under `seeds/`: `reference` for every environment, `dev` and `test` for
/// environments of that kind.
#[derive(Debug, Subcommand)]
pub enum SeedCommand {
    /// Run the seeds that were not run yet
    Run(SeedRunArgs),
    /// Show which seeds were run
    Status,
}

/// Run the seeds that were not run yet
///
/// A file runs in one transaction, once for its content: unchanged ones are left alone, changed ones and
/// those that ran before a revert run again. So write them to be repeatable, with `INSERT OR IGNORE` or
/// `ON CONFLICT`.
#[derive(Debug, Default, Args)]
pub struct SeedRunArgs {
    /// Run this set only (can be repeated)
    #[arg(long, value_name = "SET")]
    set: Vec<String>,
    /// Run all of them, also unchanged ones
    #[arg(long)]
    again: bool,
    /// Show what would run, and run nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(context: &mut Context<'_>, command: &SeedCommand) -> CliResult<Exit> {
    match command {
        SeedCommand::Run(args) => run_seeds(context, args),
        SeedCommand::Status => show(context, &load(context, &[])?),
    }
}

/// Runs what was not run yet: `migrate --seed`.
pub(crate) fn run_pending(context: &mut Context<'_>) -> CliResult<Exit> {
    run_seeds(context, &SeedRunArgs::default())
}

fn run_seeds(context: &mut Context<'_>, args: &SeedRunArgs) -> CliResult<Exit> {
    let seeds = load(context, &args.set)?;
    if args.dry_run {
        return show(context, &seeds);
    }
    super::revert::existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Write)?;
    refuse_pending(&sides)?;
    let dir = context.seeds_dir()?;
    let mut live = Live::new(context.output, seeds.len());
    let result =
        runner::run_seeds(&mut *sides.session, &seeds, args.again, &sides.options, &mut live);
    drop(live);
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig seed run" };
    let report = result.map_err(|error| failure::of_run(error, files))?;
    let database = context.database_name()?;
    context.output.line(format!(
        "{database}: {} run, {} unchanged",
        render::count(report.run.len(), "seed"),
        report.unchanged
    ));
    let done: Vec<_> = report
        .run
        .iter()
        .map(|seeded| json!({ "name": seeded.name, "statements": seeded.statements, "seconds": seeded.elapsed.as_secs_f64() }))
        .collect();
    context.output.json(
        &json!({ "dbmig": 1, "command": "seed run", "run": done, "unchanged": report.unchanged }),
    );
    Ok(Exit::Done)
}

/// Seeds are written for the newest schema.
fn refuse_pending(sides: &running::Sides) -> CliResult<()> {
    let pending =
        sides.set.iter().filter(|m| !sides.history.applied.contains_key(&m.version)).count();
    if pending == 0 {
        return Ok(());
    }
    Err(CliError::new(
        Exit::History,
        format!(
            "{} pending, and seeds are written for the newest schema",
            match pending {
                1 => "1 migration is".to_owned(),
                more => format!("{more} migrations are"),
            }
        ),
    )
    .help("apply them first: `cargo dbmig migrate`"))
}

fn show(context: &mut Context<'_>, seeds: &[Seed]) -> CliResult<Exit> {
    let mut session = context.connect(Access::Read)?;
    let states = runner::seed_states(&mut *session, seeds).map_err(|error| {
        CliError::database("could not read which seeds were run").cause(error.to_string())
    })?;
    let word = |state| match state {
        SeedState::New => "new",
        SeedState::Changed => "changed",
        SeedState::Done => "done",
    };
    for (seed, state) in seeds.iter().zip(&states) {
        context.output.line(format!("{:<7}  {}", word(*state), seed.name));
    }
    let database = context.database_name()?;
    let todo = states.iter().filter(|state| **state != SeedState::Done).count();
    context
        .output
        .line(format!("{database}: {todo} of {} to run", render::count(seeds.len(), "seed")));
    let rows: Vec<_> = seeds
        .iter()
        .zip(&states)
        .map(|(seed, state)| json!({ "name": seed.name, "state": word(*state) }))
        .collect();
    context.output.json(&json!({ "dbmig": 1, "command": "seed status", "seeds": rows }));
    Ok(Exit::Done)
}

/// The seeds of an environment's kind. No flag brings development data anywhere else.
pub(crate) fn load(context: &Context<'_>, only: &[String]) -> CliResult<Vec<Seed>> {
    let environment = context.environment()?;
    let allowed: &[&str] = match environment.kind {
        Kind::Development => &["reference", "dev"],
        Kind::Test => &["reference", "test"],
        Kind::Production | Kind::Unclassified => &["reference"],
    };
    for set in only {
        if !SEED_SETS.contains(&set.as_str()) {
            return Err(crate::config::unknown_name("seed set", set, &SEED_SETS));
        }
        if !allowed.contains(&set.as_str()) {
            return Err(CliError::usage(format!(
                "`{set}` seeds do not run in environment `{}`, which is of kind {}",
                environment.name,
                environment.kind.as_str()
            ))
            .help("the kind of an environment is set in dbmig.toml"));
        }
    }
    let dir = context.seeds_dir()?;
    let mut seeds = Vec::new();
    for set in allowed.iter().filter(|set| only.is_empty() || only.iter().any(|name| name == *set))
    {
        let loaded = load_seeds(&dir, set).map_err(|(path, reason)| {
            CliError::usage(format!("could not read `{}`", context.show(&path))).cause(reason)
        })?;
        seeds.extend(loaded);
    }
    Ok(seeds)
}
