//! Runs SQL that somebody typed, statement by statement.

use dbmig_build::Dialect;
use dbmig_build::sql::{self, Statement, StatementKind};
use dbmig_runtime::session::{DbError, DbErrorKind};

use crate::database::{Answer, Console};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;

/// A text, and what messages call it.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// A path, `-c`, or `stdin`.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

impl<'a> Script<'a> {
    /// Its statements.
    ///
    /// # Errors
    ///
    /// It has none, can not be cut with certainty, or holds what no server takes.
    pub fn statements(&self, dialect: Dialect) -> CliResult<Vec<Statement<'a>>> {
        let name = self.name;
        let by_hand = |error: CliError| {
            error
                .note("nothing was run")
                .help("the database's own client takes it: `cargo dbmig db shell`")
        };
        let split = sql::split(self.text, dialect);
        if let Some(unsure) = split.unsure {
            let (line, column, reason) = (unsure.line, unsure.column, unsure.reason);
            return Err(by_hand(CliError::usage(format!(
                "{name}:{line}:{column}: where its statements end is not certain: {reason}"
            ))));
        }
        let client = split.statements.iter().find(|s| s.kind == StatementKind::ClientCommand);
        if let Some(statement) = client {
            let at = place(name, (statement.line, statement.column));
            let shown = failure::excerpt(statement.sql);
            return Err(by_hand(CliError::usage(format!("{at}: no server takes `{shown}`"))));
        }
        if split.statements.is_empty() {
            return Err(CliError::usage(format!("{name}: there is no statement in it")));
        }
        Ok(split.statements)
    }

    /// Runs the statements, and hands over what each answers.
    ///
    /// With `read_only` all of them are one transaction that the database keeps from writing: the words of
    /// a query do not tell what its functions do.
    ///
    /// # Errors
    ///
    /// The first that fails, with its place.
    pub fn run(
        &self,
        console: &mut dyn Console,
        statements: &[Statement<'a>],
        read_only: bool,
        each: impl FnMut(&Statement<'a>, Vec<Answer>),
    ) -> CliResult<()> {
        if read_only {
            begin_reading(console).map_err(|error| failure::of_database("begin to read", error))?;
        }
        self.run_each(console, statements, read_only, each)
            .map_err(|(error, index)| before(error, statements, index))
    }

    /// Runs all of the statements, or none, where the database can take them back and they bring no
    /// transaction of their own; as [`Script::run`] otherwise.
    ///
    /// # Errors
    ///
    /// As [`Script::run`].
    pub fn run_together(
        &self,
        console: &mut dyn Console,
        statements: &[Statement<'a>],
    ) -> CliResult<()> {
        let begin = match console.dialect() {
            // A deferred one could not wait for another writer later.
            Dialect::Sqlite => "BEGIN IMMEDIATE",
            Dialect::Postgres => "BEGIN",
            Dialect::Mysql => return self.run(console, statements, false, |_, _| {}),
        };
        if statements.iter().any(|s| s.kind == StatementKind::TransactionControl) {
            return self.run(console, statements, false, |_, _| {});
        }
        let all = |console: &mut dyn Console| {
            console.execute(begin).map_err(|error| failure::of_database("begin", error))?;
            self.run_each(console, statements, false, |_, _| {}).map_err(|(error, _)| error)?;
            console.execute("COMMIT").map_err(|error| failure::of_database("commit", error))
        };
        all(console).map_err(|error| {
            // The first error is the one to tell.
            let _ = console.execute("ROLLBACK");
            error.note("nothing of it was kept")
        })
    }

    /// Stops at the first that fails: with its place in the list.
    fn run_each(
        &self,
        console: &mut dyn Console,
        statements: &[Statement<'a>],
        read_only: bool,
        mut each: impl FnMut(&Statement<'a>, Vec<Answer>),
    ) -> Result<(), (CliError, usize)> {
        for (index, statement) in statements.iter().enumerate() {
            if console.interrupted() {
                return Err((CliError::new(Exit::Interrupted, "interrupted"), index));
            }
            match console.answer(statement.sql) {
                Ok(answers) => each(statement, answers),
                Err(error) => {
                    let shown = self.failed(statement, error, read_only);
                    let number = format!("statement {} of {}", index + 1, statements.len());
                    let shown =
                        shown.note(format!("{number}: {}", failure::excerpt(statement.sql)));
                    return Err((shown, index));
                }
            }
        }
        Ok(())
    }

    fn failed(&self, statement: &Statement<'_>, error: DbError, read_only: bool) -> CliError {
        let offset = statement.offset + error.position.unwrap_or_default();
        let at = match error.position {
            Some(_) => sql::position(self.text, offset),
            None => (statement.line, statement.column),
        };
        let message = format!("{}: {error}", place(self.name, at));
        let exit = match error.kind {
            DbErrorKind::Interrupted => Exit::Interrupted,
            DbErrorKind::Busy => Exit::Busy,
            _ => Exit::Database,
        };
        let mut shown = CliError::new(exit, message);
        for more in [error.detail, error.hint, error.context].into_iter().flatten() {
            shown = shown.note(more);
        }
        if read_only && error.kind == DbErrorKind::ReadOnly {
            shown = shown
                .note("the database is protected, so what only asks is kept from writing")
                .help("if you mean it, name the database: `--confirm <NAME>`");
        }
        shown
    }
}

/// What was done before: nobody has to guess.
fn before(error: CliError, statements: &[Statement<'_>], count: usize) -> CliError {
    let done = &statements[..count];
    let all_read = done.iter().all(|statement| statement.kind == StatementKind::Query);
    let transaction = done.iter().any(|s| s.kind == StatementKind::TransactionControl);
    let ran = crate::render::count(count, "statement");
    match (all_read, transaction) {
        (true, _) => error,
        (false, false) => error.note(format!("{ran} ran before it, which is kept")),
        (false, true) => {
            error.note(format!("{ran} ran before it; what was not committed is rolled back"))
        }
    }
}

fn begin_reading(console: &mut dyn Console) -> Result<(), DbError> {
    console.execute(match console.dialect() {
        // The connection is opened for queries only.
        Dialect::Sqlite => "BEGIN",
        Dialect::Postgres => "BEGIN READ ONLY",
        Dialect::Mysql => "START TRANSACTION READ ONLY",
    })
}

fn place(name: &str, (line, column): (usize, usize)) -> String {
    format!("{name}:{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_run_is_refused_with_its_place() {
        for (text, dialect, expected) in [
            ("", Dialect::Sqlite, "f.sql: there is no statement in it"),
            (" -- nothing\n;", Dialect::Postgres, "f.sql: there is no statement in it"),
            ("SELECT 1;\n SELECT 'x", Dialect::Sqlite, "f.sql:2:9: where its statements end"),
            ("SELECT 1;\n\\d users\n", Dialect::Postgres, "f.sql:2:1: no server takes `\\d users`"),
            ("COPY t FROM STDIN;\n1\n\\.\n", Dialect::Postgres, "f.sql:1:1: no server takes"),
        ] {
            let script = Script { name: "f.sql", text };
            let error = script.statements(dialect).unwrap_err();
            assert!(error.message.starts_with(expected), "{text}: {}", error.message);
            assert_eq!(error.exit, Exit::Usage);
        }
        let script = Script { name: "f.sql", text: "SELECT 1; SELECT 2" };
        assert_eq!(script.statements(Dialect::Mysql).unwrap().len(), 2);
    }

    #[test]
    fn what_ran_before_a_failure_is_told() {
        for (text, count, expected) in [
            ("SELECT 1; SELECT 2", 1, None),
            ("DELETE FROM t; x", 1, Some("1 statement ran before it, which is kept")),
            (
                "BEGIN; DELETE FROM t; x",
                2,
                Some("2 statements ran before it; what was not committed is rolled back"),
            ),
        ] {
            let statements = sql::split(text, Dialect::Sqlite).statements;
            let error = before(CliError::database("x"), &statements, count);
            assert_eq!(error.notes.first().map(String::as_str), expected, "{text}");
        }
    }
}
