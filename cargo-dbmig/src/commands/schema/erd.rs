//! `schema erd`: a picture of the tables.

use clap::Args;
use serde_json::json;

use super::scope::ScopeArgs;
use crate::context::Context;
use crate::error::CliResult;
use crate::exit::Exit;
use crate::operations::cataloguing;
use crate::output::Format;
use crate::render;

/// Draw the tables and what they point to
///
/// As text that Mermaid makes a picture of, or with `--format dot` Graphviz. Markdown shows Mermaid between
/// "```mermaid" and "```".
#[derive(Debug, Args)]
pub struct ErdArgs {
    #[command(flatten)]
    scope: ScopeArgs,
}

pub(super) fn run(context: &mut Context<'_>, args: &ErdArgs) -> CliResult<Exit> {
    let graphviz = context.output.format == Format::Dot;
    context.output.keep_for_text();
    let catalogue = cataloguing::read(context, args.scope.scope())?;
    let text = match graphviz {
        true => render::dot(&catalogue),
        false => render::mermaid(&catalogue),
    };
    if context.output.format == Format::Json {
        context.output.json(&json!({ "dbmig": 1, "command": "schema erd", "text": text }));
    } else {
        context.output.raw(&text);
    }
    Ok(Exit::Done)
}
