//! Preconditions and assertions that stop a run, for people.

use dbmig_runtime::session::DbErrorKind;
use dbmig_runtime::{GuardError, Refusal, When};

use super::{Files, excerpt, place};
use crate::error::CliError;
use crate::exit::Exit;

/// A precondition or an assertion does not hold: what was found, what is in the database, what to do.
pub(super) fn of_guard(guard: &GuardError, files: Files<'_>) -> CliError {
    let path = place(&guard.name, &guard.file, files);
    let at = guard.place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let exit = match &guard.refusal {
        Refusal::Rows { .. } | Refusal::Answered(_) => Exit::Database,
        Refusal::Failed(error) if error.kind == DbErrorKind::Busy => Exit::Busy,
        Refusal::Failed(error) if error.kind == DbErrorKind::Interrupted => Exit::Interrupted,
        Refusal::Failed(_) => Exit::Database,
        Refusal::Invalid(_) => Exit::Findings,
    };
    let mut shown = CliError::new(exit, format!("{path}{at}: {}", guard.reason()));
    if !guard.query.is_empty() {
        let query = guard.query.split_whitespace().collect::<Vec<_>>().join(" ");
        shown = shown.note(format!("asked was: {}", excerpt(&query)));
    }
    shown = guard.rows().into_iter().fold(shown, CliError::note);
    if let Refusal::Rows { more: true, .. } = &guard.refusal {
        shown = shown.note("and more");
    }
    if let Refusal::Failed(error) = &guard.refusal {
        for more in [&error.detail, &error.hint].into_iter().flatten() {
            shown = shown.note(more);
        }
    }
    let again = files.again;
    let mend = match &guard.refusal {
        Refusal::Rows { .. } => "mend the rows",
        Refusal::Answered(_) => "make it hold",
        Refusal::Failed(_) | Refusal::Invalid(_) => "mend the query",
    };
    if guard.kept {
        return shown
            .note("all statements of this file are in the database, which can not take them back; it is not recorded as applied")
            .help(format!("{mend}, then `{again}`: it asks again, and runs none of them twice"))
            .help(match &guard.version {
                Some(version) => format!(
                    "or take them back by hand, and say so: `cargo dbmig resolve {version} --not-applied`"
                ),
                None => format!("or mend the file, then `{again}`"),
            });
    }
    let shown = shown.note(match guard.when {
        Some(When::After) => "rolled back: nothing of this file is in the database",
        _ => "nothing of this file was run",
    });
    let relock = guard.version.as_ref().filter(|_| guard.locked && mend == "mend the query");
    match relock {
        Some(version) => {
            shown.help(format!("{mend}, `cargo dbmig lock --relock {version}`, then `{again}`"))
        }
        None => shown.help(format!("{mend}, then `{again}`")),
    }
}
