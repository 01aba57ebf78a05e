//! `log`: what was done to a database, and by whom.

use std::time::Duration;

use clap::Args;
use dbmig_build::Version;
use dbmig_runtime::history::{self, Entry};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::running;
use crate::render;

/// Show what was done to a database, the newest first
///
/// Every attempt that was recorded: applied, reverted, adopted, repeated, failed; with its time, how long
/// it took, and why a person decided it. Reads the database and writes nothing.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only this migration, or this repeatable (`R__<name>.sql`)
    migration: Option<String>,
    /// At most N attempts
    #[arg(long, short = 'n', value_name = "N")]
    last: Option<usize>,
}

pub(crate) fn run(context: &mut Context<'_>, args: &LogArgs) -> CliResult<Exit> {
    let mut sides = running::sides(context, Purpose::Other, Access::Read)?;
    let version = match args.migration.as_deref() {
        None => None,
        // Shortened as it is where it is recorded.
        Some(name) if name.starts_with("R__") => Some(history::key_of(name)),
        Some(text) => Some(sides.find(text)?),
    };
    let entries = history::log(&mut *sides.session, &sides.history, version.as_ref(), args.last)
        .map_err(|error| failure::of_database("read the history", error))?;
    for entry in &entries {
        context.output.line(line(entry));
        for more in notes(entry, version.as_ref()) {
            context.output.line(format!("{:21}{more}", ""));
        }
    }
    if entries.is_empty() {
        let database = context.database_name()?;
        context.output.line(format!("{database}: nothing was recorded"));
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "log", "attempts": entries.iter().map(entry_json).collect::<Vec<_>>(),
    }));
    Ok(Exit::Done)
}

fn line(entry: &Entry) -> String {
    let when = entry.finished_at.as_deref().unwrap_or(&entry.started_at);
    let when = when.get(..19).unwrap_or(when);
    let done = match (&*entry.action, &*entry.state) {
        ("apply", "finished") => "applied",
        ("revert", "finished") => "reverted",
        ("adopt", "finished") => "adopted",
        ("accept", "finished") => "accepted",
        ("repeat", "finished") => "repeated",
        ("skip", "finished") => "skipped",
        (_, "failed") => "failed",
        (_, "started") => "started",
        (other, _) => other,
    };
    let mut about = Vec::new();
    if entry.statements_total > 0 {
        about.push(match entry.state == "finished" {
            true => {
                render::count(usize::try_from(entry.statements_total).unwrap_or(0), "statement")
            }
            false => {
                format!("{} of {} statements", entry.statements_done, entry.statements_total)
            }
        });
        let time = entry.milliseconds.and_then(|ms| u64::try_from(ms).ok());
        about.extend(time.map(|ms| render::duration(Duration::from_millis(ms))));
    }
    if entry.state != "finished" && entry.action != "apply" {
        about.push(format!("to {}", entry.action));
    }
    let about = if about.is_empty() { String::new() } else { format!("  ({})", about.join(", ")) };
    format!("{when}  {done:<8}  {}{about}", entry.name)
}

/// What does not fit into the line. The whole of an error only where one migration was asked for.
fn notes(entry: &Entry, version: Option<&Version>) -> Vec<String> {
    let mut notes: Vec<_> = entry.reason.iter().map(|reason| format!("reason: {reason}")).collect();
    let error = entry.error.as_deref().unwrap_or_default();
    match version {
        None => notes.extend(error.lines().next().map(|line| format!("error: {line}"))),
        Some(_) => {
            notes.extend(error.lines().map(|line| format!("error: {line}")));
            notes.push(format!("run {}, {} ({})", entry.batch, entry.runner, entry.tool));
        }
    }
    notes
}

fn entry_json(entry: &Entry) -> serde_json::Value {
    json!({
        "id": entry.id, "version": entry.version, "attempt": entry.attempt, "action": entry.action,
        "name": entry.name, "mode": entry.mode, "state": entry.state,
        "statements_total": entry.statements_total, "statements_done": entry.statements_done,
        "batch": entry.batch, "runner": entry.runner, "tool": entry.tool,
        "started_at": entry.started_at, "finished_at": entry.finished_at,
        "milliseconds": entry.milliseconds, "reason": entry.reason, "error": entry.error,
    })
}
