//! `setup`: migrations directory, `diesel.toml`, and database.

use std::path::Path;

use super::{SetupArgs, database};
use crate::config::DieselToml;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::project::DIESEL_TOML;
use crate::scaffold::{FileChange, relative_path};

pub(super) fn run(context: &mut Context<'_>, args: &SetupArgs) -> CliResult<Exit> {
    let dir = context.migrations_dir()?;
    // Nothing is written for a database that can not be.
    context.location()?;
    create_directory(context, &dir)?;
    write_config(context, &dir)?;
    // Diesel's `setup` does not write it.
    let mut schema = args.schema;
    schema.no_schema |= !schema.locked_schema;
    database::set_up(context, schema, "setup")
}

/// An empty directory would be lost in Git: `.keep` holds it, as Diesel does.
fn create_directory(context: &mut Context<'_>, dir: &Path) -> CliResult<()> {
    let shown = relative_path(&context.cwd, dir);
    if dir.is_dir() {
        return Ok(());
    }
    if dir.exists() {
        return Err(CliError::usage(format!("`{shown}` is not a directory"))
            .help("rename it, or name another place: `--migration-dir <DIR>`"));
    }
    std::fs::create_dir_all(dir)
        .map_err(|error| CliError::io("create", Path::new(&shown), &error))?;
    let keep = FileChange::new(dir.join(".keep"), None, String::new());
    keep.map_or(Ok(()), |change| change.apply())?;
    context.output.progress(format!("Creating migrations directory at: {shown}"));
    Ok(())
}

/// Writes Diesel's `diesel.toml`, unless there is one.
fn write_config(context: &mut Context<'_>, migrations: &Path) -> CliResult<()> {
    if context.project.diesel_path.is_some() {
        return Ok(());
    }
    let root = &context.project.root;
    let path = root.join(DIESEL_TOML);
    let database = context.global.database.as_deref();
    let schema = match context.project.schema_file(database)? {
        Some((file, _)) => relative_path(root, &file),
        None => "src/schema.rs".to_owned(),
    };
    let text = config_text(&schema, &relative_path(root, migrations));
    let diesel = DieselToml::parse(&text, DIESEL_TOML)?;
    if let Some(change) = FileChange::new(&path, None, text) {
        change.apply()?;
        let shown = relative_path(&context.cwd, &path);
        context.output.progress(format!("Creating {shown}"));
    }
    context.project.diesel = Some(diesel);
    context.project.diesel_path = Some(path);
    Ok(())
}

fn config_text(schema: &str, migrations: &str) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    format!(
        "# For documentation on how to configure this file,\n\
         # see https://diesel.rs/guides/configuring-diesel-cli\n\
         \n\
         [print_schema]\n\
         file = {}\n\
         custom_type_derives = [\"diesel::query_builder::QueryId\", \"Clone\"]\n\
         \n\
         [migrations_directory]\n\
         dir = {}\n",
        quoted(schema),
        quoted(migrations)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_back() {
        let text = config_text("src/schema.rs", "a \"b\"\\c");
        let read = DieselToml::parse(&text, DIESEL_TOML).unwrap();
        assert_eq!(read.schema_file.as_deref(), Some(Path::new("src/schema.rs")));
        assert_eq!(read.migrations_dir.as_deref(), Some(Path::new("a \"b\"\\c")));
    }
}
