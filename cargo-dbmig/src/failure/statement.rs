//! A statement that failed.

use dbmig_runtime::StatementError;
use dbmig_runtime::session::DbErrorKind;

use super::{Files, place};
use crate::error::CliError;

pub(super) fn of_statement(error: &StatementError, files: Files<'_>) -> CliError {
    let shown = of_statement_alone(error, files);
    let shown =
        error.blockers.iter().fold(shown, |shown, who| shown.note(format!("in its way: {who}")));
    with_state(shown, error, files)
}

/// Where it is, which statement, and what the database says.
pub(super) fn of_statement_alone(error: &StatementError, files: Files<'_>) -> CliError {
    let at = error.place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
    let path = place(&error.name, &error.file, files);
    let mut shown = CliError::database(format!("{path}{at}: {}", error.error));
    let first_line = excerpt(&error.sql);
    shown = if error.whole {
        shown.note("the file was sent whole: the error is somewhere in it")
    } else {
        shown.note(format!("statement {} of {}: {first_line}", error.index, error.total))
    };
    for more in [&error.error.detail, &error.error.hint].into_iter().flatten() {
        shown = shown.note(more);
    }
    shown
}

/// What state the database is in, and what to do.
fn with_state(shown: CliError, error: &StatementError, files: Files<'_>) -> CliError {
    if error.doubtful {
        return shown
            .note("the file has transactions of its own, was sent whole, or changed tables that have none: how much of it is in the database is not known")
            .help("look into the database, and decide: `cargo dbmig resolve <id> --applied` or `--not-applied`");
    }
    let again = files.again;
    let kind = error.error.kind;
    let kept = match error.index {
        _ if error.rolled_back => "rolled back: nothing of this file is in the database".to_owned(),
        0 | 1 => "nothing of this file is in the database".to_owned(),
        2 => "statement 1 of this file is in the database".to_owned(),
        more => format!("statements 1 to {} of this file are in the database", more - 1),
    };
    let mut shown = shown.note(kept);
    let went_on = !error.rolled_back && error.index > 1;
    if !error.rolled_back {
        shown = match error.total - error.index {
            0 => shown,
            1 => shown.note(format!("statement {} was not run", error.total)),
            _ => shown.note(format!(
                "statements {} to {} were not run",
                error.index + 1,
                error.total
            )),
        };
        if matches!(kind, DbErrorKind::Closed | DbErrorKind::Timeout) {
            return shown
                .note(format!(
                    "whether statement {} itself is in the database is not known",
                    error.index
                ))
                .help(format!("let it be looked at, and go on: `{again}`"));
        }
    }
    let goes_on = match &error.version {
        _ if !went_on => "",
        Some(_) => ": it goes on there",
        None => ": it runs again from its start",
    };
    if matches!(kind, DbErrorKind::Closed | DbErrorKind::Busy) {
        // The file is not to blame.
        return shown.help(format!("try it again: `{again}`{goes_on}"));
    }
    let what = if went_on { "statement" } else { "file" };
    match error.version.as_ref().filter(|_| error.locked) {
        // What is locked is made final anew, or the next command refuses it.
        Some(version) => {
            shown.help(format!("mend the data, then `{again}`{goes_on}")).help(format!(
                "or mend the {what}, `cargo dbmig lock --relock {version}`, then `{again}`{goes_on}"
            ))
        }
        None => shown.help(format!("mend the {what}, then `{again}`{goes_on}")),
    }
}

/// The first line of a statement, cut where it gets long.
pub(crate) fn excerpt(sql: &str) -> String {
    let line = sql.lines().next().unwrap_or_default();
    let cut: String = line.chars().take(100).collect();
    if cut.len() < sql.trim_end().len() { format!("{cut} …") } else { cut }
}
