//! `seed check`.

use clap::Args;
use dbmig_build::{Findings, Seed};
use dbmig_runtime::proof::{self, Shadow as _};
use dbmig_runtime::{Session, runner, seed};
use serde_json::json;

use super::{SelectArgs, pending};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::operations::{proving, running, seeding};
use crate::render;

/// Hold every cell of the data files against the schema
///
/// Against the database of the environment where it is there and nothing is pending, else against what the
/// migrations make of a scratch database. Nothing is written.
#[derive(Debug, Args)]
pub struct SeedCheckArgs {
    #[command(flatten)]
    select: SelectArgs,
    /// Take what the migrations make of a scratch database
    #[arg(long)]
    no_database: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &SeedCheckArgs) -> CliResult<Exit> {
    let seeds = seeding::load(context, args.select.selection())?;
    let mut findings = runner::lonely_side_files(&seeds);
    let live = !args.no_database && context.location().is_ok();
    let mut checked = None;
    if live && crate::commands::revert::existing_only(context).is_ok() {
        let mut sides = running::sides(context, Purpose::Other, Access::Read)?;
        if pending(&sides) == 0 {
            checked = Some(check(&mut *sides.session, &seeds)?);
        }
    }
    let against =
        if checked.is_some() { context.database_name()? } else { "the migrations".into() };
    findings.extend(match checked {
        Some(found) => found,
        None => on_scratch(context, &seeds)?,
    });
    findings.sort();
    let errors = seeding::show_findings(context, &findings)?;
    let (files, _) = seeding::data_files(&seeds);
    context.output.line(format!(
        "{} checked against {against}: {}",
        render::count(files.len(), "data file"),
        if errors == 0 { "in order".to_owned() } else { render::count(errors, "finding") }
    ));
    context.output.json(&json!({
        "dbmig": 1,
        "command": "seed check",
        "files": files.len(),
        "findings": errors,
    }));
    Ok(if errors == 0 { Exit::Done } else { Exit::Findings })
}

fn check(session: &mut dyn Session, seeds: &[Seed]) -> CliResult<Findings> {
    let (files, sql) = seeding::data_files(seeds);
    seed::check(session, &files, &sql)
        .map_err(|error| failure::of_database("check the seeds", error))
}

fn on_scratch(context: &mut Context<'_>, seeds: &[Seed]) -> CliResult<Findings> {
    let set = context.load_set(Purpose::Other)?;
    let dir = context.migrations_dir()?;
    let mut scratch = proving::scratch(context)?;
    let mut session = scratch
        .fresh()
        .map_err(|error| failure::of_database("make the scratch database", error))?;
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig seed check" };
    proof::replay(&mut *session, &set, &|_| true).map_err(|error| {
        failure::on_scratch(error, files).note("it was tried on a scratch database")
    })?;
    check(&mut *session, seeds)
}
