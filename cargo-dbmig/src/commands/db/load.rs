//! `db load`: what a dump says, in a database that is empty.

use std::path::{Path, PathBuf};

use clap::Args;
use dbmig_build::Dialect;
use dbmig_runtime::Session;
use dbmig_runtime::history;
use serde_json::json;

use super::dump::dialect_of;
use crate::commands::ConsentArgs;
use crate::context::Context;
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::consent::{self, Question};
use crate::operations::executing::Script;
use crate::operations::{databases, protection};
use crate::render::count;
use crate::shell;

/// Make an empty database what a dump says
///
/// Runs the statements of a file that `db dump` has written; on SQLite and PostgreSQL all of them or none. The
/// versions in it are recorded as applied, so that `migrate` goes on behind them. Creates the database if it
/// is not there. One that holds something needs `--confirm` with its name, one that is protected is refused.
#[derive(Debug, Args)]
pub struct LoadArgs {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(super) fn run(context: &mut Context<'_>, args: &LoadArgs) -> CliResult<Exit> {
    const VERB: &str = "db load";
    protection::refuse_environment(context, VERB)?;
    let location = context.location()?;
    let dialect = location.dialect();
    let path = context.cwd.join(&args.file);
    let shown = context.show(&path);
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CliError::io("read", Path::new(&shown), &error))?;
    if let Some(other) = dialect_of(&text).filter(|other| *other != dialect) {
        return Err(CliError::usage(format!(
            "{shown} is a dump of {other}, and `{}` is a database of {dialect}",
            location.shown()
        ))
        .note("nothing was loaded"));
    }
    let script = Script { name: &shown, text: &text };
    let statements = script.statements(dialect)?;
    let created = databases::create(context, false)?;
    let mut console = location.console(Access::Write)?;
    let session: &mut dyn Session = &mut *console;
    let protected = protection::of(context, session)?;
    if protected.holds() {
        let error =
            CliError::usage(format!("`{}` is protected: `{VERB}` is refused", location.shown()))
                .note("nothing was loaded");
        return Err(protected.note().into_iter().fold(error, CliError::note));
    }
    let known =
        history::read(session).map_err(|error| failure::of_database("read the history", error))?;
    let tables = history::has_other_tables(session)
        .map_err(|error| failure::of_database("look for tables", error))?;
    let holds = tables || !known.applied.is_empty();
    let question = Question {
        what: format!("`{}` is not empty: loading into it needs consent", location.shown()),
        needed: holds,
        command: format!("cargo dbmig db load {}", shell::quoted(&args.file.to_string_lossy())),
        refused: "nothing was loaded",
        because: None,
    };
    consent::ask(context, &location, args.consent.confirm(), &question)?;
    script.run_together(&mut *console, &statements).map_err(|error| match dialect {
        Dialect::Mysql => error.help("begin anew: `cargo dbmig db drop`, then load again"),
        Dialect::Sqlite | Dialect::Postgres => error,
    })?;
    let now = history::read(&mut *console)
        .map_err(|error| failure::of_database("read the history", error))?;
    let versions = count(now.applied.len(), "version");
    let done = count(statements.len(), "statement");
    context
        .output
        .line(format!("{}: {done} run, {versions} recorded as applied", context.database_name()?));
    context.output.json(&json!({
        "dbmig": 1, "command": VERB, "file": shown, "created": created,
        "statements": statements.len(), "versions": now.applied.len(),
    }));
    Ok(Exit::Done)
}
