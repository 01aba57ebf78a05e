//! `seed status`.

use dbmig_runtime::runner::{self, SeedState};
use serde_json::json;

use super::SelectArgs;
use crate::context::Context;
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::failure;
use crate::operations::seeding;
use crate::render;

pub(super) fn run(context: &mut Context<'_>, args: &SelectArgs) -> CliResult<Exit> {
    let seeds = seeding::load(context, args.selection())?;
    let mut session = context.connect(Access::Read)?;
    let states = runner::seed_states(&mut *session, &seeds)
        .map_err(|error| failure::of_database("read which seeds were run", error))?;
    let word = |state| match state {
        SeedState::New => "new",
        SeedState::Changed => "changed",
        SeedState::Differs => "differs",
        SeedState::Done => "done",
    };
    for (name, state) in &states {
        context.output.line(format!("{:<7}  {name}", word(*state)));
    }
    let database = context.database_name()?;
    let todo = states.iter().filter(|(_, state)| *state != SeedState::Done).count();
    context
        .output
        .line(format!("{database}: {todo} of {} to run", render::count(states.len(), "seed")));
    let rows: Vec<_> =
        states.iter().map(|(name, state)| json!({ "name": name, "state": word(*state) })).collect();
    context.output.json(&json!({ "dbmig": 1, "command": "seed status", "seeds": rows }));
    Ok(Exit::Done)
}
