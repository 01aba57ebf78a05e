//! `generate`: a new migration.

use std::time::SystemTime;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::backfilling::{self, NewBackfill};
use crate::operations::generating::{self, NewMigration};

/// Write a new migration
///
/// Creates `<version>_<name>/` with `up.sql`, `down.sql`, and `metadata.toml`. The version is the time in
/// UTC and always sorts after the newest one there is.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct GenerateArgs {
    /// Something else than an empty migration.
    #[command(subcommand)]
    kind: Option<GenerateKind>,
    /// What the migration does, such as `create_users`
    #[arg(required = true)]
    name: Option<String>,
    /// Take this version instead of the time
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Leave `down.sql` out and declare why there is no way back
    #[arg(long, value_name = "REASON", value_parser = super::reason)]
    irreversible: Option<String>,
    /// Run outside a transaction
    #[arg(long)]
    no_transaction: bool,
    /// Show the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What can be written.
#[derive(Debug, Subcommand)]
pub enum GenerateKind {
    /// Write a migration that changes rows window by window
    Backfill(BackfillArgs),
}

/// Write a migration that changes rows window by window
///
/// Its `backfill.sql` says how; its `up.sql` stops Diesel, which would change nothing and record it. Look at
/// the condition that is written: it decides which rows are left to do.
#[derive(Debug, Args)]
pub struct BackfillArgs {
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

pub(crate) fn run(context: &mut Context<'_>, args: &GenerateArgs) -> CliResult<Exit> {
    match &args.kind {
        None => {
            let new = NewMigration {
                label: args.name.clone().unwrap_or_default(),
                version: args.version.clone(),
                irreversible: args.irreversible.clone(),
                no_transaction: args.no_transaction,
                ..NewMigration::default()
            };
            let next = "write the SQL, then apply it: `cargo dbmig migrate`";
            write(context, &new, args.dry_run, next)
        }
        Some(GenerateKind::Backfill(args)) => {
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
            let next = "look at `backfill.sql`, then apply it: `cargo dbmig migrate`";
            write(context, &new, args.dry_run, next)
        }
    }
}

fn write(
    context: &mut Context<'_>,
    new: &NewMigration,
    dry_run: bool,
    next: &str,
) -> CliResult<Exit> {
    let dir = context.migrations_dir()?;
    if dir.exists() && !dir.is_dir() {
        let shown = context.show(&dir);
        return Err(crate::error::CliError::usage(format!("`{shown}` is not a directory"))
            .help("rename it, or name another place: `--migrations-dir <DIR>`"));
    }
    let raw = if dir.is_dir() {
        dbmig_build::load(&dir, &context.show(&dir))
    } else {
        Default::default()
    };
    let files = generating::plan(&dir, &raw, new, SystemTime::now())?;
    if dry_run {
        for file in &files {
            context.output.line(format!("would create {}", context_show(context, &file.path)));
            context.output.line(
                file.text
                    .trim_end()
                    .lines()
                    .map(|l| format!("    {l}"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
    } else {
        generating::write(&files)?;
        for file in &files {
            context.output.line(format!("created {}", context_show(context, &file.path)));
        }
        context.output.help(next);
    }
    let paths: Vec<_> = files.iter().map(|file| context.show(&file.path)).collect();
    context
        .output
        .json(&json!({ "dbmig": 1, "command": "generate", "files": paths, "dry_run": dry_run }));
    Ok(Exit::Done)
}

fn context_show(context: &Context<'_>, path: &std::path::Path) -> String {
    crate::project::show(path, &context.cwd)
}
