//! `seed undo`.

use clap::Args;
use dbmig_runtime::runner;
use serde_json::json;

use super::{Selection, refuse_pending};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::{running, seeding};
use crate::render::{Live, count};

/// Take back the last run of a seed
///
/// Rows that it inserted are deleted, rows that it changed or deleted are as they were before. Kept for data
/// files of at most 10000 changed rows; `seed run` says where nothing is kept.
#[derive(Debug, Args)]
pub struct SeedUndoArgs {
    /// Which one; without it the one that ran last
    name: Option<String>,
    /// All of them, the last one first, as far as something was kept
    #[arg(long, conflicts_with = "name")]
    all: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &SeedUndoArgs) -> CliResult<Exit> {
    let name = match &args.name {
        None => None,
        Some(name) => {
            let only = [name.clone()];
            let seeds = seeding::load(context, Selection { sets: &[], only: &only })?;
            let mut names = seeds.into_iter().filter(|seed| !seeding::is_side(seed));
            match (names.next(), names.next()) {
                (Some(first), Some(second)) => {
                    return Err(CliError::usage(format!(
                        "`{name}` is `{}` and `{}`",
                        first.name, second.name
                    ))
                    .help(format!("say which: `cargo dbmig seed undo {}`", first.name)));
                }
                (first, _) => first.map(|seed| seed.name),
            }
        }
    };
    crate::commands::revert::existing_only(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Write)?;
    refuse_pending(&sides)?;
    let mut undone = Vec::new();
    let stopped = loop {
        let mut live = Live::new(context.output, 1);
        let next =
            runner::undo_seed(&mut *sides.session, name.as_deref(), &sides.options, &mut live);
        drop(live);
        match next {
            Ok(Some((name, rows))) => {
                context.output.line(format!(
                    "  undone  {name}  ({} deleted, {} as before, {} back)",
                    rows.deleted, rows.restored, rows.back
                ));
                undone.push((name, rows));
                if !args.all {
                    break None;
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    let database = context.database_name()?;
    context.output.line(match (&undone[..], &name) {
        ([], _) if stopped.is_some() => format!("{database}: nothing undone"),
        ([], Some(name)) => format!("{database}: {name} was not run"),
        ([], None) => format!("{database}: no seed was run"),
        (all, _) => format!("{database}: {} undone", count(all.len(), "seed")),
    });
    let seeds: Vec<_> = undone
        .iter()
        .map(|(name, rows)| {
            json!({
                "name": name,
                "deleted": rows.deleted,
                "restored": rows.restored,
                "back": rows.back,
            })
        })
        .collect();
    context.output.json(&json!({ "dbmig": 1, "command": "seed undo", "undone": seeds }));
    match stopped {
        None => Ok(Exit::Done),
        Some(error) => Err(seeding::failed(context, error, "cargo dbmig seed undo")),
    }
}
