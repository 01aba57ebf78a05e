//! What a `schema.rs` tells, and what it would tell of a database.

use std::path::Path;

use super::sources::{self, Origin};
use super::{revisions, schema_files};
use crate::config::PrintSchema;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::schema_rs::parse::{Told, parse};

/// How the `schema.rs` at a path is written: as `[print_schema]` says of that file, or by default.
///
/// # Errors
///
/// `diesel.toml` says something that Diesel does not know.
pub fn written(context: &Context<'_>, path: &Path) -> CliResult<PrintSchema> {
    let path = crate::project::tidy(&context.cwd.join(path));
    let files = schema_files::named(context)?;
    let found = files.into_iter().find(|file| crate::project::tidy(&file.path) == path);
    match found {
        Some(file) => Ok(file.print),
        None => Ok(schema_files::configured(context)?.get_mut("default")?.clone()),
    }
}

/// What an origin tells: a `schema.rs` as it is, everything else as one that is written by `print`.
///
/// # Errors
///
/// It can not be read, or be reached, or has what Diesel can not.
pub fn told(context: &mut Context<'_>, origin: &Origin, print: &PrintSchema) -> CliResult<Told> {
    let (shown, text) = match origin {
        Origin::Rust(path) => {
            let path = context.cwd.join(path);
            let shown = context.show(&path);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| CliError::io("read", Path::new(&shown), &error))?;
            (shown, text)
        }
        Origin::Commit(commit, Some(path)) if origin.rust().is_some() => {
            (format!("{commit}:{}", path.display()), revisions::text(context, commit, path)?)
        }
        _ => {
            let text = sources::with_session(context, origin, |context, session| {
                schema_files::text(context, session, print)
            })?;
            ("what is written of the database".to_owned(), text)
        }
    };
    parse(&text).map_err(|(line, why)| {
        CliError::usage(format!("{shown}:{line}: {why}"))
            .help("write it anew: `cargo dbmig schema rs`")
    })
}
