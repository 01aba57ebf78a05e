//! `schema rs`: the `schema.rs` of what the database holds.

use clap::Args;
use dbmig_build::{Code, Demand, Finding};
use serde_json::json;

use crate::config::PrintSchema;
use crate::context::Context;
use crate::database::Access;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::schema_files::{self, SchemaFile};
use crate::output::Format;

/// Write the `schema.rs` of what the database holds
///
/// As `diesel print-schema` does, with the options of `[print_schema]` in diesel.toml, into the file that
/// it names; on standard output where it names none. `migrate`, `revert`, and `redo` do it by themselves.
#[derive(Debug, Args)]
pub struct RsArgs {
    /// Print it, and write nothing
    #[arg(long, conflicts_with = "check")]
    stdout: bool,
    /// Write nothing, and end with 1 where the file says something else
    #[arg(long)]
    check: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &RsArgs) -> CliResult<Exit> {
    let files = schema_files::named(context)?;
    if args.check {
        return check(context, &files);
    }
    if args.stdout || files.is_empty() {
        return print(context);
    }
    let mut session = context.connect(Access::Read)?;
    let mut shown = vec![];
    let mut written = false;
    for file in &files {
        let text = schema_files::text(context, &mut *session, &file.print)?;
        let change = schema_files::change(&file.path, text)?;
        let path = context.show(&file.path);
        if let Some(change) = &change {
            change.apply()?;
        }
        context.output.line(match change {
            Some(_) => format!("{path}: written"),
            None => format!("{path}: up to date"),
        });
        written |= change.is_some();
        shown.push(json!({ "path": path, "written": change.is_some() }));
    }
    if written && is_refused(context)? {
        context.output.help("`[policy] schema_rs` wants it locked: `cargo dbmig lock`");
    }
    context.output.json(&json!({ "dbmig": 1, "command": "schema rs", "files": shown }));
    Ok(Exit::Done)
}

/// Whether `[policy] schema_rs` asks for another file.
fn is_refused(context: &Context<'_>) -> CliResult<bool> {
    let asked = context.policy().is_some_and(|policy| policy.schema_rs != Demand::Off);
    let about_it = |finding: &Finding| finding.code == Code::SchemaRsChanged;
    Ok(asked && context.check_for_build()?.findings.iter().any(about_it))
}

fn check(context: &mut Context<'_>, files: &[SchemaFile]) -> CliResult<Exit> {
    let mut session = context.connect(Access::Read)?;
    let mut changes = vec![];
    for file in files {
        let text = schema_files::text(context, &mut *session, &file.print)?;
        changes.extend(schema_files::change(&file.path, text)?);
    }
    if !changes.is_empty() {
        let error = schema_files::refuse(context, &changes, "is not what the database holds");
        return Err(error.help("write it: `cargo dbmig schema rs`"));
    }
    for file in files {
        let path = context.show(&file.path);
        context.output.line(format!("{path}: up to date"));
    }
    if files.is_empty() {
        context.output.note(
            "no file is named: `file = \"src/schema.rs\"` below `[print_schema]` in diesel.toml",
        );
    }
    let paths: Vec<_> = files.iter().map(|file| context.show(&file.path)).collect();
    context.output.json(&json!({ "dbmig": 1, "command": "schema rs", "checked": paths }));
    Ok(Exit::Done)
}

/// Prints every text that `[print_schema]` speaks of.
fn print(context: &mut Context<'_>) -> CliResult<Exit> {
    let schemas = schema_files::configured(context)?;
    show(context, "schema rs", &schemas.all)
}

/// Prints texts, one below the other.
pub(crate) fn show(
    context: &mut Context<'_>,
    command: &str,
    prints: &[PrintSchema],
) -> CliResult<Exit> {
    context.output.keep_for_text();
    let mut session = context.connect(Access::Read)?;
    let mut texts = vec![];
    for print in prints {
        let text = schema_files::text(context, &mut *session, print)?;
        if context.output.format != Format::Json {
            context.output.raw(&text);
        }
        texts.push(json!({ "key": print.key, "text": text }));
    }
    context.output.json(&json!({ "dbmig": 1, "command": command, "schemas": texts }));
    Ok(Exit::Done)
}
