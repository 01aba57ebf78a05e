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
  cargo dbmig generate create_users    then edit up.sql and down.sql
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
pub enum Command {
    /// Set up a package, or adopt a Diesel project
    Init(commands::init::InitArgs),
    /// Write a new migration
    Generate(commands::generate::GenerateArgs),
    /// Apply pending migrations
    #[command(visible_aliases = ["run", "up"], aliases = ["deploy", "latest"])]
    Migrate(commands::migrate::MigrateArgs),
    /// Revert the most recently applied migration
    #[command(visible_aliases = ["rollback"], aliases = ["undo", "down"])]
    Revert(commands::revert::RevertArgs),
    /// Revert and apply again
    Redo(commands::redo::RedoArgs),
    /// Show the state of every migration
    Status(commands::status::StatusArgs),
    /// Show what `migrate` would do
    Plan(commands::plan::PlanArgs),
    /// Print the SQL of a migration
    Sql(commands::sql::SqlArgs),
    /// Run seeds
    #[command(subcommand)]
    Seed(commands::seed::SeedCommand),
    /// Make drafts final
    Lock(commands::lock::LockArgs),
    /// Give drafts a version after the newest
    Rebase(commands::rebase::RebaseArgs),
    /// Check migrations, lock file, and settings: the gate for CI
    Check(commands::check::CheckArgs),
    /// Decide about a migration that stopped half way
    Resolve(commands::resolve::ResolveArgs),
    /// Explain a finding
    Explain(commands::explain::ExplainArgs),
    /// Diesel's `setup`
    #[command(hide = true)]
    Setup(commands::diesel::SetupArgs),
    /// Diesel's `migration …`
    #[command(hide = true, subcommand)]
    Migration(commands::diesel::MigrationCommand),
    /// Diesel's `database …`
    #[command(hide = true, subcommand, alias = "db")]
    Database(commands::diesel::DatabaseCommand),
    /// A command of another tool
    #[command(external_subcommand)]
    Foreign(Vec<String>),
}
