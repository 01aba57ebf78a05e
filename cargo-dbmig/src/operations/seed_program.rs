//! `[seeds] command`: a program that makes data, started after the files.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use crate::config::Kind;
use crate::context::Context;
use crate::database;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;

/// The program of an environment, if there is one: it runs where development data does.
///
/// # Errors
///
/// Arguments for it, and it does not run here; it is not settled which environment or database is meant.
pub fn find(context: &Context<'_>, arguments: &[OsString]) -> CliResult<Option<Vec<String>>> {
    let environment = context.environment()?;
    let config = &context.project.config;
    let (_, database) = config.database(context.global.database.as_deref())?;
    let here = matches!(environment.kind, Kind::Development | Kind::Test);
    match &database.seed_command {
        Some(command) if here => Ok(Some(command.clone())),
        _ if arguments.is_empty() => Ok(None),
        Some(_) => Err(CliError::usage(format!(
            "the program of `[seeds]` does not run in environment `{}`, which is of kind {}",
            environment.name,
            environment.kind.as_str()
        ))
        .note("it runs in environments of kind development and test")),
        None => Err(CliError::usage("there is no program that the arguments behind `--` are for")
            .help("name one in dbmig.toml: `[seeds]` and below it `command = [\"cargo\", \"run\", \"--bin\", \"seed\"]`")),
    }
}

/// How it is shown: without the arguments that were typed.
pub fn shown(command: &[String]) -> String {
    command.join(" ")
}

/// Runs it beside `dbmig.toml`, with `DATABASE_URL`, `DBMIG_ENV`, and `DBMIG_ENV_KIND`. What it prints goes to
/// the standard error output: the other one has the results of the command.
///
/// # Errors
///
/// It can not be started, or does not end with success.
pub fn run(context: &Context<'_>, command: &[String], arguments: &[OsString]) -> CliResult<()> {
    let environment = context.environment()?;
    let url = database::url_for_programs(context, &environment)?;
    let root = &context.project.root;
    let Some((program, own)) = command.split_first() else { return Ok(()) };
    // Next to dbmig.toml, as the other paths of that file.
    let path = match Path::new(program) {
        path if path.components().count() > 1 => root.join(path),
        path => path.to_owned(),
    };
    let status = Command::new(path)
        .args(own)
        .args(arguments)
        .current_dir(root)
        .env("DATABASE_URL", url.reveal())
        .env("DBMIG_ENV", &environment.name)
        .env("DBMIG_ENV_KIND", environment.kind.as_str())
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .map_err(|error| {
            CliError::usage(format!("could not start `{program}`, the program of `[seeds]`"))
                .cause(error.to_string())
                .help("its place is relative to dbmig.toml, or on the PATH")
        })?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(command, status)),
    }
}

fn failed(command: &[String], status: ExitStatus) -> CliError {
    let how = match status.code() {
        Some(code) => format!("with exit code {code}"),
        None => format!("by {status}"),
    };
    CliError::new(Exit::Database, format!("`{}` ended {how}", shown(command)))
        .note("the seed files before it are committed")
        .help("run it again, without the files: `cargo dbmig seed run`")
}
