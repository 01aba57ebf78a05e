//! `db exec`: SQL that somebody typed, or that stands in a file.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use dbmig_build::sql::Statement;
use serde_json::{Value, json};

use super::table;
use crate::commands::ConsentArgs;
use crate::commands::revert::existing_only;
use crate::context::Context;
use crate::database::{Access, Answer};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::consent::{self, Question};
use crate::operations::executing::Script;
use crate::operations::protection;
use crate::output::{Format, Output};
use crate::render::count;
use crate::shell;

/// Run SQL on the database
///
/// From `-c`, a file, or standard input; statement by statement, and the first error, with its place, ends
/// it. The rows of queries are shown as a table, or with `--format json`. Nothing is undone by itself:
/// write `BEGIN` and `COMMIT` where it is to be all or nothing.
///
/// Where the environment or the database is protected, whatever does more than to ask needs `--confirm`.
#[derive(Debug, Args)]
pub struct ExecArgs {
    /// The SQL
    #[arg(short = 'c', long, value_name = "SQL", conflicts_with = "file")]
    #[arg(allow_hyphen_values = true)]
    command: Option<String>,
    /// The file with the SQL; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(super) fn run(context: &mut Context<'_>, args: &ExecArgs) -> CliResult<Exit> {
    existing_only(context)?;
    let (name, text) = read(context, args)?;
    let script = Script { name: &name, text: &text };
    let location = context.location()?;
    let dialect = location.dialect();
    let statements = script.statements(dialect)?;
    let confirm = args.consent.confirm.as_deref();
    let protected = {
        let mut session = location.open(Access::Read)?;
        protection::of(context, &mut *session)?
    };
    let writing: Vec<_> = statements.iter().filter(|s| !s.only_asks(dialect)).collect();
    let first = writing.first().map(|statement| {
        let (line, column) = (statement.line, statement.column);
        format!("{name}:{line}:{column}: `{}`", failure::excerpt(statement.sql))
    });
    let question = Question {
        what: match &first {
            Some(first) => {
                format!("{first} is more than a query, and `{}` is protected", location.shown())
            }
            None => String::new(),
        },
        needed: protected.holds() && first.is_some(),
        command: typed(args),
        refused: "nothing was run",
        because: protected.note(),
    };
    consent::ask(context, &location, confirm, &question)?;
    // Whoever named the database has said that it may be written to, also by a function of a query.
    let read_only = protected.holds() && confirm.is_none() && first.is_none();
    let mut console = location.console(if read_only { Access::Read } else { Access::Write })?;
    context.output.json(&json!({ "dbmig": 1, "command": "db exec", "results": [] }));
    let output = &mut *context.output;
    script.run(&mut *console, &statements, read_only, |statement, answers| {
        for answer in &answers {
            show(output, statement, answer);
        }
    })?;
    let done = count(statements.len(), "statement");
    if writing.is_empty() {
        return Ok(Exit::Done);
    }
    let database = context.database_name()?;
    context.output.progress(format!("{database}: {done} run"));
    Ok(Exit::Done)
}

/// Where the SQL comes from, as messages call it, and the SQL.
fn read(context: &mut Context<'_>, args: &ExecArgs) -> CliResult<(String, String)> {
    if let Some(sql) = &args.command {
        return Ok(("-c".to_owned(), sql.clone()));
    }
    let (name, bytes) = match args.file.as_deref().filter(|path| *path != Path::new("-")) {
        Some(path) => {
            let shown = context.show(&context.cwd.join(path));
            let bytes = std::fs::read(context.cwd.join(path))
                .map_err(|error| CliError::io("read", Path::new(&shown), &error))?;
            (shown, bytes)
        }
        None => {
            if io::stdin().is_terminal() {
                context.output.note("type SQL; end it with Ctrl-D on a line of its own");
            }
            let mut bytes = Vec::new();
            io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|error| CliError::io("read", Path::new("stdin"), &error))?;
            ("stdin".to_owned(), bytes)
        }
    };
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        CliError::usage(format!("{name}: not UTF-8 from byte {good} on"))
            .note("nothing was run")
            .help("save it as UTF-8")
    })?;
    Ok((name, text))
}

/// The command as it was typed, without its consent.
fn typed(args: &ExecArgs) -> String {
    let source = match (&args.command, &args.file) {
        (Some(sql), _) if sql.contains(['`', '\n']) => " -c <SQL>".to_owned(),
        (Some(sql), _) => format!(" -c {}", shell::quoted(sql)),
        (_, Some(path)) => format!(" --file {}", shell::quoted(&path.to_string_lossy())),
        _ => String::new(),
    };
    format!("cargo dbmig db exec{source}")
}

fn show(output: &mut Output, statement: &Statement<'_>, answer: &Answer) {
    if output.format == Format::Json {
        let rows: Vec<Value> = answer.rows.iter().map(|row| json!(row)).collect();
        return output.json(&json!({ "results": [{
            "line": statement.line, "column": statement.column, "columns": answer.columns,
            "rows": rows, "changed": answer.changed,
        }] }));
    }
    if answer.columns.is_empty() {
        if answer.changed > 0 {
            output.progress(format!("{} changed", count(rows_of(answer.changed), "row")));
        }
        return;
    }
    for line in table::lines(&answer.columns, &answer.rows) {
        output.line(line);
    }
    output.progress(format!("({})", count(answer.rows.len(), "row")));
}

fn rows_of(changed: u64) -> usize {
    usize::try_from(changed).unwrap_or(usize::MAX)
}
