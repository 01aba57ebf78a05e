//! Errors of the engine, for people: where, what, what state the database is in, what to type next.

mod backfill;
mod guard;
mod plan;
mod statement;

use std::path::Path;

use dbmig_runtime::session::{DbError, DbErrorKind};
use dbmig_runtime::{Direction, Error, ErrorKind, Report};

use self::backfill::of_backfill;
pub use self::plan::{not_missing, of_missing, of_plan};
pub(crate) use self::statement::excerpt;
use self::statement::{of_statement, of_statement_alone};
use crate::error::CliError;
use crate::exit::Exit;
use crate::project;

/// Where the files of an error are, for its places.
#[derive(Debug, Clone, Copy)]
pub struct Files<'a> {
    /// The folder that the names of an error are below: the migrations, or the seeds.
    pub dir: &'a Path,
    /// The current folder.
    pub cwd: &'a Path,
    /// The command to repeat.
    pub again: &'a str,
}

/// Turns an error of a run into what is shown.
pub fn of_run(error: Error, files: Files<'_>) -> CliError {
    let shown = match error.kind {
        ErrorKind::Plan(error) => return of_plan(&error),
        ErrorKind::Statement(statement) => of_statement(&statement, files),
        ErrorKind::Guard(guard) => guard::of_guard(&guard, files),
        ErrorKind::TransactionControl { name, file, place: (line, column), sql } => {
            CliError::database(format!(
                "{}:{line}:{column}: `{}` in a file that runs in a transaction",
                place(&name, &file, files),
                excerpt(&sql)
            ))
            .note("nothing of this file was run")
            .help("take it out: the file runs in a transaction of its own, together with its history")
            .help("or set `run_in_transaction = false` in `metadata.toml`")
        }
        ErrorKind::TransactionEnded { path } => CliError::database(format!(
            "{}: the file ended the transaction it ran in",
            shown_path(&path, files)
        ))
        .note("it holds a COMMIT or ROLLBACK of its own; what stood before that may be in the database")
        .help("look into the database, and decide: `cargo dbmig resolve <id> --applied` or `--not-applied`"),
        ErrorKind::ForeignKeys { path, violations } => {
            let error = CliError::database(format!(
                "{}: foreign keys do not hold after it",
                shown_path(&path, files)
            ))
            .note("rolled back: nothing of it is in the database");
            violations.into_iter().fold(error, CliError::note)
        }
        ErrorKind::Database { doing, error } => of_database(doing, error),
        ErrorKind::Step { path, doing, error, rolled_back } => {
            let path = shown_path(&path, files);
            let mut shown = of_database(doing, error);
            shown.message = format!("{path}: {}", shown.message);
            match rolled_back {
                true => shown.note("rolled back: nothing of this file is in the database"),
                false => shown
                    .note("some of this file can be in the database")
                    .help("see what is there: `cargo dbmig status`"),
            }
            .help(format!("go on: `{}`", files.again))
        }
        ErrorKind::AnotherRunner { waited, holder } => {
            let error = CliError::new(
                Exit::Busy,
                format!("another runner is still at work after {} s", waited.as_secs()),
            );
            let error = match holder {
                Some(holder) => error.note(format!("the lock is held by {holder}")),
                None => error,
            };
            error
                .help(format!("wait for it: `{} --runner-wait 1h`", files.again))
                .help("see what it does: `cargo dbmig status`")
        }
        ErrorKind::CommitUnknown { path, error } => CliError::database(format!(
            "{}: the connection was lost while it was being committed",
            shown_path(&path, files)
        ))
        .cause(error.to_string())
        .note("it is in the database as a whole, or not at all")
        .help("find out: `cargo dbmig status`"),
        ErrorKind::Pooler { name } => CliError::database(format!(
            "migration `{name}` runs outside a transaction, which a transaction pooler does not carry"
        ))
        .note("nothing of it was run")
        .help("give the URL of the server itself: `--database-url <URL>`"),
        ErrorKind::TooLong { path, place, bytes, limit } => {
            let at = place.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default();
            CliError::database(format!(
                "{}{at}: {bytes} bytes are more than the server takes in one packet ({limit})",
                shown_path(&path, files)
            ))
            .note("nothing of this file was run")
            .help("make several statements of it")
            .help("or let the server take more: `SET GLOBAL max_allowed_packet = <bytes>`")
        }
        ErrorKind::NotInOneTransaction { name, reason } => CliError::usage(format!(
            "migration `{name}` can not be part of one transaction for all: {reason}"
        ))
        .note("nothing was run")
        .help("take one transaction for each: `cargo dbmig migrate --tx each`"),
        ErrorKind::NotInScript { name, file, place: at, reason } => {
            let what = match (file, at) {
                (Some(file), Some((line, column))) => {
                    format!("{}:{line}:{column}", place(&name, file, files))
                }
                _ => format!("migration `{name}`"),
            };
            CliError::usage(format!("{what}: no script can hold it: {reason}"))
                .note("nothing was printed")
                .help(format!("run it with the engine: `{}`", files.again))
        }
        ErrorKind::Backfill(error) => return of_backfill(*error, files),
        ErrorKind::OpenTransaction => CliError::database("the connection has an open transaction"),
        ErrorKind::Interrupted => interrupted(files.again),
        ErrorKind::Embedded(error) => CliError::database(error.to_string()),
        other => CliError::database(other.to_string()),
    };
    match before(&error.report) {
        Some(note) => shown.note(note),
        None => shown,
    }
}

/// A signal came: what is in the database, and how to go on.
fn interrupted(again: &str) -> CliError {
    CliError::new(Exit::Interrupted, "interrupted")
        .note("rolled back: nothing of a file that runs in a transaction is in the database")
        .note("one that runs without a transaction stopped between its statements, or is in doubt")
        .help("see what is there: `cargo dbmig status`")
        .help(format!("go on: `{again}`"))
}

/// Turns an error of the engine's own statements into what is shown.
pub fn of_database(doing: &str, error: DbError) -> CliError {
    let exit = match error.kind {
        DbErrorKind::Busy => Exit::Busy,
        DbErrorKind::Interrupted => Exit::Interrupted,
        _ => Exit::Database,
    };
    let message = match error.kind {
        // Whatever it was that was cut short.
        DbErrorKind::Interrupted => format!("interrupted: could not {doing}"),
        _ => format!("could not {doing}"),
    };
    let shown = CliError::new(exit, message).cause(error.to_string());
    let shown = match error.kind {
        DbErrorKind::Busy => {
            shown.help("another program holds the database: end it, and try again")
        }
        DbErrorKind::ReadOnly => shown.help("the database file, or its folder, can not be written"),
        DbErrorKind::Closed => {
            shown.help("the connection was lost: see what is there with `cargo dbmig status`")
        }
        _ => shown,
    };
    error.hint.into_iter().fold(shown, CliError::help)
}

/// The same of a run on a scratch database: nobody has to decide about what it left there.
pub fn on_scratch(error: Error, files: Files<'_>) -> CliError {
    if let ErrorKind::Statement(statement) = &error.kind {
        return of_statement_alone(statement, files);
    }
    let mut shown = of_run(error, files);
    shown.help.clear();
    shown
}

fn place(name: &str, file: &str, files: Files<'_>) -> String {
    project::show(&files.dir.join(name).join(file), files.cwd)
}

fn shown_path(path: &str, files: Files<'_>) -> String {
    project::show(&files.dir.join(path), files.cwd)
}

/// What was done before, so that nothing is half done without saying so.
fn before(report: &Report) -> Option<String> {
    let names = |direction| -> Vec<&str> {
        report
            .done
            .iter()
            .filter(|done| done.direction == direction)
            .map(|done| &*done.name)
            .collect()
    };
    let part = |verb: &str, names: &[&str]| match names {
        [] => None,
        [.., last] => {
            Some(format!("{verb} before it, and kept: {} (the last `{last}`)", names.len()))
        }
    };
    let parts: Vec<_> =
        [part("reverted", &names(Direction::Down)), part("applied", &names(Direction::Up))]
            .into_iter()
            .flatten()
            .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_held_is_busy_while_the_history_is_read() {
        let error = DbError::new(DbErrorKind::Busy, "database is locked");
        let shown = of_database("read the history", error);
        assert_eq!(shown.exit, Exit::Busy);
        assert_eq!(shown.message, "could not read the history");
        assert_eq!(shown.help, ["another program holds the database: end it, and try again"]);
    }

    #[test]
    fn a_wish_to_stop_is_told_whatever_it_cut_short() {
        let error = DbError::new(DbErrorKind::Interrupted, "query was interrupted");
        let shown = of_database("create the history tables", error);
        assert_eq!(shown.exit, Exit::Interrupted);
        assert_eq!(shown.message, "interrupted: could not create the history tables");
    }
}
