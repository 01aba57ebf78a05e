//! `init`: set up a package.
use crate::{context::Context, error::CliResult, exit::Exit};
use clap::Args;
/// Set up
#[derive(Debug, Args)]
pub struct InitArgs {}
pub(crate) fn run(_: &mut Context<'_>, _: &InitArgs) -> CliResult<Exit> {
    Ok(Exit::Done)
}
