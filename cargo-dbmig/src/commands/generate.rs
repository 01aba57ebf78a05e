//! `generate`: a new migration.

use std::time::SystemTime;

use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::generating::{self, NewFile, NewMigration};
use crate::operations::seeding;

/// Write a new migration
///
/// Creates `<version>_<name>/` with `up.sql`, `down.sql`, and `metadata.toml`. The version is the time in
/// UTC and always sorts after the newest one there is.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What the migration does, such as `create_users`; or `seed`, with a name behind it
    name: String,
    /// Of a seed: its name, of a data file that of its table
    #[arg(value_name = "SEED")]
    seed: Option<String>,
    /// Of a seed: which set it is for
    #[arg(long, value_name = "SET", default_value = "dev", requires = "seed")]
    set: String,
    /// Of a seed: the form of its file
    #[arg(long = "as", value_name = "FORM", default_value = "sql", value_parser = ["csv", "json", "sql"], requires = "seed")]
    form: String,
    /// Take this version instead of the time
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Leave `down.sql` out and declare why there is no way back
    #[arg(long, value_name = "REASON", value_parser = super::reason)]
    irreversible: Option<String>,
    /// Run outside a transaction
    #[arg(long)]
    no_transaction: bool,
    /// Show the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &GenerateArgs) -> CliResult<Exit> {
    match &args.seed {
        Some(seed) if args.name == "seed" => {
            let files = seeding::new_seed(context, seed, &args.set, &args.form)?;
            return finish(
                context,
                args,
                &files,
                "write the rows, then check them: `cargo dbmig seed check`",
            );
        }
        Some(more) => {
            let name = &args.name;
            return Err(CliError::usage(format!("`{name} {more}` is more than one name"))
                .help(format!("join them: `cargo dbmig generate {name}_{more}`")));
        }
        None => {}
    }
    let dir = context.migrations_dir()?;
    if dir.exists() && !dir.is_dir() {
        let shown = context.show(&dir);
        return Err(CliError::usage(format!("`{shown}` is not a directory"))
            .help("rename it, or name another place: `--migrations-dir <DIR>`"));
    }
    let raw = if dir.is_dir() {
        dbmig_build::load(&dir, &context.show(&dir))
    } else {
        Default::default()
    };
    let new = NewMigration {
        label: args.name.clone(),
        version: args.version.clone(),
        no_down: false,
        irreversible: args.irreversible.clone(),
        no_transaction: args.no_transaction,
        ..NewMigration::default()
    };
    let files = generating::plan(&dir, &raw, &new, SystemTime::now())?;
    finish(context, args, &files, "write the SQL, then apply it: `cargo dbmig migrate`")
}

/// Writes the files, or shows them.
fn finish(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    files: &[NewFile],
    next: &str,
) -> CliResult<Exit> {
    if args.dry_run {
        for file in files {
            context.output.line(format!("would create {}", context_show(context, &file.path)));
            context.output.line(
                file.text
                    .trim_end()
                    .lines()
                    .map(|l| format!("    {l}"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
    } else {
        match args.seed {
            Some(_) => seeding::write(context, files)?,
            None => generating::write(files)?,
        }
        for file in files {
            context.output.line(format!("created {}", context_show(context, &file.path)));
        }
        context.output.help(next);
    }
    let paths: Vec<_> = files.iter().map(|file| context.show(&file.path)).collect();
    context.output.json(
        &json!({ "dbmig": 1, "command": "generate", "files": paths, "dry_run": args.dry_run }),
    );
    Ok(Exit::Done)
}

fn context_show(context: &Context<'_>, path: &std::path::Path) -> String {
    crate::project::show(path, &context.cwd)
}
