//! Records what a person decided. Shared by `baseline`, `repair`, and `resolve`.

use dbmig_runtime::plan::Decision;
use dbmig_runtime::session::{DbResult, Session};
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
    record_if(context, sides, decisions, reason, again, &mut |_| Ok(true)).map(drop)
}

/// Records all of them where a look at the database, in the same transaction, says that they hold; whether
/// it did.
///
/// # Errors
///
/// As [`record`].
pub fn record_if(
    context: &Context<'_>,
    sides: &mut Sides,
    decisions: &[Decision],
    reason: &str,
    again: &str,
    holds: &mut dyn FnMut(&mut dyn Session) -> DbResult<bool>,
) -> CliResult<bool> {
    let dir = context.migrations_dir()?;
    let Sides { set, history, session, options, .. } = sides;
    let decided = (decisions, reason);
    runner::decide_if(&mut **session, set, history, decided, options, &mut Silent, holds).map_err(
        |error| failure::of_run(error, failure::Files { dir: &dir, cwd: &context.cwd, again }),
    )
}
