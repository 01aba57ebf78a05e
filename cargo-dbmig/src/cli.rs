//! The command line: one variant a command.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::global::GlobalArgs;

/// Database migrations and seeds for Rust
///
/// Scaffolds, applies, reverts, and locks the migrations of a package or a workspace. What is locked
/// fails `cargo build` when it is broken. Diesel's own command lines work behind `cargo dbmig` as well.
#[derive(Debug, Parser)]
#[command(name = "cargo-dbmig", bin_name = "cargo dbmig", version, max_term_width = 100)]
#[command(arg_required_else_help = true, allow_external_subcommands = true)]
#[command(after_help = "The first minute:
  cargo dbmig init                     adopt a Diesel project, or set up a new one
  cargo dbmig generate create_users name:string    both ways, tried before it is written
  cargo dbmig dev                      check, apply, write schema.rs, run the seeds
  cargo dbmig migrate                  edit, `redo`, as often as you like
  cargo dbmig lock                     make it final; commit
  cargo dbmig check                    the gate for CI")]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "clap would show them instead of the documentation of the arguments"
)]
pub enum Command {
    Init(commands::init::InitArgs),
    Generate(Box<commands::generate::GenerateArgs>),
    #[command(visible_aliases = ["run", "up"], aliases = ["deploy", "latest"])]
    Migrate(commands::migrate::MigrateArgs),
    #[command(visible_aliases = ["rollback"], aliases = ["undo", "down"])]
    Revert(commands::revert::RevertArgs),
    Redo(commands::redo::RedoArgs),
    Dev(commands::dev::DevArgs),
    Status(commands::status::StatusArgs),
    Plan(commands::plan::PlanArgs),
    Sql(commands::sql::SqlArgs),
    #[command(subcommand)]
    Seed(commands::seed::SeedCommand),
    #[command(subcommand)]
    Backfill(commands::backfill::BackfillCommand),
    Lock(commands::lock::LockArgs),
    Diff(commands::diff::DiffArgs),
    Drift(commands::drift::DriftArgs),
    Prove(commands::prove::ProveArgs),
    Rebase(commands::rebase::RebaseArgs),
    Check(commands::check::CheckArgs),
    Log(commands::log::LogArgs),
    Resolve(commands::resolve::ResolveArgs),
    Repair(commands::repair::RepairArgs),
    Baseline(commands::baseline::BaselineArgs),
    #[command(subcommand)]
    Schema(commands::schema::SchemaCommand),
    #[command(subcommand)]
    Db(commands::db::DbCommand),
    Explain(commands::explain::ExplainArgs),
    #[command(hide = true)]
    Setup(commands::diesel::SetupArgs),
    #[command(hide = true, subcommand)]
    Migration(commands::diesel::MigrationCommand),
    #[command(hide = true, subcommand)]
    Database(commands::diesel::DatabaseCommand),
    #[command(hide = true)]
    PrintSchema(commands::diesel::print_schema::PrintSchemaArgs),
    /// A command of another tool
    #[command(external_subcommand)]
    Foreign(Vec<String>),
}
