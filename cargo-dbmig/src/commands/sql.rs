//! `sql`: the text of a migration, or the script of a range.

use clap::Args;
use dbmig_build::{MigrationSet, Version};
use dbmig_runtime::offline::Range;
use dbmig_runtime::{Dialect, Direction};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::scripting;
use crate::select::Catalog;

/// Print the SQL of a migration, or the script of a range
///
/// Needs no database. A migration is printed as its file stands. A range, `A..B`, is a script that the
/// database's own client runs, with the history writes, so that `status` agrees afterwards: what comes
/// after A, up to and with B. `..B` begins with the first, `A..` ends with the newest. The script says how
/// it is run. For what one database needs: `cargo dbmig migrate --dry-run --sql`.
#[derive(Debug, Args)]
pub struct SqlArgs {
    /// The migration, or two of them with `..` between: a unique prefix of the version, or the name
    #[arg(value_name = "MIGRATION|A..B")]
    migration: String,
    /// Print `down.sql`; of a range the script that reverts it, from B back to A, which stays applied
    #[arg(long)]
    down: bool,
    /// What the script of a range is for, where the migrations are not written for one dialect alone:
    /// sqlite, postgres, or mysql
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<Dialect>,
}

pub(crate) fn run(context: &mut Context<'_>, args: &SqlArgs) -> CliResult<Exit> {
    context.output.keep_for_text();
    match args.migration.split_once("..") {
        Some((after, through)) => range(context, args, after, through),
        None if args.dialect.is_some() => Err(CliError::usage(
            "`--dialect` is for the script of a range; a file is printed as it stands",
        )
        .help(format!("print the script: `cargo dbmig sql ..{}`", args.migration))),
        None => file(context, args),
    }
}

fn file(context: &mut Context<'_>, args: &SqlArgs) -> CliResult<Exit> {
    let set = context.load_set(Purpose::Other)?;
    let version = catalog(&set).find(&args.migration)?;
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

fn range(context: &mut Context<'_>, args: &SqlArgs, after: &str, through: &str) -> CliResult<Exit> {
    // Settings that can not be read decide about transactions: they stop a script as they stop a run.
    let purpose = if args.down { Purpose::Other } else { Purpose::Apply };
    let set = context.load_set(purpose)?;
    let catalog = catalog(&set);
    let end = |text: &str| -> CliResult<Option<Version>> {
        if text.is_empty() { Ok(None) } else { catalog.find(text).map(Some) }
    };
    let direction = if args.down { Direction::Down } else { Direction::Up };
    let range = Range { after: end(after)?, through: end(through)?, direction };
    let dialect = match args.dialect {
        Some(dialect) if set.dialects().is_empty() || set.dialects().contains(&dialect) => dialect,
        Some(dialect) => {
            let names: Vec<_> = set.dialects().iter().map(|dialect| dialect.as_str()).collect();
            let names = names.join(", ");
            return Err(CliError::usage(format!(
                "the migrations are written for {names}, not for {dialect}"
            ))
            .help(format!("print that script: `cargo dbmig sql {}`", args.migration)));
        }
        None => only_dialect(context, &set, &args.migration)?,
    };
    scripting::give_range(context, &set, &range, dialect)?;
    Ok(Exit::Done)
}

fn only_dialect(context: &Context<'_>, set: &MigrationSet, range: &str) -> CliResult<Dialect> {
    let message = match (set.dialects(), context.configured_dialect()?) {
        (&[dialect], _) | (&[], Some(dialect)) => return Ok(dialect),
        (&[], None) => "nobody says which dialect the migrations are written for",
        _ => "the migrations are written for several dialects",
    };
    let first = set.dialects().first().copied().unwrap_or(Dialect::Postgres);
    Err(CliError::usage(message)
        .help(format!("name one: `cargo dbmig sql {range} --dialect {first}`")))
}

fn catalog(set: &MigrationSet) -> Catalog {
    let mut catalog = Catalog::default();
    for migration in set {
        catalog.add(&migration.version, &migration.dir_name);
    }
    catalog
}
