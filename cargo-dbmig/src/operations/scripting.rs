//! Scripts that a database's own client runs: what they are made of, and how they are given.

use dbmig_build::MigrationSet;
use dbmig_runtime::offline::{self, Range, Script};
use dbmig_runtime::plan::Plan;
use dbmig_runtime::{Dialect, Error};
use serde_json::json;

use super::running::{self, Sides};
use crate::context::Context;
use crate::database::Setup;
use crate::error::CliResult;
use crate::failure::{self, Files};
use crate::output::Format;

/// Gives the script of a plan for the database whose history it was made from.
///
/// # Errors
///
/// No script can hold one of its steps.
pub fn give_plan(
    context: &mut Context<'_>,
    sides: &Sides,
    plan: &Plan,
    command: &str,
) -> CliResult<()> {
    let dialect = sides.session.dialect();
    let sql = session_sql(context, dialect)?;
    let script = offline::of_plan(&sides.set, &sides.history, plan, dialect, &sql);
    give(context, &sides.set, script, command)
}

/// Gives the script of a range, without a database.
///
/// # Errors
///
/// The range can not be applied or reverted, or no script can hold one of its steps.
pub fn give_range(
    context: &mut Context<'_>,
    set: &MigrationSet,
    range: &Range,
    dialect: Dialect,
) -> CliResult<()> {
    let sql = session_sql(context, dialect)?;
    let rules = running::rules(context, false)?;
    let script = offline::of_range(set, range, dialect, &rules, &sql);
    give(context, set, script, "sql")
}

/// What every session of the environment begins with.
fn session_sql(context: &Context<'_>, dialect: Dialect) -> CliResult<String> {
    Ok(Setup::of(&context.environment()?.section).sql(dialect))
}

fn give(
    context: &mut Context<'_>,
    set: &MigrationSet,
    script: Result<Script, Error>,
    command: &str,
) -> CliResult<()> {
    let dir = context.migrations_dir()?;
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig migrate" };
    let Script { text, steps } = script.map_err(|error| failure::of_run(error, files))?;
    if let [first, ..] = set.repeatables() {
        context
            .output
            .note(format!("`{}` is not part of it: repeatables go into no script", first.name));
    }
    if steps == 0 {
        context.output.note("there is nothing to do, and the script says so");
    }
    if context.output.format != Format::Json {
        context.output.raw(&text);
    }
    context.output.json(&json!({ "dbmig": 1, "command": command, "script": text }));
    Ok(())
}
