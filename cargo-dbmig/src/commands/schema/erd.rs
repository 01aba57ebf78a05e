//! `schema erd`: a picture of the tables.

use clap::{Args, ValueEnum};
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
/// As text that Mermaid, or Graphviz, makes a picture of. Markdown shows Mermaid between "```mermaid" and
/// "```".
#[derive(Debug, Args)]
pub struct ErdArgs {
    /// For which program
    #[arg(long = "as", value_name = "LANGUAGE", default_value = "mermaid")]
    language: Language,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// What draws it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    Mermaid,
    Dot,
}

pub(super) fn run(context: &mut Context<'_>, args: &ErdArgs) -> CliResult<Exit> {
    context.output.keep_for_text();
    let catalogue = cataloguing::read(context, args.scope.scope())?;
    let text = match args.language {
        Language::Mermaid => render::mermaid(&catalogue),
        Language::Dot => render::dot(&catalogue),
    };
    if context.output.format == Format::Json {
        context.output.json(&json!({ "dbmig": 1, "command": "schema erd", "text": text }));
    } else {
        context.output.raw(&text);
    }
    Ok(Exit::Done)
}
