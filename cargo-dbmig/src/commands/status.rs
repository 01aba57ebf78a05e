//! `status`: the state of every migration.

use clap::Args;
use dbmig_build::{Repeatable, Version};
use dbmig_runtime::history::{self, RepeatableState, State, StatusRow};
use dbmig_runtime::plan::{self, Target};
use dbmig_runtime::{PlanError, backfill};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::running::{self, Sides};

/// Show the state of every migration
///
/// Reads the database and writes nothing: pending, applied, modified, missing, half-done, failed,
/// reverted, skipped.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// End with 1 when something is pending, and with 4 when set and history disagree
    #[arg(long)]
    exit_code: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &StatusArgs) -> CliResult<Exit> {
    let agreement = show(context)?;
    Ok(if args.exit_code { agreement } else { Exit::Done })
}

/// Whether set and database agree, and nothing is pending.
fn agreement(rows: &[StatusRow], repeatables: &[(&Repeatable, RepeatableState)]) -> Exit {
    let any = |wanted: &dyn Fn(State) -> bool| rows.iter().any(|row| wanted(row.state));
    let due = |state: RepeatableState| {
        matches!(state, RepeatableState::Pending | RepeatableState::Changed)
    };
    match () {
        () if any(&|s| matches!(s, State::Modified | State::Missing | State::HalfDone)) => {
            Exit::History
        }
        () if any(&State::is_pending) => Exit::Findings,
        () if repeatables.iter().any(|(_, state)| due(*state)) => Exit::Findings,
        () => Exit::Done,
    }
}

/// Shows the state of every migration and repeatable, and returns whether set and database agree.
pub(crate) fn show(context: &mut Context<'_>) -> CliResult<Exit> {
    let sides = running::sides(context, Purpose::Other, Access::Read)?;
    let rows = history::status(&sides.set, &sides.history, sides.session.dialect());
    for row in &rows {
        context.output.line(line(row));
        let why = row.reason.as_deref().filter(|_| row.state == State::Skipped);
        if let Some(reason) = why {
            context.output.line(format!("{:32}{reason}", ""));
        }
    }
    let repeatables = plan::repeatable_states(&sides.set, &sides.history);
    for (repeatable, state) in &repeatables {
        context.output.line(format!("{:<9}  {:<19}  {}", state.as_str(), "", repeatable.name));
    }
    let backfills = backfill::standings(&sides.set, &sides.history);
    for standing in &backfills {
        let name = format!("{}/backfill.sql", standing.name);
        context.output.line(format!("{:<9}  {:<19}  {name}", standing.word(), ""));
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
    let stamp = sides.history.stamp.as_deref();
    if let Some(stamp) = stamp {
        context.output.line(format!("protected: the database is stamped `{stamp}`"));
    }
    let agreement = agreement(&rows, &repeatables);
    hints(context, &rows, undecided(&sides), agreement);
    if !backfill::due(&sides.set, &sides.history).is_empty() {
        context.output.help("change what is left of the rows: `cargo dbmig backfill run`");
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "status", "database": database,
        "migrations": rows.iter().map(row_json).collect::<Vec<_>>(),
        "repeatables": repeatables.iter().map(|(repeatable, state)| {
            json!({ "name": repeatable.name, "state": state.as_str() })
        }).collect::<Vec<_>>(),
        "backfills": backfills.iter().map(super::backfill::standing_json).collect::<Vec<_>>(),
        "stamp": stamp,
    }));
    Ok(agreement)
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
    match sides.plan_apply(&Target::All) {
        Err(PlanError::HalfDone { version, .. }) => Some(version),
        _ => None,
    }
}

/// What to do about what is not in order.
fn hints(
    context: &mut Context<'_>,
    rows: &[StatusRow],
    undecided: Option<Version>,
    agreement: Exit,
) {
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
    let pending = rows.iter().any(|row| row.state.is_pending());
    if !stopped && (pending || agreement == Exit::Findings) {
        context.output.help("apply what is pending: `cargo dbmig migrate`");
    }
}

fn row_json(row: &StatusRow) -> serde_json::Value {
    json!({
        "version": row.version.as_str(), "name": row.name, "state": row.state.as_str(),
        "run_on": row.run_on, "draft": row.draft, "late": row.late, "adopted": row.adopted,
        "reformatted": row.reformatted, "reason": row.reason,
    })
}
