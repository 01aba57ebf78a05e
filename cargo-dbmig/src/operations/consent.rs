//! Consent: what can not be undone asks for the name of the database where it matters.

use std::io::{self, IsTerminal as _};

use dbmig_runtime::plan::{Plan, Step};
use serde_json::json;

use crate::context::Context;
use crate::database::Location;
use crate::error::{CliError, CliResult};
use crate::render;
use crate::shell;

use super::protection::{self, Protection};
use super::running::Sides;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What would happen, as a sentence.
    pub what: String,
    /// Whether anything is asked at all.
    pub needed: bool,
    /// The command that was typed, without its consent.
    pub command: String,
    /// What did not happen without consent.
    pub refused: &'static str,
    /// Why it is needed, where that lies in the database itself.
    pub because: Option<String>,
}

/// Goes on where the database was named, or need not be.
///
/// # Errors
///
/// Another name was given, or none.
pub fn ask(
    context: &mut Context<'_>,
    location: &Location,
    confirm: Option<&str>,
    question: &Question,
) -> CliResult<()> {
    // What is in memory is gone by itself.
    let Some(name) = location.name() else { return Ok(()) };
    let typed = match confirm {
        // Also where it is needless: another database was meant than the one it is about.
        Some(typed) => typed.to_owned(),
        None if !question.needed => return Ok(()),
        None if io::stdin().is_terminal() && !context.global.no_input => {
            read_name(context, question, &name)?
        }
        None => {
            let environment = context.environment()?;
            let state = if environment.protected { "protected, and " } else { "" };
            let error = CliError::usage(&question.what).note(question.refused);
            return Err(question
                .because
                .iter()
                .fold(error, CliError::note)
                .note(format!(
                    "environment `{}` is {state}of kind {}",
                    environment.name,
                    environment.kind.as_str()
                ))
                .help(format!(
                    "if you mean it: `{} --confirm{}{}`",
                    question.command,
                    // Otherwise it would be taken for an option.
                    if name.starts_with('-') { "=" } else { " " },
                    shell::quoted(&name)
                )));
        }
    };
    if typed == name {
        return Ok(());
    }
    Err(CliError::usage(format!("the database is called `{name}`, not `{typed}`"))
        .note(question.refused))
}

fn read_name(context: &mut Context<'_>, question: &Question, name: &str) -> CliResult<String> {
    context.output.message_line(&question.what);
    context.output.message_line(format!("type `{name}` to go on:"));
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .map_err(|error| CliError::usage("could not read the answer").cause(error.to_string()))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Asks before a plan reverts anything in a database that is protected, and shows it first.
///
/// # Errors
///
/// As [`ask`].
pub fn ask_to_revert(
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    confirm: Option<&str>,
    command: String,
) -> CliResult<()> {
    let count = plan.steps.iter().filter(|step| matches!(step, Step::Revert(..))).count();
    let location = context.location()?;
    let protection = match count {
        0 => Protection::default(),
        _ => protection::of(context, &mut *sides.session)?,
    };
    let question = Question {
        what: format!(
            "reverting {} in `{}` needs consent",
            render::count(count, "migration"),
            location.shown()
        ),
        needed: protection.holds(),
        command,
        refused: "nothing was reverted",
        because: protection.note(),
    };
    if question.needed && confirm.is_none() {
        for line in render::plan_lines(plan, &sides.set, &sides.history, sides.session.dialect()) {
            context.output.line(line);
        }
        let steps = &render::plan_json(plan, &sides.set, &sides.history)["steps"];
        context.output.json(&json!({ "steps": steps }));
    }
    ask(context, &location, confirm, &question)
}
