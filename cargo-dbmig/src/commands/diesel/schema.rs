//! `schema.rs`: what Diesel refreshes after a run, and this version does not.

use dbmig_runtime::Report;

use super::SchemaArgs;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::scaffold::relative_path;

/// The `schema.rs` that Diesel would write, as messages call it.
pub(super) fn file(context: &Context<'_>) -> Option<String> {
    // Which database is meant was settled before anything was run.
    let file = context.project.schema_file(context.global.database.as_deref()).ok().flatten();
    file.map(|(path, _)| relative_path(&context.cwd, &path))
}

/// `--locked-schema` promises a comparison that is not there yet: better nothing than a broken promise.
pub(super) fn refuse_locked(context: &Context<'_>, args: SchemaArgs) -> CliResult<()> {
    let Some(file) = file(context).filter(|_| args.locked_schema) else { return Ok(()) };
    Err(CliError::usage(format!("this version can not compare `{file}` with the database"))
        .note("nothing was run")
        .help("leave `--locked-schema` out, and compare afterwards: `diesel migration run --locked-schema`"))
}

/// Says it when a run may have changed what `schema.rs` is made from.
pub(super) fn note_after(context: &mut Context<'_>, report: &Report) {
    if !report.done.is_empty() {
        super::schema_note(context);
    }
}
