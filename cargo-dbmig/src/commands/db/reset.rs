//! `db reset`: the same database, new.

use clap::Args;
use serde_json::{Value, json};

use super::{AsDiesel, setup};
use crate::commands::{ConsentArgs, seed};
use crate::context::{Context, Purpose};
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::{databases, protection, running};
use crate::render::count;

/// Drop the database, create it again, and apply all migrations
///
/// Shows what it will do, and asks for the name of the database unless the environment is for development
/// or tests. Refused where the environment or the database is protected. A set that can not be applied
/// keeps everything as it is.
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// Run seeds afterwards, as `seed run` does
    #[arg(long)]
    seed: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    diesel: AsDiesel,
}

pub(super) fn run(context: &mut Context<'_>, args: &ResetArgs) -> CliResult<Exit> {
    const VERB: &str = "db reset";
    args.diesel.schema().refuse_reset(context)?;
    protection::refuse_environment(context, VERB)?;
    // What can not be set up again is not dropped.
    running::foresee(context)?;
    let removal = databases::removal(context, VERB)?;
    show(context, removal.is_some(), args)?;
    if args.dry_run {
        return Ok(Exit::Done);
    }
    if let Some(removal) = &removal {
        let typed = if args.seed { "db reset --seed" } else { VERB };
        let confirm = args.consent.confirm.as_deref();
        let dropped = databases::remove(context, removal, confirm, typed)?;
        context.output.json(&json!({ "dropped": dropped }));
    }
    setup::set_up(context, args.seed, args.diesel.schema(), VERB)
}

/// What is going to be done.
fn show(context: &mut Context<'_>, exists: bool, args: &ResetArgs) -> CliResult<()> {
    let database = context.database_name()?;
    let migrations = context.load_set(Purpose::Foresee)?.iter().count();
    let seeds = match args.seed {
        true => Some(seed::number(context)?),
        false => None,
    };
    let steps = [
        exists.then(|| ("drop", database.clone())),
        Some(("create", database.clone())),
        Some(("apply", count(migrations, "migration"))),
        seeds.map(|seeds| ("run", count(seeds, "seed"))),
    ];
    let steps: Vec<_> = steps.into_iter().flatten().collect();
    for (verb, what) in &steps {
        context.output.progress(format!("{verb:<6}  {what}"));
    }
    let shown: Vec<Value> =
        steps.iter().map(|(verb, what)| json!({ "action": verb, "what": what })).collect();
    context.output.json(&json!({
        "dbmig": 1, "command": "db reset", "database": database, "steps": shown,
        "dry_run": args.dry_run,
    }));
    Ok(())
}
