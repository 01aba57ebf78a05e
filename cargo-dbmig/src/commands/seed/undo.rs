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
use crate::render::Live;

/// Take back the last run of a seed
///
/// Rows that it inserted are deleted, rows that it changed or deleted are as they were before. Kept for data
/// files of at most 10000 changed rows; `seed run` says where nothing is kept.
#[derive(Debug, Args)]
pub struct SeedUndoArgs {
    /// Which one; without it the one that ran last
    name: Option<String>,
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
    let mut live = Live::new(context.output, 1);
    let undone = runner::undo_seed(&mut *sides.session, name.as_deref(), &sides.options, &mut live);
    drop(live);
    let undone =
        undone.map_err(|error| seeding::failed(context, error, "cargo dbmig seed undo"))?;
    let database = context.database_name()?;
    match &undone {
        None => context.output.line(match &name {
            Some(name) => format!("{database}: {name} was not run"),
            None => format!("{database}: no seed was run"),
        }),
        Some((name, rows)) => context.output.line(format!(
            "{database}: {name} undone: {} deleted, {} as before, {} back",
            rows.deleted, rows.restored, rows.back
        )),
    }
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
    Ok(Exit::Done)
}
