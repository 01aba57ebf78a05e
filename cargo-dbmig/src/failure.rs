//! Errors of the engine, for people: where, what, what state the database is in, what to type next.

mod guard;

use std::path::Path;

use dbmig_build::Version;
use dbmig_runtime::backfill::BackfillError;
use dbmig_runtime::plan::Lacking;
use dbmig_runtime::session::{DbError, DbErrorKind};
use dbmig_runtime::{Direction, Error, ErrorKind, PlanError, Report, StatementError};

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

/// A backfill does not run, or stopped: what is in the database, and how to go on.
fn of_backfill(error: BackfillError, files: Files<'_>) -> CliError {
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
        BackfillError::Window { name, place: (line, column), first, last, seen, error } => {
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
            shown.help(format!("mend the data, and go on there: `{}`", files.again)).help(format!(
                "or mend the file, and begin anew: `cargo dbmig backfill run {} --again`",
                version(&name)
            ))
        }
        other => CliError::database(other.to_string()),
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

fn of_statement(error: &StatementError, files: Files<'_>) -> CliError {
    let shown = of_statement_alone(error, files);
    let shown =
        error.blockers.iter().fold(shown, |shown, who| shown.note(format!("in its way: {who}")));
    with_state(shown, error, files)
}

/// Where it is, which statement, and what the database says.
fn of_statement_alone(error: &StatementError, files: Files<'_>) -> CliError {
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

/// The same for `revert --missing`, which has no way around one of them.
pub fn of_missing(error: &PlanError) -> CliError {
    match error {
        PlanError::NoDown { .. } => CliError::new(Exit::History, error.to_string())
            .note("nothing was run; no down was recorded when it was applied")
            .help("bring its directory back, from version control or with a `down.sql` you write, and `cargo dbmig revert --through` it"),
        other => of_plan(other),
    }
}

/// Turns a disagreement between set and history into what is shown.
pub fn of_plan(error: &PlanError) -> CliError {
    let shown = CliError::new(Exit::History, error.to_string());
    match error {
        PlanError::WrongDialect { .. } => CliError::usage(error.to_string())
            .help("check `dialect` in dbmig.toml and the URL of the database"),
        PlanError::Modified { versions, drafts } => {
            let oldest = first(versions);
            let shown = shown.note("nothing was run");
            if *drafts {
                return shown.help(format!(
                    "revert and apply them again: `cargo dbmig redo --through {oldest}`"
                ));
            }
            shown
                .help("restore the files, and write a new migration: `cargo dbmig generate <name>`")
                .help(format!("in development: `cargo dbmig redo --through {oldest}`"))
        }
        PlanError::Missing(versions) => shown
            .note("nothing was run")
            .help("update the migrations: another branch or a newer release has them")
            .help(format!(
                "or take them out of the database: `cargo dbmig revert --missing` ({})",
                versions.len()
            )),
        PlanError::Requires { version, lacking, .. } => {
            let shown = shown.note("nothing was run");
            match lacking {
                Lacking::Unknown => shown.help("mend `requires` in its `metadata.toml`"),
                Lacking::NotApplied => shown.help("apply it first: `cargo dbmig migrate`"),
                Lacking::NotDone("paused") => {
                    shown.help(format!("go on with it: `cargo dbmig backfill resume {version}`"))
                }
                Lacking::NotDone("cancelled") => shown
                    .help(format!("begin it anew: `cargo dbmig backfill run {version} --again`")),
                Lacking::NotDone(_) => shown
                    .help(format!("run it: `cargo dbmig backfill run {version}`"))
                    .help(format!(
                        "or, if its rows were changed in another way: `cargo dbmig backfill verify {version}`"
                    )),
                Lacking::RowsLeft => shown.help(format!(
                    "go over the table once more: `cargo dbmig backfill run {version} --again`"
                )),
            }
        }
        PlanError::Settings { .. } => {
            shown.note("nothing was run").help("mend its `metadata.toml`")
        }
        PlanError::HalfDone { version, .. } => shown
            .note("it was interrupted, or what ran of it was edited since, or another runner is at it: wait for that one")
            .help(format!("it is all in the database: `cargo dbmig resolve {version} --applied`"))
            .help(format!(
                "you undid all of it by hand: `cargo dbmig resolve {version} --not-applied`"
            )),
        PlanError::Drafts(_) => shown.help("make them final: `cargo dbmig lock`"),
        PlanError::Beyond { .. } => CliError::usage(error.to_string())
            .note("nothing was run")
            .help("raise `target_version` of the environment in dbmig.toml"),
        PlanError::UnknownTarget(_) | PlanError::TargetNotApplied(_) => {
            CliError::usage(error.to_string()).help("list them: `cargo dbmig status`")
        }
        PlanError::AlreadyApplied(version) => CliError::usage(error.to_string())
            .note("nothing was recorded")
            .help(format!("see when and how: `cargo dbmig log {version}`")),
        PlanError::BaselineUnclear { .. } => CliError::usage(error.to_string())
            .note("nothing was recorded")
            .help("say how far: `cargo dbmig baseline --at <id>`")
            .help("or apply what is pending: `cargo dbmig migrate`"),
        PlanError::Unchanged { .. } => {
            CliError::usage(error.to_string())
                .note("nothing was recorded")
                .help("see what differs: `cargo dbmig repair`")
        }
        PlanError::ReversedRange { after, through } => CliError::usage(error.to_string())
            .help(format!("turn it round: `cargo dbmig sql {through}..{after}`"))
            .help("the script that reverts it: the same with `--down`"),
        PlanError::EmptyUp { .. } => {
            shown.note("nothing was run").help("write its statements, or remove its directory")
        }
        PlanError::NoDown { version, .. } => shown
            .note("nothing was run")
            .help("write its `down.sql`")
            .help(format!("or stop before it: `cargo dbmig revert --to {version}`")),
        PlanError::Irreversible { version, .. } => shown
            .note("nothing was run")
            .help(format!("stop before it: `cargo dbmig revert --to {version}`")),
        _ => shown,
    }
}

/// Only what has no directory is forgotten by `repair`.
pub fn not_missing(name: &str, version: &Version) -> CliError {
    CliError::usage(format!("migration `{name}` has its directory"))
        .note("nothing was recorded")
        .help(format!("revert it: `cargo dbmig revert --only {version}`"))
        .help(format!(
            "it was undone by hand: `cargo dbmig resolve {version} --not-applied --reason \"…\"`"
        ))
}

fn first(versions: &[Version]) -> &str {
    versions.first().map_or("", Version::as_str)
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
