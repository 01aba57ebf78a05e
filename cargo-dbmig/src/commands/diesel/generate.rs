//! `migration generate`: a new migration in Diesel's words.

use std::time::SystemTime;

use clap::{Args, Parser};
use serde_json::json;

use super::SchemaArgs;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::generating::{self, NewMigration};
use crate::output::Format;
use crate::scaffold::relative_path;

/// Write a new migration
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// What the migration does, such as `create_users`
    name: String,
    /// Take this version instead of the time
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
    /// Write no `down.sql`
    #[arg(short = 'u', long)]
    no_down: bool,
    /// The form of the migration, which is `sql`; `human` and `json` are those of all commands
    // The global option of that name, with Diesel's word added: clap hands its value up.
    #[arg(long, value_name = "FORMAT", value_parser = format_of)]
    format: Option<Format>,
    /// Write what is different between `schema.rs` and the migrations
    #[arg(long, hide = true, value_name = "SCHEMA_RS", num_args = 0..=1, require_equals = true)]
    diff_schema: Option<Option<String>>,
    #[command(flatten)]
    schema: SchemaArgs,
}

fn format_of(word: &str) -> Result<Format, String> {
    match word {
        "sql" | "human" => Ok(Format::Human),
        "json" => Ok(Format::Json),
        _ => Err("migrations are written in `sql`".to_owned()),
    }
}

/// Ours, on what the migrations make: where they are all applied that is what the database holds.
fn difference(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    from: Option<&str>,
) -> CliResult<Exit> {
    if args.no_down {
        return Err(CliError::usage("a difference is written with its way back")
            .help("leave `--no-down` out, and delete `down.sql` afterwards"));
    }
    let mut words = vec!["generate", "--diff", args.name.as_str()];
    words.extend(from.iter().flat_map(|from| ["--from", from]));
    words.extend(args.version.iter().flat_map(|version| ["--version", version]));
    let parsed = Difference::try_parse_from(words).map_err(|error| {
        CliError::usage("the schema is none that can be compared").cause(error.to_string())
    })?;
    crate::commands::generate::run(context, &parsed.ours)
}

/// `generate` as it is parsed by itself.
#[derive(Debug, Parser)]
struct Difference {
    #[command(flatten)]
    ours: crate::commands::generate::GenerateArgs,
}

pub(super) fn run(context: &mut Context<'_>, args: &GenerateArgs) -> CliResult<Exit> {
    if let Some(from) = &args.diff_schema {
        return difference(context, args, from.as_deref());
    }
    let dir = context.migrations_dir()?;
    let shown = context.show(&dir);
    if dir.exists() && !dir.is_dir() {
        return Err(CliError::usage(format!("`{shown}` is not a directory"))
            .help("rename it, or name another place: `--migration-dir <DIR>`"));
    }
    let raw = if dir.is_dir() { dbmig_build::load(&dir, &shown) } else { Default::default() };
    let new = NewMigration {
        label: args.name.clone(),
        version: args.version.clone(),
        no_down: args.no_down,
        ..NewMigration::default()
    };
    let files = generating::plan(&dir, &raw, &new, SystemTime::now())?;
    generating::write(&files)?;
    let paths: Vec<_> = files.iter().map(|file| relative_path(&context.cwd, &file.path)).collect();
    for path in &paths {
        context.output.line(format!("Creating {path}"));
    }
    context.output.json(&json!({ "dbmig": 1, "command": "migration generate", "files": paths }));
    Ok(Exit::Done)
}
