//! What is asked before a migration, and after it: preconditions of its settings, assertions of its file.
//!
//! Both are asked where nobody else migrates: inside of the transaction that has claimed the version, or
//! under the lock of the run.

use dbmig_build::{OnFail, Precondition, Version, When};

use super::batch::Batch;
use super::work::Work;
use crate::error::{Error, ErrorKind, GuardError, Refusal};
use crate::event::Direction;
use crate::session::Session;

/// How many rows of an assertion are shown.
const SHOWN: usize = 10;

/// What becomes of a migration.
pub(super) enum Verdict {
    /// It runs, although these do not hold.
    Run(Vec<String>),
    /// It stays pending, for this reason.
    Skip(String),
    /// It is recorded as applied, for this reason.
    MarkApplied(String),
}

/// Whether anything is asked before it.
pub(super) fn asks_before(work: &Work<'_>, batch: &Batch<'_>) -> bool {
    !preconditions(work).is_empty()
        || !batch.assertions().problems.is_empty()
        || batch.assertions().of(When::Before).next().is_some()
}

/// Whether anything is asked after it.
pub(super) fn asks_after(batch: &Batch<'_>) -> bool {
    batch.assertions().of(When::After).next().is_some()
}

/// A way back asks for none: they say when a migration is to be applied.
fn preconditions<'w>(work: &'w Work<'_>) -> &'w [Precondition] {
    match work.direction {
        Direction::Up => &work.settings.preconditions,
        Direction::Down => &[],
    }
}

/// Asks what is to be asked before the first statement.
pub(super) fn before(
    session: &mut dyn Session,
    work: &Work<'_>,
    batch: &Batch<'_>,
) -> Result<Verdict, Error> {
    refuse_problems(work, batch)?;
    let mut warnings = Vec::new();
    let list = preconditions(work);
    for (index, precondition) in list.iter().enumerate() {
        let Some(reason) = unmet(session, work, (precondition, index, list.len()))? else {
            continue;
        };
        match precondition.on_fail {
            OnFail::Halt => {
                let refusal = Refusal::Answered(reason);
                return Err(refused(precondition_of(work, precondition, index), refusal));
            }
            OnFail::Skip => return Ok(Verdict::Skip(reason)),
            OnFail::MarkApplied => return Ok(Verdict::MarkApplied(reason)),
            OnFail::Warn => warnings.push(reason),
        }
    }
    hold(session, work, batch, When::Before, Left::Nothing)?;
    Ok(Verdict::Run(warnings))
}

/// Why a precondition does not hold; `None` when it does.
fn unmet(
    session: &mut dyn Session,
    work: &Work<'_>,
    (precondition, index, count): (&Precondition, usize, usize),
) -> Result<Option<String>, Error> {
    let query = &precondition.query;
    let asked = || precondition_of(work, precondition, index);
    if !precondition.is_one_select(session.dialect()) {
        return Err(refused(asked(), Refusal::Invalid("it is not one SELECT".to_owned())));
    }
    // Two rows are too many already.
    let found = session.find(query, 2).map_err(|error| refused(asked(), Refusal::Failed(error)))?;
    let Err(answered) = precondition.judge(&found.rows) else { return Ok(None) };
    let which = if count > 1 { format!(" {}", index + 1) } else { String::new() };
    let expected = precondition.expected();
    Ok(Some(format!("precondition{which} does not hold: answered {answered}, expected {expected}")))
}

/// What is in the database when an assertion is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing of the file, or nothing that stays.
    Nothing,
    /// All of its statements, for good.
    Everything,
}

/// Asks the assertions of one moment.
pub(super) fn hold(
    session: &mut dyn Session,
    work: &Work<'_>,
    batch: &Batch<'_>,
    when: When,
    left: Left,
) -> Result<(), Error> {
    refuse_problems(work, batch)?;
    for assertion in batch.assertions().of(when) {
        let asked = |refusal| {
            let mut error = about(work, Some(assertion.place), &assertion.query, refusal);
            error.when = Some(when);
            error.kept = left == Left::Everything;
            Err(Error::new(ErrorKind::Guard(Box::new(error))))
        };
        let found = match session.find(&assertion.query, SHOWN + 1) {
            Ok(found) => found,
            Err(error) => return asked(Refusal::Failed(error)),
        };
        if !found.rows.is_empty() {
            let more = found.rows.len() > SHOWN;
            let mut found = found;
            found.rows.truncate(SHOWN);
            return asked(Refusal::Rows { found, more });
        }
    }
    Ok(())
}

/// A directive that can not be asked stops the file before anything of it runs.
fn refuse_problems(work: &Work<'_>, batch: &Batch<'_>) -> Result<(), Error> {
    match batch.assertions().problems.first() {
        None => Ok(()),
        Some(problem) => {
            let refusal = Refusal::Invalid(problem.message.clone());
            let error = about(work, Some(problem.place), "", refusal);
            Err(Error::new(ErrorKind::Guard(Box::new(error))))
        }
    }
}

fn precondition_of(work: &Work<'_>, precondition: &Precondition, index: usize) -> GuardError {
    let mut error = about(work, None, &precondition.query, Refusal::Invalid(String::new()));
    error.file = "metadata.toml".to_owned();
    error.precondition = Some(index + 1);
    error
}

fn refused(error: GuardError, refusal: Refusal) -> Error {
    Error::new(ErrorKind::Guard(Box::new(GuardError { refusal, ..error })))
}

fn about(
    work: &Work<'_>,
    place: Option<(usize, usize)>,
    query: &str,
    refusal: Refusal,
) -> GuardError {
    let version: Option<Version> = work.repeatable.is_none().then(|| work.version.clone());
    let (name, file) = work.place();
    GuardError {
        version,
        name: name.to_owned(),
        file: file.to_owned(),
        place,
        precondition: None,
        when: None,
        query: query.to_owned(),
        refusal,
        kept: false,
        locked: work.locked,
    }
}
