//! `schema …`: what the database holds.

mod dump;
mod erd;
mod rs;
mod scope;

use clap::Subcommand;

pub(super) use rs::show as print;

use super::foreign;
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;

/// Look at what the database holds
#[derive(Debug, Subcommand)]
#[command(arg_required_else_help = true)]
pub enum SchemaCommand {
    #[expect(missing_docs, reason = "clap would show it in place of that of the arguments")]
    Dump(dump::DumpArgs),
    #[expect(missing_docs, reason = "as above")]
    Rs(rs::RsArgs),
    #[expect(missing_docs, reason = "as above")]
    Erd(erd::ErdArgs),
    /// A command of another tool
    #[command(external_subcommand)]
    Foreign(Vec<String>),
}

impl SchemaCommand {
    /// Whether it is the one of that name.
    pub(crate) fn is(&self, name: &str) -> bool {
        match self {
            Self::Dump(_) => name == "schema dump",
            Self::Erd(_) => name == "schema erd",
            Self::Rs(_) | Self::Foreign(_) => false,
        }
    }
}

pub(crate) fn run(context: &mut Context<'_>, command: &SchemaCommand) -> CliResult<Exit> {
    match command {
        SchemaCommand::Dump(args) => dump::run(context, args),
        SchemaCommand::Erd(args) => erd::run(context, args),
        SchemaCommand::Rs(args) => rs::run(context, args),
        SchemaCommand::Foreign(words) => foreign::run_below("schema", words),
    }
}
