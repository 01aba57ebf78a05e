//! Records what a person decided. Shared by `baseline`, `repair`, and `resolve`.

use dbmig_runtime::plan::Decision;
use dbmig_runtime::{Silent, runner};

use super::consent::{self, Question};
use super::protection;
use super::running::Sides;
use crate::context::Context;
use crate::error::CliResult;
use crate::failure;

/// Goes on where the database is not protected, or was named.
///
/// # Errors
///
/// As [`consent::ask`].
pub fn ask(
    context: &mut Context<'_>,
    sides: &mut Sides,
    what: String,
    confirm: Option<&str>,
    command: String,
) -> CliResult<()> {
    let location = context.location()?;
    let protection = protection::of(context, &mut *sides.session)?;
    let question = Question {
        what: format!("{what} in `{}` needs consent", location.shown()),
        needed: protection.holds(),
        command,
        refused: "nothing was recorded",
        because: protection.note(),
    };
    consent::ask(context, &location, confirm, &question)
}

/// Records all of them, or none.
///
/// # Errors
///
/// A decision that can not be made any more, and what the database reports.
pub fn record(
    context: &Context<'_>,
    sides: &mut Sides,
    decisions: &[Decision],
    reason: &str,
    again: &str,
) -> CliResult<()> {
    let dir = context.migrations_dir()?;
    let Sides { set, history, session, options, .. } = sides;
    runner::decide(&mut **session, set, history, (decisions, reason), options, &mut Silent).map_err(
        |error| failure::of_run(error, failure::Files { dir: &dir, cwd: &context.cwd, again }),
    )
}
