//! `status`: the state of every migration.

use clap::Args;
use dbmig_build::Version;
use dbmig_runtime::PlanError;
use dbmig_runtime::history::{self, State, StatusRow};
use dbmig_runtime::plan::Target;
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::running::{self, Sides};

/// Show the state of every migration
///
/// Reads the database and writes nothing: pending, applied, modified, missing, half-done, failed,
/// reverted.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// End with 1 when something is pending, and with 4 when set and history disagree
    #[arg(long)]
    exit_code: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &StatusArgs) -> CliResult<Exit> {
    let rows = show(context)?;
    Ok(if args.exit_code { agreement(&rows) } else { Exit::Done })
}

/// Whether set and database agree, and nothing is pending.
pub(crate) fn agreement(rows: &[StatusRow]) -> Exit {
    let any = |wanted: &dyn Fn(State) -> bool| rows.iter().any(|row| wanted(row.state));
    match () {
        () if any(&|s| matches!(s, State::Modified | State::Missing | State::HalfDone)) => {
            Exit::History
        }
        () if any(&State::is_pending) => Exit::Findings,
        () => Exit::Done,
    }
}

/// Shows the state of every migration and returns it.
pub(crate) fn show(context: &mut Context<'_>) -> CliResult<Vec<StatusRow>> {
    let sides = running::sides(context, Purpose::Other, Access::Read)?;
    let rows = history::status(&sides.set, &sides.history, sides.session.dialect());
    for row in &rows {
        context.output.line(line(row));
    }
    let count =
        |wanted: &dyn Fn(State) -> bool| rows.iter().filter(|row| wanted(row.state)).count();
    // What was edited since is applied all the same.
    let applied = count(&|s| matches!(s, State::Applied | State::Modified));
    let modified = match count(&|s| s == State::Modified) {
        0 => String::new(),
        some => format!(" ({some} {})", State::Modified.as_str()),
    };
    let mut parts = vec![
        format!("{applied} applied{modified}"),
        format!("{} pending", count(&State::is_pending)),
    ];
    for state in [State::Missing, State::HalfDone] {
        match count(&|s| s == state) {
            0 => {}
            more => parts.push(format!("{more} {}", state.as_str())),
        }
    }
    let database = context.database_name()?;
    context.output.line(format!("{database}: {}", parts.join(", ")));
    hints(context, &rows, undecided(&sides));
    context.output.json(&json!({
        "dbmig": 1, "command": "status", "database": database,
        "migrations": rows.iter().map(row_json).collect::<Vec<_>>(),
    }));
    Ok(rows)
}

fn line(row: &StatusRow) -> String {
    let mut marks = Vec::new();
    let flags = [
        (row.draft, "draft"),
        (row.late, "late"),
        (row.adopted, "adopted"),
        (row.reformatted, "reformatted"),
    ];
    marks.extend(flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word));
    let when = row.run_on.as_deref().map(|when| when.get(..19).unwrap_or(when)).unwrap_or("-");
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    format!("{:<9}  {when:<19}  {}{marks}", row.state.as_str(), row.name)
}

/// What stopped half way and can not go on by itself: an apply would stop at it.
fn undecided(sides: &Sides) -> Option<Version> {
    match sides.plan_apply(&Target::All, false) {
        Err(PlanError::HalfDone { version, .. }) => Some(version),
        _ => None,
    }
}

/// What to do about what is not in order.
fn hints(context: &mut Context<'_>, rows: &[StatusRow], undecided: Option<Version>) {
    let first = |state| rows.iter().find(|row| row.state == state);
    let half_done = first(State::HalfDone);
    if let Some(version) = &undecided {
        context.output.help(format!("decide about it: `cargo dbmig resolve {version} --help`"));
    } else if let Some(row) = half_done {
        context.output.help(format!(
            "mend the file of `{}`, and go on where it stopped: `cargo dbmig migrate`",
            row.name
        ));
    }
    if let Some(row) = first(State::Modified) {
        let help = if row.draft {
            format!("apply what was edited: `cargo dbmig redo --through {}`", row.version)
        } else {
            "restore what was edited, and write a new migration: `cargo dbmig generate <name>`"
                .to_owned()
        };
        context.output.help(help);
    }
    if first(State::Missing).is_some() {
        context
            .output
            .help("take what is missing here out of the database: `cargo dbmig revert --missing`");
    }
    let stopped = undecided.is_some() || half_done.is_some();
    if !stopped && rows.iter().any(|row| row.state.is_pending()) {
        context.output.help("apply what is pending: `cargo dbmig migrate`");
    }
}

fn row_json(row: &StatusRow) -> serde_json::Value {
    json!({
        "version": row.version.as_str(), "name": row.name, "state": row.state.as_str(),
        "run_on": row.run_on, "draft": row.draft, "late": row.late, "adopted": row.adopted,
        "reformatted": row.reformatted,
    })
}
