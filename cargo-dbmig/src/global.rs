//! The options that every command takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::config::Secret;
use crate::output::Format;

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Work in this package of the workspace
    #[arg(short, long, global = true, value_name = "PKG")]
    pub package: Option<String>,
    /// Work where this Cargo.toml is
    #[arg(long, global = true, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Take this dbmig.toml
    #[arg(long, global = true, value_name = "PATH", env = "DBMIG_CONFIG")]
    pub config: Option<PathBuf>,
    /// Take this diesel.toml
    #[arg(long, global = true, value_name = "PATH", env = "DIESEL_CONFIG_FILE")]
    pub config_file: Option<PathBuf>,
    /// The environment of dbmig.toml [default: development]
    #[arg(long, global = true, value_name = "NAME", env = "DBMIG_ENV")]
    pub env: Option<String>,
    /// The database of dbmig.toml, where it has several
    #[arg(long, global = true, value_name = "NAME")]
    pub database: Option<String>,
    /// The URL of the database
    ///
    /// Without it: DBMIG_DATABASE_URL, the environment of dbmig.toml, DATABASE_URL (also from .env).
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    /// The migrations directory
    #[arg(long, alias = "migration-dir", global = true, value_name = "DIR")]
    pub migrations_dir: Option<PathBuf>,
    /// The seeds directory
    #[arg(long, global = true, value_name = "DIR")]
    pub seeds_dir: Option<PathBuf>,
    /// How long to wait for another runner: `30s`, `10min`, or `0` for not at all [default: 10min]
    #[arg(long, global = true, value_name = "DURATION", value_parser = crate::config::duration)]
    pub runner_wait: Option<Duration>,
    /// How often a migration that did not get a lock on a table is tried again [default: 10]
    #[arg(long, global = true, value_name = "N")]
    pub lock_retries: Option<u32>,
    /// Wait for the server to accept connections: `30s`, `2min` [default without a value: 60s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = crate::config::duration)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "60s")]
    pub wait: Option<Duration>,
    /// Never ask: what needs an answer ends with the flag that gives it
    #[arg(long, global = true)]
    pub no_input: bool,
    /// How results are written
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: Format,
    /// Print results and problems only
    #[arg(short, long, global = true)]
    pub quiet: bool,
}
