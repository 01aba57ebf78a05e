//! Diesel's structs of a new table, in a file of their own.

use std::path::PathBuf;

use dbmig_runtime::catalogue::Catalogue;

use super::schema_files;
use crate::config::print_schema::DEFAULT_KEY;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::generate::{self, Model};
use crate::schema_rs::Filter;

/// Where they go without `--model-out`, below the package.
const FOLDER: &str = "src/models";

/// The file, and what is in it.
///
/// # Errors
///
/// There is such a file already, or Diesel can not have the table.
pub fn plan(
    context: &Context<'_>,
    catalogue: &Catalogue,
    table: &str,
    out: Option<&PathBuf>,
) -> CliResult<(PathBuf, Model)> {
    let plain = table.rsplit('.').next().unwrap_or(table);
    let path = match out {
        Some(path) => context.cwd.join(path),
        None => context.project.root.join(FOLDER).join(format!("{plain}.rs")),
    };
    if path.exists() {
        return Err(CliError::usage(format!("`{}` is there already", context.show(&path)))
            .help("name another file: `--model-out <FILE>`"));
    }
    let beside = path.parent().map(PathBuf::from).unwrap_or_default();
    let has = |table: &str| beside.join(format!("{table}.rs")).is_file();
    let configured = schema_files::configured(context)?;
    let first = configured.all.into_iter().find(|one| one.key == DEFAULT_KEY);
    let mut options = first.unwrap_or_default().options;
    // Whatever is left out of the file: this table is wanted.
    options.filter = Filter::default();
    let model = generate::models(catalogue, table, &options, &has)?;
    Ok((path, model))
}

/// Writes it.
///
/// # Errors
///
/// What the file system reports.
pub fn write(path: &PathBuf, model: &Model) -> CliResult<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| CliError::io("create", folder, &error))?;
    }
    std::fs::write(path, &model.text).map_err(|error| CliError::io("write", path, &error))
}
