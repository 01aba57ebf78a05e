//! `schema dump`: the statements that make what the database holds.

use std::collections::BTreeMap;

use clap::Args;
use dbmig_runtime::catalogue::{Catalogue, facts};
use serde_json::{Value, json};

use super::scope::ScopeArgs;
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::cataloguing;
use crate::output::Format;

/// Write the statements that make what the database holds
///
/// With a semicolon behind each, as the database's own client takes them. Sorted and without anything that changes by itself, so that two dumps differ only where two databases
/// do. Rows and the tables of the history are not part of it. With `--format json`: every object with what
/// is true of it, and the fingerprints.
#[derive(Debug, Args)]
pub struct DumpArgs {
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(super) fn run(context: &mut Context<'_>, args: &DumpArgs) -> CliResult<Exit> {
    context.output.keep_for_text();
    let catalogue = cataloguing::read(context, args.scope.scope())?;
    if context.output.format == Format::Json {
        context.output.json(&json(&catalogue));
    } else {
        context.output.raw(&catalogue.to_script());
    }
    Ok(Exit::Done)
}

fn json(catalogue: &Catalogue) -> Value {
    let objects = facts(catalogue).into_iter().map(|(object, facts)| {
        json!({
            "kind": object.kind.as_str(),
            "of": object.of.map(|name| name.to_string()),
            "name": object.name.to_string(),
            "facts": facts,
        })
    });
    let objects: Vec<_> = objects.collect();
    let columns = catalogue.tables.iter().map(|table| {
        let names: Vec<_> = table.columns.iter().map(|column| &column.name).collect();
        (table.name.to_string(), names)
    });
    let columns: BTreeMap<_, _> = columns.collect();
    let fingerprint = catalogue.fingerprint();
    json!({
        "dbmig": 1, "command": "schema dump", "dialect": catalogue.dialect.as_str(),
        "server": catalogue.server, "fingerprint": fingerprint.schema.as_str(),
        "order_fingerprint": fingerprint.order.as_str(), "objects": objects, "columns": columns,
    })
}
