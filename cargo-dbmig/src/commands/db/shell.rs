//! `db shell`: the database's own client, connected.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::commands::revert::existing_only;
use crate::context::Context;
use crate::database::Client;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::output::Format;

/// Open the database in its own client
///
/// Starts `psql`, `mysql` or `mariadb`, or `sqlite3` with the connection of the environment. The password
/// goes by a variable, never on the command line. It ends with the exit code of the client.
#[derive(Debug, Args)]
pub struct ShellArgs {
    /// Arguments for the client, behind `--`
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

pub(super) fn run(context: &mut Context<'_>, args: &ShellArgs) -> CliResult<Exit> {
    if context.output.format == Format::Json {
        return Err(CliError::usage("a shell has no answer in JSON")
            .help("run SQL: `cargo dbmig db exec -c <SQL> --format json`"));
    }
    existing_only(context)?;
    let location = context.location()?;
    let Some(program) = location.client_programs().find(&context.env) else {
        return Err(missing(&location.client_programs()));
    };
    let client = location.client(|| is_mariadb(&program));
    let environment = context.environment()?;
    if environment.protected {
        let name = environment.name;
        context
            .output
            .note(format!("environment `{name}` is protected: nothing asks you in there"));
    }
    context.output.flush();
    let mut command = Command::new(&program);
    command.args(&client.arguments).args(&args.arguments);
    for name in client.hidden {
        command.env_remove(name);
    }
    for (name, value) in &client.variables {
        command.env(name, value.reveal());
    }
    start(command).map_err(|error| {
        CliError::usage(format!("could not start `{}`", program.display())).cause(error)
    })
}

fn missing(client: &Client) -> CliError {
    let names: Vec<_> = client.programs.iter().map(|name| format!("`{name}`")).collect();
    CliError::usage(format!("{} is not installed, or not on the PATH", names.join(" or ")))
        .help(format!("install it: {}", client.install))
        .help("or run SQL without it: `cargo dbmig db exec -c <SQL>`")
}

/// Which of the two clients it is: `mysql` is often a link to MariaDB's.
fn is_mariadb(program: &Path) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("MariaDB"))
}

/// In place of this process: signals, the terminal, and the exit code are the client's.
#[cfg(unix)]
fn start(mut command: Command) -> Result<Exit, String> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().to_string())
}

#[cfg(not(unix))]
fn start(mut command: Command) -> Result<Exit, String> {
    let status = command.status().map_err(|error| error.to_string())?;
    Ok(if status.success() { Exit::Done } else { Exit::Database })
}
