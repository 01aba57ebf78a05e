//! Set and history disagree, or what is asked for can not be done.

use dbmig_build::Version;
use dbmig_runtime::PlanError;
use dbmig_runtime::plan::Lacking;

use crate::error::CliError;
use crate::exit::Exit;

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

/// The same for `revert --missing`, which has no way around one of them.
pub fn of_missing(error: &PlanError) -> CliError {
    match error {
        PlanError::NoDown { .. } => CliError::new(Exit::History, error.to_string())
            .note("nothing was run; no down was recorded when it was applied")
            .help("bring its directory back, from version control or with a `down.sql` you write, and `cargo dbmig revert --through` it"),
        other => of_plan(other),
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
