//! A backfill that does not run, or stopped.

use dbmig_build::Version;
use dbmig_runtime::backfill::BackfillError;
use dbmig_runtime::session::DbErrorKind;

use super::{Files, place};
use crate::error::CliError;
use crate::exit::Exit;

/// What is in the database, and how to go on.
pub(super) fn of_backfill(error: BackfillError, files: Files<'_>) -> CliError {
    let path = |name: &str| place(name, "backfill.sql", files);
    let version = |name: &str| Version::of_directory(name);
    match error {
        BackfillError::Unknown(_) => CliError::usage(error.to_string())
            .help("list those there are: `cargo dbmig backfill status`"),
        BackfillError::NotApplied { .. } => CliError::new(Exit::History, error.to_string())
            .help("apply it first: `cargo dbmig migrate`"),
        BackfillError::Invalid { name, problems } => {
            let mut shown =
                CliError::new(Exit::Findings, format!("{} is not in order", path(&name)));
            for problem in problems {
                let (line, column) = problem.place;
                shown = shown
                    .note(format!("{}:{line}:{column}: {}", path(&name), problem.message))
                    .help(problem.help);
            }
            shown
        }
        BackfillError::Changed { name, done } => {
            let when = if done { "was run" } else { "began" };
            CliError::new(Exit::History, format!("{} was edited since it {when}", path(&name)))
                .note("nothing was run")
                .help("restore the file, and go on with it")
                .help(format!(
                    "or begin anew with what it says now: `cargo dbmig backfill run {} --again`",
                    version(&name)
                ))
        }
        BackfillError::Stopped { ref name, cancelled } => {
            let (what, command) = match cancelled {
                true => ("begin anew", format!("run {} --again", version(name))),
                false => ("go on", format!("resume {}", version(name))),
            };
            CliError::new(Exit::History, error.to_string())
                .help(format!("{what}: `cargo dbmig backfill {command}`"))
        }
        BackfillError::NotRunning { .. } => CliError::new(Exit::History, error.to_string())
            .help("see where it stands: `cargo dbmig backfill status`"),
        BackfillError::Key { name, reason } => {
            CliError::usage(format!("{}: {reason}", path(&name)))
                .note("nothing was run")
                .help("name a key that is unique and never NULL: `-- dbmig:key <column>`")
        }
        BackfillError::Query { name, which, error } => {
            let shown =
                CliError::database(format!("{}: `dbmig:{which}` failed: {error}", path(&name)));
            error.hint.into_iter().fold(shown, CliError::note)
        }
        BackfillError::Window {
            name,
            place: (line, column),
            first,
            last,
            seen,
            error,
            blockers,
        } => {
            let mut shown = CliError::database(format!("{}:{line}:{column}: {error}", path(&name)))
                .note(format!(
                    "in the window from key {first} to key {last}, which was rolled back"
                ))
                .note(match seen {
                    0 => "nothing was done before it".to_owned(),
                    rows => format!("the {rows} rows before it are done, and stay"),
                });
            for more in [error.detail, error.hint].into_iter().flatten() {
                shown = shown.note(more);
            }
            shown =
                blockers.iter().fold(shown, |shown, who| shown.note(format!("in its way: {who}")));
            if matches!(error.kind, DbErrorKind::Busy | DbErrorKind::Closed | DbErrorKind::Timeout)
            {
                // Neither the data nor the file is to blame.
                return shown.help(format!("try it again, it goes on there: `{}`", files.again));
            }
            shown.help(format!("mend the data, and go on there: `{}`", files.again)).help(format!(
                "or mend the file, and begin anew: `cargo dbmig backfill run {} --again`",
                version(&name)
            ))
        }
        other => CliError::database(other.to_string()),
    }
}
