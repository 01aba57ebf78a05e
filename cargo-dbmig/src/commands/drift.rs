//! `drift`: whether a database is what its migrations make.

use clap::Args;
use dbmig_runtime::catalogue::Catalogue;
use serde_json::json;

use super::diff::{show, values};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::{running, sources};
use crate::render;

/// Show what somebody changed in a database by hand
///
/// The migrations that are applied there are applied to a scratch database as well, and the two schemas
/// compared. Ends with 5 when they differ. Reads the database and writes nothing.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Also tell columns that stand in another order
    #[arg(long)]
    order: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &DriftArgs) -> CliResult<Exit> {
    super::revert::existing_only(context)?;
    let scope = sources::everything(context)?;
    let mut sides = running::sides(context, Purpose::Other, Access::Read)?;
    let live = Catalogue::read(&mut *sides.session, &scope)
        .map_err(|error| failure::of_database("read the schema", error))?;
    let history = sides.history;
    for version in history.applied.keys().filter(|version| sides.set.get(version).is_none()) {
        let name = render::name_of(&sides.set, &history, version);
        context.output.warning(format!(
            "{name} is applied and has no directory: what it made is told as a difference"
        ));
    }
    let applied = |version: &dbmig_build::Version| history.applied.contains_key(version);
    let expected = sources::produced(context, &scope, &applied)?;
    let mut differences = expected.differences(&live);
    differences.retain(|difference| args.order || !difference.is_order());
    show(context, &differences);
    let database = context.database_name()?;
    context.output.line(match differences.len() {
        0 => format!("{database}: no drift"),
        some => format!("{database}: {} from its migrations", render::count(some, "difference")),
    });
    if !differences.is_empty() {
        context.output.help("undo it, or write it into a migration: `cargo dbmig generate <name>`");
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "drift", "differences": values(&differences),
    }));
    Ok(if differences.is_empty() { Exit::Done } else { Exit::Drift })
}
