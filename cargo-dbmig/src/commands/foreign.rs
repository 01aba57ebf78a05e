//! Command lines of other tools: answered with ours, never executed.
//!
//! Only what clap does not know reaches this module; `up`, `rollback`, `undo` … are our own aliases.

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::config::nearest;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;

/// A command line of another tool and what to type instead.
struct Row {
    /// The first word, then words that stand anywhere behind it.
    foreign: &'static str,
    /// Our command lines, one help each; none where there is nothing of the kind yet.
    native: &'static [&'static str],
    /// What to do where ours is not there yet, or does not say it all.
    hint: Option<&'static str>,
}

const fn row(foreign: &'static str, native: &'static [&'static str]) -> Row {
    Row { foreign, native, hint: None }
}

const fn hint(foreign: &'static str, native: &'static [&'static str], hint: &'static str) -> Row {
    Row { foreign, native, hint: Some(hint) }
}

const fn not_yet(foreign: &'static str, instead: &'static str) -> Row {
    hint(foreign, &[], instead)
}

const BY_HAND: &str = "write the SQL by hand: `cargo dbmig generate <name>`";
const DUMP: &str = "rows are dumped by the tool of the database, such as `sqlite3 <file> .dump`";
const TAKEN_OVER: &str = "what Diesel recorded is taken over by itself: `cargo dbmig migrate`";
const SEED_UNDO: &str = "take them back one after the other: `cargo dbmig seed undo`";
const NO_UNLOCK: &str =
    "nothing has to be unlocked: a lock ends with the connection of whoever holds it";

/// The first row that fits is the answer: longer ones stand above shorter ones.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Sequelize, Rails
    row("db:create", &["db create"]),
    row("db:drop", &["db drop"]),
    row("db:reset", &["db reset --seed"]),
    row("db:setup", &["db setup --seed"]),
    row("db:prepare", &["db setup --seed"]),
    row("db:migrate --to", &["migrate --to <migration>"]),
    row("db:migrate", &["migrate"]),
    row("db:migrate:status", &["status"]),
    row("db:migrate:undo --to", &["revert --through <migration>"]),
    row("db:migrate:undo", &["revert"]),
    row("db:migrate:undo:all --to", &["revert --through <migration>"]),
    row("db:migrate:undo:all", &["revert --all"]),
    row("db:migrate:redo", &["redo"]),
    row("db:migrate:up", &["migrate --to <migration>"]),
    row("db:migrate:down", &["revert --through <migration>"]),
    row("db:migrate:reset", &["db reset"]),
    hint("db:migrate:schema:timestamps:add", &["status"], "nothing is needed: the history always has its times"),
    row("db:rollback", &["revert"]),
    row("db:version", &["status"]),
    row("db:abort_if_pending_migrations", &["status --exit-code"]),
    row("db:seed", &["seed run"]),
    row("db:seed:all", &["seed run"]),
    row("db:seed:undo", &["seed undo"]),
    not_yet("db:seed:undo:all", SEED_UNDO),
    row("db:seed:replant", &["seed run --again"]),
    row("db:schema:dump", &["schema dump", "schema rs"]),
    row("db:schema:load", &["db load <file>"]),
    row("migration:generate --dataSource", &["generate --diff <name>"]),
    row("migration:generate -d", &["generate --diff <name>"]),
    row("migration:generate", &["generate <name>"]),
    row("migration:create", &["generate <name>"]),
    row("model:generate", &["generate table <name>"]),
    row("model:create", &["generate table <name>"]),
    row("seed:generate", &["generate seed <name>"]),
    row("init:config", &["init"]),
    row("init:migrations", &["init"]),
    row("init:seeders", &["init"]),
    // Prisma, Ecto, and words that are tried
    row("db migrate", &["migrate"]),
    row("db rollback", &["revert"]),
    row("db seed", &["seed run"]),
    row("db status", &["status"]),
    row("db version", &["status"]),
    row("db push", &["generate --diff", "migrate"]),
    row("db pull", &["schema rs"]),
    // Knex, Laravel, Phinx
    row("migrate:make", &["generate <name>"]),
    row("make:migration", &["generate <name>"]),
    row("migrate:latest", &["migrate"]),
    row("migrate:up", &["migrate --step 1"]),
    row("migrate:down", &["revert"]),
    row("migrate:rollback --all", &["revert --all"]),
    row("migrate:rollback --step", &["revert --step 2"]),
    hint("migrate:rollback", &["revert"], "one migration, not a batch: `cargo dbmig revert --step 2` reverts two"),
    row("migrate:reset", &["revert --all"]),
    row("migrate:refresh", &["redo --all"]),
    row("migrate:fresh --seed", &["db reset --seed"]),
    row("migrate:fresh", &["db reset"]),
    row("migrate:status", &["status"]),
    row("migrate:currentVersion", &["status"]),
    row("migrate:install", &["migrate"]),
    not_yet("migrate:unlock", NO_UNLOCK),
    row("seed:make", &["generate seed <name>"]),
    row("seed:run", &["seed run"]),
    row("db:wipe", &["db drop"]),
    // Django
    row("makemigrations --empty", &["generate <name>"]),
    row("makemigrations --check", &["generate --diff --check"]),
    row("makemigrations --dry-run", &["generate --diff --dry-run"]),
    row("makemigrations --update", &["generate --diff --amend"]),
    row("makemigrations --merge", &["rebase", "lock --resolve"]),
    row("makemigrations", &["generate --diff"]),
    row("showmigrations --plan", &["plan"]),
    row("showmigrations", &["status"]),
    row("sqlmigrate --backwards", &["sql <migration> --down"]),
    row("sqlmigrate", &["sql <migration>"]),
    not_yet("squashmigrations", "keep the migrations: those that are applied are not run again"),
    row("loaddata", &["seed run"]),
    row("flush", &["db reset"]),
    row("inspectdb", &["schema rs"]),
    row("dbshell", &["db shell"]),
    // Alembic
    row("revision --autogenerate", &["generate --diff <name>"]),
    row("revision", &["generate <name>"]),
    row("upgrade head", &["migrate"]),
    row("upgrade +1", &["migrate --step 1"]),
    row("upgrade", &["migrate --to <migration>"]),
    row("downgrade base", &["revert --all"]),
    row("downgrade -1", &["revert"]),
    row("downgrade", &["revert --to <migration>"]),
    row("current", &["status"]),
    row("history", &["log"]),
    row("heads", &["status"]),
    row("show", &["sql <migration>"]),
    row("merge", &["rebase", "lock --resolve"]),
    hint("stamp", &["baseline --at <migration>"], TAKEN_OVER),
    // TypeORM, MikroORM
    row("migration:run", &["migrate"]),
    row("migration:up", &["migrate"]),
    row("migration:revert", &["revert"]),
    row("migration:down", &["revert"]),
    row("migration:show", &["status"]),
    row("migration:list", &["status"]),
    row("migration:fresh --seeder", &["db reset --seed"]),
    row("migration:fresh", &["db reset"]),
    row("schema:drop", &["db drop"]),
    row("query", &["db exec -c <sql>"]),
    row("schema:sync", &["generate --diff", "migrate"]),
    row("schema:log", &["diff --to migrations"]),
    // dbmate, Flyway, sqlx, refinery, goose, golang-migrate, SeaORM, geni, Prisma, Drizzle
    row("new", &["generate <name>"]),
    row("add", &["generate <name>"]),
    row("make", &["generate <name>"]),
    row("create", &["db create", "generate <name>"]),
    row("drop", &["db drop"]),
    row("apply", &["migrate"]),
    row("update", &["migrate"]),
    row("up-by-one", &["migrate --step 1"]),
    row("up-to", &["migrate --to <migration>"]),
    row("goto", &["migrate --to <migration>", "revert --to <migration>"]),
    row("down-to", &["revert --to <migration>"]),
    row("info", &["status"]),
    row("version", &["status"]),
    row("list", &["status"]),
    row("pending", &["plan"]),
    row("validate", &["check"]),
    row("verify", &["check"]),
    row("lint", &["check"]),
    hint("force", &["resolve <migration> --applied"], "or `--not-applied`, if all of it was undone by hand"),
    row("clean", &["db reset"]),
    row("fresh", &["db reset"]),
    row("refresh", &["redo --all"]),
    row("reset", &["revert --all", "db reset"]),
    hint("dump", &["db dump <file>", "schema dump"], DUMP),
    row("load", &["db load <file>"]),
    row("wait", &["db wait"]),
    not_yet("unlock", NO_UNLOCK),
    row("push", &["generate --diff", "migrate"]),
    row("pull", &["schema rs"]),
    row("introspect", &["schema rs"]),
    row("studio", &["db shell"]),
    // Liquibase
    row("update-count", &["migrate --step 1"]),
    row("update-sql", &["plan", "sql <migration>"]),
    row("update-testing-rollback", &["redo --all"]),
    row("rollback-count", &["revert --step 1"]),
    row("rollback-to-date", &["revert --to <migration>"]),
    row("future-rollback-sql", &["sql <migration> --down"]),
    row("unexpected-changesets", &["status"]),
    row("drop-all", &["db drop"]),
    row("execute-sql", &["db exec --file <file>"]),
    hint("clear-checksums", &["lock --relock <migration>"], "one by one, and only where no database has applied it"),
    hint("changelog-sync", &["baseline"], TAKEN_OVER),
    not_yet("generate-changelog", BY_HAND),
    row("diff-changelog", &["drift", "diff --to migrations"]),
    not_yet("tag", "a migration is named by its version: `cargo dbmig migrate --to <migration>`"),
    not_yet("list-locks", NO_UNLOCK),
    not_yet("release-locks", NO_UNLOCK),
    // Ecto, Entity Framework
    row("ecto.migrate", &["migrate"]),
    row("ecto.rollback", &["revert"]),
    row("ecto.gen.migration", &["generate <name>"]),
    row("ecto.create", &["db create"]),
    row("ecto.drop", &["db drop"]),
    row("ecto.setup", &["db setup --seed"]),
    row("ecto.reset", &["db reset --seed"]),
    row("migrations add", &["generate <name>"]),
    row("migrations script", &["sql <migration>"]),
    row("migrations", &["status"]),
    // Diesel, and what is planned here
    not_yet("completions", "list the commands: `cargo dbmig --help`"),
    not_yet("squash", "keep the migrations: those that are applied are not run again"),
    not_yet("doctor", "look at what there is: `cargo dbmig check`, `cargo dbmig status`"),
];

/// Answers a command line that is not ours.
///
/// # Errors
///
/// Always: with our spelling where it is known, otherwise with the nearest command.
pub(crate) fn run(words: &[String]) -> CliResult<Exit> {
    Err(answer(words))
}

/// The same for what stands behind a command of ours.
///
/// # Errors
///
/// As [`run`].
pub(crate) fn run_below(command: &str, words: &[String]) -> CliResult<Exit> {
    Err(answer(&[&[command.to_owned()], words].concat()))
}

fn answer(words: &[String]) -> CliError {
    let Some((first, rest)) = words.split_first() else {
        return CliError::usage("no command is given")
            .help("list the commands: `cargo dbmig --help`");
    };
    let Some(row) = TABLE.iter().find(|row| row.fits(first, rest)) else {
        return unknown(words);
    };
    let mut error = if row.native.is_empty() {
        CliError::usage(format!("there is nothing like `{}` here yet", row.foreign))
    } else {
        CliError::usage(format!("`{}` is a command of another tool", row.foreign))
    };
    for native in row.native {
        error = error.help(format!("here it is `cargo dbmig {native}`"));
    }
    row.hint.into_iter().fold(error, CliError::help)
}

impl Row {
    fn fits(&self, first: &str, rest: &[String]) -> bool {
        let mut words = self.foreign.split(' ');
        let is = |word: &str, given: &str| {
            given == word || given.split_once('=').is_some_and(|(flag, _)| flag == word)
        };
        words.next() == Some(first) && words.all(|word| rest.iter().any(|given| is(word, given)))
    }
}

fn unknown(words: &[String]) -> CliError {
    let cli = Cli::command();
    // What stands behind a command of ours is one of its own that is misspelt.
    let (below, word) = match words {
        [first, second, ..] => match cli.find_subcommand(first) {
            Some(command) => (Some(command), second),
            None => (None, first),
        },
        [first] => (None, first),
        [] => return CliError::usage("no command is given"),
    };
    let before = below.map(|command| format!("{} ", command.get_name())).unwrap_or_default();
    let names: Vec<&str> = below
        .unwrap_or(&cli)
        .get_subcommands()
        .flat_map(|command| {
            std::iter::once(command.get_name()).chain(command.get_visible_aliases())
        })
        .collect();
    let error = CliError::usage(format!("unknown command `{before}{word}`"));
    match nearest(word, names) {
        Some(near) => error.help(format!("did you mean `cargo dbmig {before}{near}`?")),
        None => error,
    }
    .help(format!("list the commands: `cargo dbmig {before}--help`"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Command;
    use crate::commands::db::DbCommand;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        let words = std::iter::once("cargo-dbmig").chain(line.split(' '));
        Cli::try_parse_from(words).map(|cli| cli.command)
    }

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    /// Command lines of ours in a text, and its placeholders filled in.
    fn quoted(text: &str) -> Vec<String> {
        text.split('`')
            .filter_map(|part| part.strip_prefix("cargo dbmig "))
            .map(|line| line.replace("<name>", "add_users").replace("<migration>", "2024"))
            .collect()
    }

    #[test]
    fn every_answer_is_a_command_line_of_ours() {
        for row in TABLE {
            assert!(!row.native.is_empty() || row.hint.is_some(), "{}", row.foreign);
            let spelled = row.native.iter().map(|native| format!("`cargo dbmig {native}`"));
            for text in spelled.chain(row.hint.map(str::to_owned)) {
                for line in quoted(&text).iter().filter(|line| *line != "--help") {
                    let parsed = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
                    assert!(
                        !matches!(parsed, Command::Foreign(_) | Command::Db(DbCommand::Foreign(_))),
                        "{}: {line}",
                        row.foreign
                    );
                }
            }
        }
    }

    #[test]
    fn every_row_can_be_reached() {
        for row in TABLE {
            let given = words(row.foreign);
            assert!(
                matches!(
                    parse(row.foreign),
                    Ok(Command::Foreign(_) | Command::Db(DbCommand::Foreign(_)))
                ),
                "{} is ours",
                row.foreign
            );
            let first = TABLE.iter().find(|row| row.fits(&given[0], &given[1..]));
            assert_eq!(first.map(|row| row.foreign), Some(row.foreign), "a row above answers");
        }
    }

    #[test]
    fn answers() {
        for (line, help) in [
            ("db:migrate", "here it is `cargo dbmig migrate`"),
            ("db:migrate --to=x.js", "here it is `cargo dbmig migrate --to <migration>`"),
            (
                "db:migrate:undo:all --to x.js",
                "here it is `cargo dbmig revert --through <migration>`",
            ),
            ("revision -m add --autogenerate", "here it is `cargo dbmig generate --diff <name>`"),
            ("upgrade abc123", "here it is `cargo dbmig migrate --to <migration>`"),
            ("statsu", "did you mean `cargo dbmig status`?"),
            ("xyzzy", "list the commands: `cargo dbmig --help`"),
            ("xyzzy drop", "list the commands: `cargo dbmig --help`"),
            ("dbshell", "here it is `cargo dbmig db shell`"),
            ("wait", "here it is `cargo dbmig db wait`"),
            ("migrate:fresh --seed", "here it is `cargo dbmig db reset --seed`"),
            ("db push", "here it is `cargo dbmig generate --diff`"),
            ("db rest", "did you mean `cargo dbmig db reset`?"),
            ("db xyzzy", "list the commands: `cargo dbmig db --help`"),
        ] {
            let error = answer(&words(line));
            assert_eq!((error.exit, error.help[0].as_str()), (Exit::Usage, help), "{line}");
        }
    }
}
