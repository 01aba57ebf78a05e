//! `db …`: the database as a whole.

mod create;
mod drop;
mod dump;
mod exec;
mod load;
mod protect;
mod reset;
mod setup;
mod shell;
mod table;
mod wait;

use clap::{Args, Subcommand};

use super::{SchemaArgs, foreign};
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;

/// Work with the database as a whole
///
/// Creates and drops it, waits for its server, runs SQL on it, and protects it from what can not be undone.
#[derive(Debug, Subcommand)]
#[command(arg_required_else_help = true)]
pub enum DbCommand {
    /// Create the database if it is not there
    Create,
    /// Drop the database, if it is there
    Drop(drop::DropArgs),
    /// Drop the database, create it again, and apply all migrations
    Reset(reset::ResetArgs),
    /// Create the database if it is not there, and apply what is pending
    #[command(visible_alias = "prepare")]
    Setup(setup::SetupArgs),
    #[expect(missing_docs, reason = "clap would show it in place of that of the arguments")]
    Dump(dump::DumpArgs),
    #[expect(missing_docs, reason = "as above")]
    Load(load::LoadArgs),
    #[expect(missing_docs, reason = "as above")]
    Wait(wait::WaitArgs),
    #[command(visible_alias = "execute")]
    #[expect(missing_docs, reason = "as above")]
    Exec(exec::ExecArgs),
    #[command(visible_alias = "console")]
    #[expect(missing_docs, reason = "as above")]
    Shell(shell::ShellArgs),
    #[expect(missing_docs, reason = "as above")]
    Protect(protect::ProtectArgs),
    /// A command of another tool
    #[command(external_subcommand)]
    Foreign(Vec<String>),
}

/// What Diesel's `database` takes, under its short name as well.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct AsDiesel {
    #[arg(long, hide = true)]
    no_default_migration: bool,
    #[arg(long, hide = true)]
    locked_schema: bool,
}

impl AsDiesel {
    fn schema(self) -> SchemaArgs {
        SchemaArgs::locked(self.locked_schema)
    }
}

pub(crate) fn run(context: &mut Context<'_>, command: &DbCommand) -> CliResult<Exit> {
    match command {
        DbCommand::Create => create::run(context),
        DbCommand::Drop(args) => drop::run(context, args),
        DbCommand::Reset(args) => reset::run(context, args),
        DbCommand::Setup(args) => setup::run(context, args),
        DbCommand::Dump(args) => dump::run(context, args),
        DbCommand::Load(args) => load::run(context, args),
        DbCommand::Wait(args) => wait::run(context, args),
        DbCommand::Exec(args) => exec::run(context, args),
        DbCommand::Shell(args) => shell::run(context, args),
        DbCommand::Protect(args) => protect::run(context, args),
        DbCommand::Foreign(words) => foreign::run_below("db", words),
    }
}
