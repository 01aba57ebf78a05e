//! `diff`: how two schemas differ.

use std::path::Path;

use clap::Args;
use dbmig_runtime::catalogue::Difference;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::rust_schemas;
use crate::operations::sources::{self, Origin};
use crate::render;
use crate::schema_rs::compare;

/// Show how two schemas differ
///
/// Each is one of: `empty`; `migrations`, what they produce on a scratch database; `migrations@<id>`, the
/// same up to one of them; `env:<name>`; `url:<URL>`; a file of SQL; a `schema.rs`; `git:<commit>`, the
/// migrations of a commit; `git:<commit>:<path>`, a file or a migrations directory of it. Nothing is written
/// anywhere. Beside a `schema.rs` only what such a file can tell is compared.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// What it was
    #[arg(long, value_name = "SCHEMA", default_value = "migrations", value_parser = Origin::parse)]
    from: Origin,
    /// What it is to be
    #[arg(long, value_name = "SCHEMA", value_parser = Origin::parse)]
    to: Origin,
    /// End with 1 when they differ
    #[arg(long)]
    exit_code: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &DiffArgs) -> CliResult<Exit> {
    if let Some(path) = args.to.rust().or(args.from.rust()) {
        return run_rust(context, args, path);
    }
    let scope = sources::everything(context)?;
    let from = sources::catalogue(context, &args.from, &scope)?;
    let to = sources::catalogue(context, &args.to, &scope)?;
    if from.dialect != to.dialect {
        return Err(CliError::usage(format!(
            "a schema of {} and one of {} can not be compared",
            from.dialect, to.dialect
        )));
    }
    let differences = from.differences(&to);
    show(context, &differences);
    context.output.line(match differences.len() {
        0 => "no difference".to_owned(),
        some => render::count(some, "difference"),
    });
    context.output.json(&json!({
        "dbmig": 1, "command": "diff", "differences": values(&differences),
    }));
    Ok(if args.exit_code && !differences.is_empty() { Exit::Findings } else { Exit::Done })
}

/// As far as a `schema.rs` tells: the other side as the one that would be written of it.
fn run_rust(context: &mut Context<'_>, args: &DiffArgs, path: &Path) -> CliResult<Exit> {
    let print = rust_schemas::written(context, path)?;
    let from = rust_schemas::told(context, &args.from, &print)?;
    let to = rust_schemas::told(context, &args.to, &print)?;
    let differences = compare::differences(&from, &to);
    for difference in &differences {
        context.output.line(difference.to_string());
    }
    context.output.line(match differences.len() {
        0 => "no difference that a schema.rs can tell".to_owned(),
        some => render::count(some, "difference"),
    });
    context.output.note(
        "a schema.rs tells tables, columns, their types, primary keys, and joins: indexes, defaults, \
         conditions, and all else were not compared",
    );
    let values: Vec<_> = differences
        .iter()
        .map(|one| {
            json!({ "kind": one.kind, "of": one.of, "name": one.name, "text": one.to_string() })
        })
        .collect();
    context.output.json(&json!({ "dbmig": 1, "command": "diff", "differences": values }));
    Ok(if args.exit_code && !differences.is_empty() { Exit::Findings } else { Exit::Done })
}

/// One line a difference.
pub(super) fn show(context: &mut Context<'_>, differences: &[Difference]) {
    for difference in differences {
        for line in difference.to_string().lines() {
            context.output.line(line);
        }
    }
}

pub(super) fn values(differences: &[Difference]) -> Vec<Value> {
    let value = |difference: &Difference| {
        json!({
            "kind": difference.object.kind.as_str(),
            "of": difference.object.of.as_ref().map(ToString::to_string),
            "name": difference.object.name.to_string(),
            "text": difference.to_string(),
        })
    };
    differences.iter().map(value).collect()
}
