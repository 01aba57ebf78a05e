//! Whether `schema.rs` is what the migrations make, where `[policy] schema_rs` asks: tried on a scratch
//! database, and recorded in the lock.

use dbmig_build::lock::FILE_NAME;
use dbmig_build::{Demand, LockFile, MigrationSet};

use super::{schema_files, sources};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::scaffold::FileChange;

const DIFFERS: &str = "is not what the migrations make";

/// What was found out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// A file says something else, and the policy refuses that.
    pub refused: Option<CliError>,
}

/// Compares every file that is named, and records those that fit. A set with drafts is left alone: which of
/// them a file knows is open.
///
/// # Errors
///
/// The migrations can not be applied, or a file not be read or written.
pub fn prove(context: &mut Context<'_>, set: &MigrationSet, dry_run: bool) -> CliResult<Outcome> {
    let demand = context.policy().unwrap_or_default().schema_rs;
    let files = match demand {
        Demand::Off => vec![],
        _ => schema_files::named(context)?,
    };
    if files.is_empty() || set.lock_digest().is_none() || set.iter().any(|m| m.is_draft()) {
        return Ok(Outcome::default());
    }
    let changes = sources::with_all(context, set, |context, session| {
        let mut changes = vec![];
        for file in &files {
            let text = schema_files::text(context, session, &file.print)?;
            changes.extend(schema_files::change(&file.path, text)?);
        }
        Ok(changes)
    })?;
    if !changes.is_empty() {
        let error = schema_files::refuse(context, &changes, DIFFERS)
            .help("write it from a database that has all of them: `cargo dbmig schema rs`");
        if demand == Demand::Strict {
            return Ok(Outcome { refused: Some(error) });
        }
        context.output.warning(&error.message);
        return Ok(Outcome::default());
    }
    for file in &files {
        let path = context.show(&file.path);
        context.output.progress(format!("  as the migrations make it  {path}"));
    }
    if !dry_run {
        record(context)?;
    }
    Ok(Outcome::default())
}

/// Takes the files into the lock as they are.
fn record(context: &Context<'_>) -> CliResult<()> {
    let Some(schemas) = context.check_for_build()?.schemas else { return Ok(()) };
    let path = context.migrations_dir()?.join(FILE_NAME);
    let before = FileChange::current(&path)?;
    let Some(Ok(mut lock)) = before.as_deref().map(LockFile::parse) else { return Ok(()) };
    lock.schemas = schemas;
    match FileChange::new(&path, before, lock.render()) {
        Some(change) => change.apply(),
        None => Ok(()),
    }
}
