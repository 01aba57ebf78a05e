//! `sql`: the text of a migration.

use clap::Args;
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::select::Catalog;

/// Print the SQL of a migration
///
/// Needs no database.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// The migration: a unique prefix of its version, or its name
    migration: String,
    /// Print `down.sql`
    #[arg(long)]
    down: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &SqlArgs) -> CliResult<Exit> {
    let set = context.load_set(Purpose::Other)?;
    let mut catalog = Catalog::default();
    for migration in &set {
        catalog.add(&migration.version, &migration.dir_name);
    }
    let version = catalog.find(&args.migration)?;
    let migration = set.get(&version).expect("the catalog holds versions of the set");
    let text = if args.down { migration.down.as_deref() } else { Some(&*migration.up) };
    let Some(text) = text else {
        return Err(CliError::usage(format!(
            "migration `{}` has no `down.sql`",
            migration.dir_name
        )));
    };
    if context.output.format != crate::output::Format::Json {
        context.output.raw(text);
        if !text.ends_with('\n') {
            context.output.raw("\n");
        }
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "sql", "version": version.as_str(), "name": migration.dir_name, "sql": text,
    }));
    Ok(Exit::Done)
}
