//! The `cargo dbmig` subcommand. Exempt from semantic versioning: a library only so that it can be tested.

pub mod cli;
pub mod commands;
pub mod config;
pub mod context;
pub mod database;
pub mod error;
pub mod exit;
pub mod failure;
pub mod generate;
pub mod git;
pub mod global;
pub mod metadata;
pub mod operations;
pub mod output;
pub mod project;
pub mod render;
pub mod scaffold;
pub mod schema_rs;
pub mod select;
pub mod shell;
pub mod typed;
pub mod workspace;

use std::ffi::OsString;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output::{Format, Output};
use crate::typed::Typed;

/// Runs the command line `args`, program name first.
pub fn run(mut args: Vec<OsString>) -> Exit {
    // Cargo calls `cargo-dbmig dbmig …`.
    if args.get(1).is_some_and(|arg| arg == "dbmig") {
        args.remove(1);
    }
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no misuse; a closed pipe is no failure.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let mut output = Output::of_process(cli.global.format, cli.global.quiet);
    output.typed = Typed::of(&cli.global);
    let result = match cli.command {
        command if of_another(output.format, &command) => Err(unknown_format(output.format)),
        // These answer questions, also where nothing is set up or the configuration is broken.
        Command::Explain(args) => commands::explain::run(&mut output, &args),
        Command::Foreign(words) => commands::foreign::run(&words),
        command => Context::new(cli.global, &mut output)
            .and_then(|mut context| commands::run(&mut context, command)),
    };
    let exit = result.unwrap_or_else(|error| {
        report(&mut output, &error);
        error.exit
    });
    output.finish();
    exit
}

/// Whether only another command writes such a text.
fn of_another(format: Format, command: &Command) -> bool {
    format.only_of().is_some_and(|only| match command {
        Command::Schema(command) => !command.is(only),
        _ => true,
    })
}

fn unknown_format(format: Format) -> CliError {
    let only = format.only_of().unwrap_or_default();
    let name = format!("{format:?}").to_lowercase();
    CliError::usage(format!("`--format {name}` is of `{only}` alone"))
        .help("here it is one of `human`, `short`, `github`, `json`")
}

/// Shows an error: the message, what caused it, facts, and what to do.
fn report(output: &mut Output, error: &CliError) {
    if output.format == Format::Json {
        output.answer_below(None);
        let help: Vec<_> = error.help.iter().map(|help| output.completed(help)).collect();
        return output.json(&serde_json::json!({
            "dbmig": 1,
            "error": error.message,
            "causes": error.causes,
            "notes": error.notes,
            "help": help,
            "exit": error.exit.code(),
        }));
    }
    output.error(&error.message);
    for cause in &error.causes {
        output.message_line(format!("  caused by: {cause}"));
    }
    for note in &error.notes {
        output.message_line(format!("  note: {note}"));
    }
    for help in &error.help {
        let help = output.completed(help);
        output.message_line(format!("  help: {help}"));
    }
}
