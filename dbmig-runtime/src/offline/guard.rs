//! Preconditions and assertions in a script: what stops it where they do not hold.

use dbmig_build::{Dialect, Migration, OnFail, Precondition, When, one_line};

use super::{Writer, line, record};
use crate::error::{Error, ErrorKind};
use crate::event::Direction;
use crate::runner::Work;
use crate::runner::batch::Batch;
use crate::sql::{literal, text};

/// Why a script can not ask the preconditions of a migration: it can stop, and nothing else.
pub(super) fn refused(migration: &Migration) -> Option<&'static str> {
    let list = &migration.settings.preconditions;
    let stays = |one: &&Precondition| matches!(one.on_fail, OnFail::Halt | OnFail::Warn);
    match list.iter().all(|one| stays(&one)) {
        true => None,
        false => Some("a precondition decides whether it is run, and a script can not"),
    }
}

/// Refuses what can not be asked.
pub(super) fn refuse(work: &Work<'_>, batch: &Batch<'_>) -> Result<(), Error> {
    let Some(problem) = batch.assertions().problems.first() else { return Ok(()) };
    Err(Error::new(ErrorKind::NotInScript {
        name: work.name.to_owned(),
        file: Some(work.direction.file()),
        place: Some(problem.place),
        reason: "what is asserted is not one SELECT, before or after",
    }))
}

/// Stops in front of the statements.
pub(super) fn push_before(
    out: &mut String,
    work: &Work<'_>,
    batch: &Batch<'_>,
    writer: &Writer<'_>,
) {
    let preconditions = match work.direction {
        Direction::Up => &work.settings.preconditions[..],
        Direction::Down => &[],
    };
    for (index, precondition) in preconditions.iter().enumerate() {
        let (number, expected) = (index + 1, precondition.expected());
        if precondition.on_fail == OnFail::Warn {
            let query = one_line(&precondition.query);
            out.push_str(&format!(
                "-- Precondition {number} is not asked here: {query}; expected is {expected}.\n"
            ));
            continue;
        }
        out.push_str(&format!(
            "-- Stops here, with a duplicate key, unless precondition {number} answers {expected}.\n"
        ));
        stop(out, work, writer, &unmet(writer.dialect, precondition));
    }
    assertions(out, work, batch, writer, When::Before);
}

/// Stops behind the statements.
pub(super) fn push_after(
    out: &mut String,
    work: &Work<'_>,
    batch: &Batch<'_>,
    writer: &Writer<'_>,
) {
    assertions(out, work, batch, writer, When::After);
}

fn assertions(
    out: &mut String,
    work: &Work<'_>,
    batch: &Batch<'_>,
    writer: &Writer<'_>,
    when: When,
) {
    for assertion in batch.assertions().of(when) {
        let ((row, column), file) = (assertion.place, work.direction.file());
        out.push_str(&format!(
            "-- Stops here, with a duplicate key, if what {file}:{row}:{column} asserts does not hold.\n"
        ));
        stop(out, work, writer, &format!("EXISTS (\n{}\n)", assertion.query));
    }
}

fn stop(out: &mut String, work: &Work<'_>, writer: &Writer<'_>, condition: &str) {
    line(out, &record::stop_if(writer.dialect, writer.tables, work.version, condition));
}

/// The condition under which a precondition does not hold.
fn unmet(dialect: Dialect, precondition: &Precondition) -> String {
    let query = &precondition.query;
    let Some(expect) = &precondition.expect else { return format!("NOT EXISTS (\n{query}\n)") };
    let words: &[&str] = match expect.as_str() {
        "true" => &["true", "t", "1"],
        "false" => &["false", "f", "0"],
        other => &[other],
    };
    let words: Vec<_> = words.iter().map(|word| literal(dialect, word)).collect();
    let answer = text(dialect, &format!("(\n{query}\n)"));
    format!("CASE WHEN {answer} IN ({}) THEN 0 ELSE 1 END = 1", words.join(", "))
}
