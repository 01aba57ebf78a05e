//! `db create`: the database, if it is not there.

use serde_json::json;

use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::databases;

pub(super) fn run(context: &mut Context<'_>) -> CliResult<Exit> {
    let created = databases::create(context, false)?;
    let stamp = if created { databases::stamp_new(context, true)? } else { None };
    let database = context.database_name()?;
    context.output.line(match created {
        true => format!("{database}: created"),
        false => format!("{database}: exists already"),
    });
    if created {
        context.output.help("apply the migrations: `cargo dbmig migrate`");
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "db create", "database": database, "created": created, "stamp": stamp,
    }));
    Ok(Exit::Done)
}
