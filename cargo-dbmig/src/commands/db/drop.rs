//! `db drop`: the database, if it is there.

use clap::Args;
use serde_json::json;

use super::AsDiesel;
use crate::commands::ConsentArgs;
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::databases;

/// Drop the database, if it is there
///
/// Refused where the environment or the database is protected. The name of the database is asked for
/// unless the environment is for development or tests.
#[derive(Debug, Args)]
pub struct DropArgs {
    #[command(flatten)]
    consent: ConsentArgs,
    #[command(flatten)]
    diesel: AsDiesel,
}

pub(super) fn run(context: &mut Context<'_>, args: &DropArgs) -> CliResult<Exit> {
    let confirm = args.consent.confirm.as_deref();
    let removal = databases::removal(context, "db drop")?;
    let dropped = match &removal {
        Some(removal) => databases::remove(context, removal, confirm, "db drop")?,
        None => vec![],
    };
    let database = context.database_name()?;
    context.output.line(match removal {
        Some(_) => format!("{database}: dropped"),
        None => format!("{database}: does not exist, so there is nothing to drop"),
    });
    context.output.json(&json!({
        "dbmig": 1, "command": "db drop", "database": database, "dropped": dropped,
    }));
    Ok(Exit::Done)
}
