//! Diesel's own command lines, executed with our engine.

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;

/// Arguments of `setup`.
#[derive(Debug, Args)]
pub struct SetupArgs {}

/// Diesel's `migration …`
#[derive(Debug, Subcommand)]
pub enum MigrationCommand {
    /// Apply pending migrations
    Run,
}

/// Diesel's `database …`
#[derive(Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Create the database
    Setup,
}

pub(crate) fn setup(_context: &mut Context<'_>, _args: &SetupArgs) -> CliResult<Exit> {
    Ok(Exit::Done)
}

pub(crate) fn migration(
    _context: &mut Context<'_>,
    _command: &MigrationCommand,
) -> CliResult<Exit> {
    Ok(Exit::Done)
}

pub(crate) fn database(_context: &mut Context<'_>, _command: &DatabaseCommand) -> CliResult<Exit> {
    Ok(Exit::Done)
}

pub(crate) fn schema_note(_context: &mut Context<'_>) {}
