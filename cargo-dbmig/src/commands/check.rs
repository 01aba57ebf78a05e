//! `check`: the gate for CI.

use clap::Args;
use dbmig_build::Findings;
use serde_json::json;

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::output::Format;
use crate::render;
use crate::workspace;

/// Check migrations, lock file, and settings: the gate for CI
///
/// Visits every set of the workspace once, or the one of `--package`, and reports everything that is not
/// in order. Needs no database. Drafts are refused: lock them.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check every set of the workspace; this is the default
    #[arg(long, conflicts_with = "package")]
    workspace: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &CheckArgs) -> CliResult<Exit> {
    let findings = if one_set(context, args) { vec![only(context)?] } else { all(context)? };
    let mut merged = Findings::default();
    let mut sets = 0;
    for (migrations, findings) in findings {
        sets += 1;
        merged.extend(findings);
        if context.output.format == Format::Human {
            context.output.progress(format!("checked {migrations}"));
        }
    }
    render::findings(context.output, &merged);
    let sets_in_words = render::count(sets, "set");
    context.output.line(match render::summary(&merged) {
        Some(summary) => format!("{sets_in_words}: {summary}"),
        None => format!("{sets_in_words}: in order"),
    });
    context.output.json(&json!({
        "dbmig": 1, "command": "check", "sets": sets,
        "findings": merged.iter().map(render::finding_json).collect::<Vec<_>>(),
    }));
    Ok(if merged.has_errors() { Exit::Findings } else { Exit::Done })
}

/// A package, a directory, or a folder without a workspace was named.
fn one_set(context: &Context<'_>, args: &CheckArgs) -> bool {
    let named = context.global.package.is_some()
        || context.global.migrations_dir.is_some()
        || context.global.database.is_some();
    named || (!args.workspace && !workspace::is_workspace(&context.project))
}

type Outcome = (String, Findings);

fn only(context: &mut Context<'_>) -> CliResult<Outcome> {
    let checked = context.check()?;
    let dir = context.migrations_dir()?;
    let count = checked
        .set
        .map_or(String::new(), |set| format!(" ({})", render::count(set.len(), "migration")));
    Ok((format!("{}{count}", context.show(&dir)), checked.findings))
}

/// Every set of the workspace, each once however many packages share it.
fn all(context: &mut Context<'_>) -> CliResult<Vec<Outcome>> {
    let sets = workspace::all_sets(&context.project.start, &context.env)?;
    if sets.is_empty() {
        return Ok(vec![only(context)?]);
    }
    let mut outcomes = Vec::new();
    let before = (context.project.clone(), context.global.clone());
    for set in sets {
        context.project = set.project;
        context.global.database = set.database;
        outcomes.push(only(context)?);
    }
    (context.project, context.global) = before;
    Ok(outcomes)
}
