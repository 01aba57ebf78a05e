//! One file a command: its arguments, whose documentation is the help text, and one function.

pub mod backfill;
pub mod baseline;
pub mod check;
pub mod db;
pub mod dev;
pub mod diesel;
pub mod diff;
pub mod drift;
pub mod explain;
pub mod extent;
pub mod foreign;
pub mod generate;
pub mod init;
pub mod lock;
pub mod log;
pub mod migrate;
pub mod plan;
pub mod prove;
pub mod rebase;
pub mod redo;
pub mod repair;
pub mod resolve;
pub mod revert;
pub mod schema;
pub mod seed;
pub mod sql;
pub mod status;

use clap::Args;

use crate::cli::Command;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::schema_files::{Follow, SchemaFiles};
use crate::operations::ways_back::Accepted;

/// What a command asks for that can not be undone.
#[derive(Debug, Clone, Default, Args)]
pub struct ConsentArgs {
    /// The name of the database, or of its file: consent where it is asked for
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

impl ConsentArgs {
    fn confirm(&self) -> Option<&str> {
        self.confirm.as_deref()
    }
}

/// What a revert may lose, where the database is protected.
#[derive(Debug, Clone, Default, Args)]
pub struct AcceptArgs {
    /// Revert also what nobody has proved, where the database is protected
    #[arg(long)]
    accept_unproved: bool,
    /// Revert also what loses this table or column, where the database is protected (can be repeated)
    #[arg(long, value_name = "TABLE[.COLUMN]")]
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    accept_loss: Vec<String>,
}

impl AcceptArgs {
    fn accepted(&self) -> Accepted {
        Accepted { unproved: self.accept_unproved, losses: self.accept_loss.clone() }
    }
}

/// What happens to `schema.rs` after a run.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct SchemaArgs {
    /// Commit nothing that would change `schema.rs`, and fail instead
    #[arg(long)]
    locked_schema: bool,
    /// Leave `schema.rs` as it is
    #[arg(long, conflicts_with = "locked_schema")]
    no_schema: bool,
}

impl SchemaArgs {
    fn locked(locked_schema: bool) -> Self {
        Self { locked_schema, no_schema: false }
    }

    /// What is dropped is not there to be left as it is.
    fn refuse_reset(self, context: &Context<'_>) -> CliResult<()> {
        if !self.locked_schema || self.files(context)?.is_empty() {
            return Ok(());
        }
        Err(CliError::usage("`--locked-schema` can not be kept: a reset begins with a drop")
            .note("nothing was dropped")
            .help("run it without, and compare afterwards: `cargo dbmig schema rs --check`"))
    }

    /// The files that a run concerns.
    fn files(self, context: &Context<'_>) -> CliResult<SchemaFiles> {
        let follow = match (self.no_schema, self.locked_schema) {
            (true, _) => Follow::Leave,
            (_, true) => Follow::Locked,
            _ => Follow::Write,
        };
        SchemaFiles::of(context, follow)
    }
}

/// A reason that says something.
fn reason(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say why".to_owned()),
        some => Ok(some.to_owned()),
    }
}

/// Runs a command.
///
/// # Errors
///
/// Whatever kept it from being completed.
pub fn run(context: &mut Context<'_>, command: Command) -> CliResult<Exit> {
    if !matches!(command, Command::Init(_) | Command::Check(_)) {
        context.refuse_ambiguous_root()?;
    }
    match command {
        Command::Init(args) => init::run(context, &args),
        Command::Generate(args) => generate::run(context, &args),
        Command::Migrate(args) => migrate::run(context, &args),
        Command::Revert(args) => revert::run(context, &args),
        Command::Redo(args) => redo::run(context, &args),
        Command::Dev(args) => dev::run(context, &args),
        Command::Status(args) => status::run(context, &args),
        Command::Plan(args) => plan::run(context, &args),
        Command::Sql(args) => sql::run(context, &args),
        Command::Seed(command) => seed::run(context, &command),
        Command::Backfill(command) => backfill::run(context, &command),
        Command::Lock(args) => lock::run(context, &args),
        Command::Diff(args) => diff::run(context, &args),
        Command::Drift(args) => drift::run(context, &args),
        Command::Prove(args) => prove::run(context, &args),
        Command::Rebase(args) => rebase::run(context, &args),
        Command::Check(args) => check::run(context, &args),
        Command::Log(args) => log::run(context, &args),
        Command::Baseline(args) => baseline::run(context, &args),
        Command::Repair(args) => repair::run(context, &args),
        Command::Resolve(args) => resolve::run(context, &args),
        Command::Schema(command) => schema::run(context, &command),
        Command::Db(command) => db::run(context, &command),
        Command::Setup(args) => diesel::setup(context, &args),
        Command::Migration(command) => diesel::migration(context, &command),
        Command::Database(command) => diesel::database(context, &command),
        Command::PrintSchema(args) => diesel::print_schema::run(context, &args),
        Command::Explain(args) => explain::run(context.output, &args),
        Command::Foreign(words) => foreign::run(&words),
    }
}
