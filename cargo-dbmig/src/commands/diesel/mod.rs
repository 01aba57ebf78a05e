//! Diesel's own command lines, executed with our engine.

mod database;
mod generate;
mod migration;
pub mod print_schema;
mod setup;

use clap::{Args, Subcommand};

use super::{AcceptArgs, ConsentArgs, SchemaArgs};
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;

/// Set up a project as Diesel does
///
/// Creates the migrations directory, `diesel.toml`, and the database, and applies what is pending.
/// `cargo dbmig init` does more: it sets up the lock file and the build.
#[derive(Debug, Args)]
pub struct SetupArgs {
    #[command(flatten)]
    new: NewDatabaseArgs,
    #[command(flatten)]
    schema: SchemaArgs,
}

/// What Diesel takes everywhere, and means nothing where no migration is run.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct LockedArgs {
    #[arg(long, hide = true)]
    locked_schema: bool,
}

/// What Diesel says about a new database.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct NewDatabaseArgs {
    /// Write no initial migration; there is none for SQLite
    #[arg(long)]
    no_default_migration: bool,
}

/// Work with migrations as Diesel does
#[derive(Debug, Subcommand)]
pub enum MigrationCommand {
    /// Apply pending migrations
    Run(SchemaArgs),
    /// Revert the most recently applied migration
    Revert(CountArgs),
    /// Revert and apply again
    Redo(CountArgs),
    /// List all migrations, and mark those that are applied
    List(LockedArgs),
    /// Print `true` if migrations are pending, and `false` otherwise
    Pending(LockedArgs),
    /// Write a new migration
    Generate(Box<generate::GenerateArgs>),
}

/// How far `migration revert` and `migration redo` go.
#[derive(Debug, Clone, Args)]
pub struct CountArgs {
    /// The last N migrations, or as many as there are
    #[arg(short, long, value_name = "N", default_value_t = 1, conflicts_with = "all")]
    number: usize,
    /// Everything
    #[arg(short, long)]
    all: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    accept: AcceptArgs,
    #[command(flatten)]
    schema: SchemaArgs,
}

/// Work with the database as a whole, as Diesel does
#[derive(Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Create the database and apply what is pending
    Setup(SetupArgs),
    /// Drop the database, create it again, and apply all migrations
    Reset(ResetArgs),
    /// Drop the database
    Drop(DropArgs),
}

/// Drop the database, create it again, and apply all migrations
#[derive(Debug, Args)]
pub struct ResetArgs {
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    new: NewDatabaseArgs,
    #[command(flatten)]
    schema: SchemaArgs,
}

/// Drop the database
#[derive(Debug, Args)]
pub struct DropArgs {
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    locked: LockedArgs,
}

pub(crate) fn setup(context: &mut Context<'_>, args: &SetupArgs) -> CliResult<Exit> {
    setup::run(context, args)
}

pub(crate) fn migration(context: &mut Context<'_>, command: &MigrationCommand) -> CliResult<Exit> {
    match command {
        MigrationCommand::Run(args) => migration::run(context, *args),
        MigrationCommand::Revert(args) => migration::revert(context, args),
        MigrationCommand::Redo(args) => migration::redo(context, args),
        MigrationCommand::List(_) => migration::list(context),
        MigrationCommand::Pending(_) => migration::pending(context),
        MigrationCommand::Generate(args) => generate::run(context, args),
    }
}

pub(crate) fn database(context: &mut Context<'_>, command: &DatabaseCommand) -> CliResult<Exit> {
    match command {
        DatabaseCommand::Setup(args) => database::setup(context, args),
        DatabaseCommand::Reset(args) => database::reset(context, args),
        DatabaseCommand::Drop(args) => database::drop(context, args),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::cli::Cli;

    #[test]
    fn diesels_command_lines_are_understood() {
        for line in [
            "setup --no-default-migration --migration-dir db --locked-schema",
            "setup --config-file diesel.toml --database-url dev.db",
            "migration run --locked-schema",
            "migration revert",
            "migration revert -n 3",
            "migration revert --number 3",
            "migration revert --all",
            "migration redo -a --locked-schema",
            "migration list --migration-dir db",
            "migration pending --database-url dev.db",
            "migration generate users",
            "migration generate users --version 1234 -u",
            "migration generate users --no-down --format sql",
            "migration generate users --format=sql --migration-dir db",
            "migration generate users --diff-schema",
            "migration generate users --diff-schema=src/schema.rs",
            "migration --migration-dir db generate users",
            "--database-url dev.db database setup --no-default-migration",
            "database reset --confirm dev.db",
            "database drop",
            "print-schema users -o --schema-key a --with-docs --database-url dev.db",
            "print-schema -s v2 --patch-file s.patch --import-types a::* --locked-schema",
            "print-schema --except-custom-type-definitions A B --column-sorting name",
            "db drop",
            "db setup --no-default-migration --locked-schema",
            "db reset --locked-schema",
        ] {
            let words = std::iter::once("cargo-dbmig").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        for line in
            ["migration", "migration revert -n x", "migration revert -n 1 --all", "database"]
        {
            let words = std::iter::once("cargo-dbmig").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
