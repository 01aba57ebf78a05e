//! `seed`: data for development, tests, and production.

mod check;
mod dump;
mod run;
mod status;
mod undo;

use clap::{Args, Subcommand};
use dbmig_runtime::history::{self, State};

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::running;
use crate::operations::seeding::{self, Selection};

/// Work with seeds
///
/// Seeds are files under `seeds/`: SQL, CSV, or JSON; `reference` for every environment, `dev` and `test` for
/// environments of that kind.
#[derive(Debug, Subcommand)]
pub enum SeedCommand {
    /// Run the seeds that were not run yet
    Run(run::SeedRunArgs),
    /// Show which seeds were run
    Status(SelectArgs),
    /// Hold every cell of the data files against the schema
    Check(check::SeedCheckArgs),
    /// Take back the last run of a seed
    Undo(undo::SeedUndoArgs),
    /// Write rows of the database as seeds
    Dump(dump::SeedDumpArgs),
}

/// Which seeds.
#[derive(Debug, Default, Args)]
pub struct SelectArgs {
    /// This set only (can be repeated)
    #[arg(long, value_name = "SET")]
    set: Vec<String>,
    /// This file only, such as `roles` or `reference/001_roles.csv` (can be repeated)
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
}

impl SelectArgs {
    /// Whether nothing was chosen.
    fn is_all(&self) -> bool {
        self.set.is_empty() && self.only.is_empty()
    }

    fn selection(&self) -> Selection<'_> {
        Selection { sets: &self.set, only: &self.only }
    }
}

pub(crate) fn run(context: &mut Context<'_>, command: &SeedCommand) -> CliResult<Exit> {
    match command {
        SeedCommand::Run(args) => run::run(context, args),
        SeedCommand::Status(args) => status::run(context, args),
        SeedCommand::Check(args) => check::run(context, args),
        SeedCommand::Undo(args) => undo::run(context, args),
        SeedCommand::Dump(args) => dump::run(context, args),
    }
}

/// Runs what was not run yet: `migrate --seed`.
pub(crate) fn run_pending(context: &mut Context<'_>) -> CliResult<Exit> {
    run::run(context, &run::SeedRunArgs::default())
}

/// How many seeds the environment takes.
pub(crate) fn number(context: &Context<'_>) -> CliResult<usize> {
    let seeds = seeding::load(context, Selection::default())?;
    Ok(seeds.iter().filter(|seed| !seeding::is_side(seed)).count())
}

/// How many migrations are not applied. What was skipped is no part of this database.
fn pending(sides: &running::Sides) -> usize {
    let rows = history::status(&sides.set, &sides.history, sides.session.dialect());
    let open =
        |state: State| (state.is_pending() || state == State::HalfDone) && state != State::Skipped;
    rows.iter().filter(|row| open(row.state)).count()
}

/// Seeds are written for the newest schema.
fn refuse_pending(sides: &running::Sides) -> CliResult<()> {
    let pending = pending(sides);
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
