//! `check`: the gate for CI.

use clap::Args;
use dbmig_build::{Dialect, Findings};
use serde_json::json;

use super::status;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::proving::WaysBack;
use crate::operations::{base, seeding};
use crate::output::Format;
use crate::render;
use crate::typed::Typed;
use crate::workspace;

/// Check migrations, lock file, and settings: the gate for CI
///
/// Visits every set of the workspace once, or the one of `--package`, and reports everything that is not
/// in order. Needs no database, unless `--live` asks for one. Drafts are refused: lock them.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check every set of the workspace; this is the default
    #[arg(long, conflicts_with = "package")]
    workspace: bool,
    /// Compare with this branch [default: `[policy] base`, else the default branch of origin]
    ///
    /// Compared at the point where this branch left it: what was there may not change, and what is new
    /// comes after its newest, or commutes.
    #[arg(long, value_name = "BRANCH", num_args = 0..=1, default_missing_value = "")]
    against: Option<String>,
    /// Also look into the database: what is pending, modified, missing, late, adopted, failed, half-done
    ///
    /// Of one set: name it with `--package` or `--database` where there are several. Reads, and writes
    /// nothing. Ends with 4 when set and history disagree, and with 1 when something is pending.
    #[arg(long)]
    live: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &CheckArgs) -> CliResult<Exit> {
    let against = args.against.as_deref();
    let findings = if one_project(context, args) {
        databases(context, against)?
    } else {
        all(context, against)?
    };
    let mut merged = Findings::default();
    let mut sets = 0;
    let mut ways = WaysBack::default();
    for Outcome { migrations, findings, ways_back } in findings {
        sets += 1;
        merged.extend(findings);
        ways.add(ways_back);
        if context.output.format == Format::Human {
            context.output.progress(format!("checked {migrations}{}", ways_back.in_words()));
        }
    }
    render::findings(context.output, &merged);
    let sets_in_words = render::count(sets, "set");
    context.output.line(match render::summary(&merged) {
        Some(summary) => format!("{sets_in_words}: {summary}"),
        None => format!("{sets_in_words}: in order"),
    });
    context.output.json(&json!({
        "dbmig": 1, "command": "check", "sets": sets, "ways_back": ways.json(),
        "findings": merged.iter().map(render::finding_json).collect::<Vec<_>>(),
    }));
    let exit = if merged.has_errors() { Exit::Findings } else { Exit::Done };
    if !args.live || merged.has_errors() {
        return Ok(exit);
    }
    if sets != 1 || !one_project(context, args) {
        return Err(CliError::usage(
            "`--live` looks into the database of one set, and there are several",
        )
        .help("name it: `cargo dbmig check --live --package <PKG>` or `--database <NAME>`"));
    }
    context.output.answer_below(Some("database"));
    status::show(context)
}

/// A package, a directory, or a database was named, or there is no workspace.
fn one_project(context: &Context<'_>, args: &CheckArgs) -> bool {
    let named = context.global.package.is_some()
        || context.global.migrations_dir.is_some()
        || context.global.database.is_some();
    named || (!args.workspace && !workspace::is_workspace(&context.project))
}

/// What is to be said of a set.
struct Outcome {
    /// Where it is, and how large.
    migrations: String,
    findings: Findings,
    ways_back: WaysBack,
}

fn only(context: &mut Context<'_>, against: Option<&str>) -> CliResult<Outcome> {
    let mut checked = context.check_for_build()?;
    let policy = context.policy();
    let compared = base::findings(context, &checked, against)?;
    // A conflict with what is locked here and with the base is one conflict.
    checked.findings.retain_mut(|finding| {
        !compared.iter().any(|other| (other.code, &other.path) == (finding.code, &finding.path))
    });
    checked.findings.extend(compared);
    let dialects = checked.set.as_ref().map(|set| set.dialects().to_vec()).unwrap_or_default();
    let dialect = context.configured_dialect()?.or(dialects.first().copied());
    let forms = seeding::check_forms(context, dialect.unwrap_or(Dialect::Sqlite))?;
    checked.findings.extend(forms);
    if let Some(name) = &context.global.database {
        // Many are visited, and a command means one.
        let typed = Typed::database(name);
        checked.findings.retain_mut(|finding| {
            finding.help.iter_mut().for_each(|help| *help = typed.complete(help));
            true
        });
    }
    checked.findings.sort();
    let dir = context.migrations_dir()?;
    let shown = context.show(&dir);
    // A set that is not in order has its directories all the same.
    let count = match checked.set {
        Some(set) => set.len(),
        None => dbmig_build::load(&dir, &shown).migrations.len(),
    };
    let ways_back = checked.lock.as_ref().map_or_else(WaysBack::default, |lock| {
        WaysBack::of(lock, policy.as_ref().unwrap_or(&lock.policy))
    });
    Ok(Outcome {
        migrations: format!("{shown} ({})", render::count(count, "migration")),
        findings: checked.findings,
        ways_back,
    })
}

/// Every database of the project, or the one that was named.
fn databases(context: &mut Context<'_>, against: Option<&str>) -> CliResult<Vec<Outcome>> {
    if context.global.migrations_dir.is_some() || context.global.database.is_some() {
        return Ok(vec![only(context, against)?]);
    }
    let names: Vec<_> = context
        .project
        .config
        .database_names()
        .into_iter()
        .map(|name| name.map(str::to_owned))
        .collect();
    let mut outcomes = Vec::new();
    for name in names {
        context.global.database = name;
        outcomes.push(only(context, against)?);
    }
    context.global.database = None;
    Ok(outcomes)
}

/// Every set of the workspace, each once however many packages share it.
fn all(context: &mut Context<'_>, against: Option<&str>) -> CliResult<Vec<Outcome>> {
    let sets = workspace::all_sets(&context.project.start, &context.env)?;
    if sets.is_empty() {
        return databases(context, against);
    }
    let mut outcomes = Vec::new();
    let before = (context.project.clone(), context.global.clone());
    for set in sets {
        context.project = set.project;
        context.global.database = set.database;
        outcomes.push(only(context, against)?);
    }
    (context.project, context.global) = before;
    Ok(outcomes)
}
