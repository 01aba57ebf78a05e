//! Command lines of other tools: answered with ours.

use crate::error::{CliError, CliResult};
use crate::exit::Exit;

pub(crate) fn run(words: &[String]) -> CliResult<Exit> {
    Err(CliError::usage(format!("unknown command `{}`", words.join(" "))))
}
