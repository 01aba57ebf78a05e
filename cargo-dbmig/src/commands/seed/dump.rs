//! `seed dump`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dbmig_runtime::catalogue::{Catalogue, Name, Scope};
use dbmig_runtime::seed::dump::{self, Form};
use serde_json::json;

use crate::context::Context;
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::{cataloguing, generating, seeding};
use crate::render::count;

/// The form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    Csv,
    Json,
    Sql,
}

/// Write rows of the database as seeds
///
/// One table goes to the standard output; several, or those that need a side file, into a folder with
/// `--out`, numbered in the order in which they are named.
#[derive(Debug, Args)]
pub struct SeedDumpArgs {
    /// The tables, parents first
    #[arg(long, value_name = "TABLE", required = true, value_delimiter = ',', num_args = 1..)]
    tables: Vec<String>,
    /// Only rows that meet this condition, in SQL
    #[arg(long, value_name = "SQL")]
    r#where: Option<String>,
    /// Write foreign keys as the other unique column of the parent, not as its key
    #[arg(long, requires = "out")]
    natural_keys: bool,
    /// The form of the files
    #[arg(long = "as", value_name = "FORM", default_value = "csv")]
    form: As,
    /// Write files into this folder; existing ones are not touched
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(context: &mut Context<'_>, args: &SeedDumpArgs) -> CliResult<Exit> {
    if args.tables.len() > 1 && args.out.is_none() {
        return Err(
            CliError::usage("several tables need a folder").help("name one: `--out seeds/dev`")
        );
    }
    let scope = cataloguing::configured(context, Scope::all())?;
    let mut session = context.connect(Access::Read)?;
    let catalogue = Catalogue::read(&mut *session, &scope)
        .map_err(|error| failure::of_database("read the schema", error))?;
    let (form, end) = match args.form {
        As::Csv => (Form::Csv, "csv"),
        As::Json => (Form::Json, "json"),
        As::Sql => (Form::Sql, "sql"),
    };
    let mut files = Vec::new();
    let mut rows = 0;
    for (index, wanted) in args.tables.iter().enumerate() {
        let name = match wanted.split_once('.') {
            Some((schema, name)) => Name::within(Some(schema), name),
            None => Name::new(wanted.as_str()),
        };
        let Some(table) = catalogue.table(&name) else {
            let known: Vec<_> = catalogue.tables.iter().map(|t| t.name.to_string()).collect();
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            return Err(crate::config::unknown_name("table", wanted, &known));
        };
        let condition = args.r#where.as_deref();
        let dumped =
            dump::dump(&mut *session, &catalogue, table, form, condition, args.natural_keys)
                .map_err(|error| failure::of_database("read the rows", error))?;
        rows += dumped.rows;
        let Some(out) = &args.out else {
            context.output.raw(&dumped.text);
            context.output.json(&json!({
                "dbmig": 1,
                "command": "seed dump",
                "table": wanted,
                "rows": dumped.rows,
                "text": dumped.text,
            }));
            return Ok(Exit::Done);
        };
        let file = |end: &str, text: String| generating::NewFile {
            path: context.cwd.join(out).join(format!("{:03}_{}.{end}", index + 1, name.name)),
            text,
        };
        files.push(file(end, dumped.text));
        files.extend(dumped.side.map(|side| file("toml", side)));
    }
    seeding::write(context, &files)?;
    let paths: Vec<_> = files.iter().map(|file| context.show(&file.path)).collect();
    for path in &paths {
        context.output.line(format!("created {path}"));
    }
    context.output.line(format!("{} written", count(rows, "row")));
    context
        .output
        .json(&json!({ "dbmig": 1, "command": "seed dump", "files": paths, "rows": rows }));
    Ok(Exit::Done)
}
