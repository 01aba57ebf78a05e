//! `explain`: what a finding means.

use clap::Args;

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;

/// Explain a finding
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code of the finding; without it all are listed
    code: Option<String>,
}

pub(crate) fn run(_context: &mut Context<'_>, _args: &ExplainArgs) -> CliResult<Exit> {
    Ok(Exit::Done)
}
