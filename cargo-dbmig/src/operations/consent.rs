//! Consent: what can not be undone asks for the name of the database where it matters.

use std::io::{self, IsTerminal as _};

use dbmig_runtime::plan::{Plan, Step};
use serde_json::json;

use crate::context::Context;
use crate::database::Location;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::render;
use crate::shell;

use super::protection::{self, Protection};
use super::running::Sides;
use super::ways_back::{self, Accepted};

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
            let error = refusal(context, question, CliError::usage(&question.what))?;
            return Err(error.help(if_meant(question, Some(&name))));
        }
    };
    if typed == name {
        return Ok(());
    }
    Err(CliError::usage(format!("the database is called `{name}`, not `{typed}`"))
        .note(question.refused))
}

/// Adds what did not happen, and why it was asked.
fn refusal(context: &Context<'_>, question: &Question, error: CliError) -> CliResult<CliError> {
    let environment = context.environment()?;
    let state = if environment.protected { "protected, and " } else { "" };
    let error = question.because.iter().fold(error.note(question.refused), CliError::note);
    Ok(error.note(format!(
        "environment `{}` is {state}of kind {}",
        environment.name,
        environment.kind.as_str()
    )))
}

/// The command that is not refused.
fn if_meant(question: &Question, name: Option<&str>) -> String {
    let confirm = name.map_or_else(String::new, |name| {
        // Otherwise it would be taken for an option.
        let sign = if name.starts_with('-') { "=" } else { " " };
        format!(" --confirm{sign}{}", shell::quoted(name))
    });
    format!("if you mean it: `{}{confirm}`", question.command)
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

/// What was typed in favour of a revert.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// `--confirm`.
    pub confirm: Option<&'a str>,
    /// What may be lost, or is not proved.
    pub accepted: &'a Accepted,
}

/// Asks before a plan reverts anything in a database that is protected, and shows it first. Says
/// everywhere what is known of the ways back.
///
/// # Errors
///
/// As [`ask`]; and a way back that is not proved, or loses something, and was not accepted.
pub fn ask_to_revert(
    context: &mut Context<'_>,
    sides: &mut Sides,
    plan: &Plan,
    typed: Typed<'_>,
    command: &str,
) -> CliResult<()> {
    let count = plan.steps.iter().filter(|step| matches!(step, Step::Revert(..))).count();
    let location = context.location()?;
    let protection = match count {
        0 => Protection::default(),
        _ => protection::of(context, &mut *sides.session)?,
    };
    let Typed { confirm, accepted } = typed;
    let ways = ways_back::known(context, sides, plan)?;
    let protected = protection.holds();
    let lacking = if protected { accepted.lacking(&ways) } else { Accepted::default() };
    let accepted = accepted.with(&lacking);
    let question = Question {
        what: format!(
            "reverting {} in `{}` needs consent",
            render::count(count, "migration"),
            location.shown()
        ),
        needed: protected,
        command: format!("{command}{}", accepted.typed()),
        refused: "nothing was reverted",
        because: protection.note(),
    };
    let shown = question.needed && (confirm.is_none() || !lacking.is_empty());
    if shown {
        for line in render::plan_lines(plan, &sides.set, &sides.history, sides.session.dialect()) {
            context.output.line(line);
        }
        let mut value =
            render::plan_json(plan, &sides.set, &sides.history, sides.session.dialect());
        ways_back::add_json(&mut value, &ways);
        context.output.json(&json!({ "steps": value["steps"] }));
    }
    let lines = ways_back::in_words(&ways, sides, protected);
    if !lacking.is_empty() {
        let error = CliError::new(Exit::History, &question.what);
        let error = lines.into_iter().fold(error, CliError::note);
        let error = refusal(context, &question, error)?;
        let error = ways_back::remedies(&ways).into_iter().fold(error, CliError::help);
        // On a terminal the name is asked for.
        let asks = confirm.is_none() && io::stdin().is_terminal() && !context.global.no_input;
        let name = location.name().filter(|_| !asks);
        return Err(error.help(if_meant(&question, name.as_deref())));
    }
    lines.into_iter().for_each(|line| context.output.note(line));
    ask(context, &location, confirm, &question)
}
