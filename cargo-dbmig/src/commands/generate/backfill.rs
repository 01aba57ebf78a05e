//! `generate backfill`: a migration that changes rows window by window.

use std::time::SystemTime;

use clap::Args;

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::backfilling::{self, NewBackfill};
use crate::operations::generating::{self, NewMigration};

/// Write a migration that changes rows window by window
///
/// Its `backfill.sql` says how; its `up.sql` stops Diesel, which would change nothing and record it. Look at
/// the condition that is written: it decides which rows are left to do.
#[derive(Debug, Args)]
pub(super) struct BackfillArgs {
    /// What it does, such as `fill_timezones`
    name: String,
    /// The table
    #[arg(long)]
    table: String,
    /// What a column is given: `"timezone = 'UTC'"`; can be repeated
    #[arg(long, required = true, value_name = "COLUMN = EXPRESSION")]
    set: Vec<String>,
    /// Which rows: `"timezone IS NULL"`
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// The columns of a unique key without NULL, with commas between
    #[arg(long, default_value = "id", value_name = "COLUMNS")]
    key: String,
    /// How many rows a window has, or `auto`
    #[arg(long, default_value = "1000", value_name = "ROWS")]
    batch: String,
    /// How long to pause between windows
    #[arg(long, default_value = "100ms", value_name = "DURATION")]
    throttle: String,
    /// Take this version instead of the time
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Show the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &BackfillArgs) -> CliResult<Exit> {
    let raw = super::present(context)?;
    let new = NewBackfill {
        table: args.table.clone(),
        set: args.set.clone(),
        condition: args.condition.clone(),
        key: args.key.clone(),
        batch: args.batch.clone(),
        throttle: args.throttle.clone(),
    };
    let dialect = match context.configured_dialect()? {
        Some(dialect) => dialect,
        None => context.location()?.dialect(),
    };
    let new = NewMigration {
        label: args.name.clone(),
        version: args.version.clone(),
        backfill: Some(backfilling::text(&new, dialect)?),
        ..NewMigration::default()
    };
    let files = generating::plan(&context.migrations_dir()?, &raw, &new, SystemTime::now())?;
    if !args.dry_run {
        generating::write(&files)?;
    }
    let next = "look at `backfill.sql`, then apply it: `cargo dbmig migrate`";
    super::tell::files(context, &files, args.dry_run, next);
    Ok(Exit::Done)
}
