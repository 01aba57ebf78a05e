//! What stands at the head of a script: what it is, for which database, and how it is run.

use dbmig_build::{Dialect, one_line};

use super::{Basis, Sides};
use crate::event::Direction;
use crate::history::{Mode, TOOL};
use crate::runner::Work;
use crate::runner::batch::Batch;

pub(super) fn text(
    sides: &Sides<'_>,
    basis: &Basis<'_>,
    steps: &[(&Work<'_>, &Batch<'_>)],
) -> String {
    let mut lines = vec![title(sides.dialect, steps)];
    lines.push(match (basis, steps) {
        (_, []) => return comment(&lines),
        (Basis::Database, _) => {
            "For the database whose history was read when this was written.".to_owned()
        }
        (Basis::Range(range), [(first, _), ..]) => {
            let last = || range.after.as_ref().map(|version| one_line(version.as_str()));
            match (range.direction, last()) {
                (Direction::Down, _) => format!(
                    "For a database in which `{}` is the newest that is applied.",
                    one_line(first.name)
                ),
                (Direction::Up, Some(last)) => {
                    format!("For a database in which version {last} is the newest that is applied.")
                }
                (Direction::Up, None) => {
                    "For a database to which nothing was applied yet.".to_owned()
                }
            }
        }
    });
    lines.push(String::new());
    lines.extend(client(sides.dialect).iter().map(|line| (*line).to_owned()));
    lines.push(String::new());
    lines.extend(
        [
            "Each migration has its transaction and its version row: a second run stops at the first",
            "of them, with a duplicate key, and changes nothing. What stands before an error is kept.",
        ]
        .map(str::to_owned),
    );
    if steps.iter().any(|(work, batch)| batch.mode(&work.settings) == Mode::Statement) {
        lines.extend(
            [
                "Where it says `outside a transaction`, a statement that fails leaves those before it in",
                "the database, and no version row: let nobody else migrate meanwhile, mend it, and go on",
                "with the rest of this file from that statement.",
            ]
            .map(str::to_owned),
        );
    }
    if sides.dialect != Dialect::Postgres && steps.iter().any(|(work, _)| work.sql.contains('\r')) {
        lines.push(
            "Files with CRLF are in it: not every client leaves those line ends alone.".into(),
        );
    }
    comment(&lines)
}

fn title(dialect: Dialect, steps: &[(&Work<'_>, &Batch<'_>)]) -> String {
    let database = match dialect {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
        Dialect::Mysql => "MySQL and MariaDB",
    };
    let [(first, _), ..] = steps else {
        return format!("{database}: nothing to do. Written by {TOOL}.");
    };
    let verb = match first.direction {
        Direction::Up => "apply",
        Direction::Down => "revert",
    };
    let name = |work: &Work<'_>| format!("`{}`", one_line(work.name));
    let what = match steps {
        [.., (last, _)] if steps.len() > 1 => {
            let back = if first.direction == Direction::Down { "back " } else { "" };
            format!("{} migrations, {} {back}to {}", steps.len(), name(first), name(last))
        }
        _ => name(first),
    };
    format!("{database}: {verb} {what}. Written by {TOOL}.")
}

/// How its client is called, and why so.
const fn client(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Sqlite => &[
            "    sqlite3 -bail <database> < <this file>",
            "",
            "Without -bail it would go on behind an error.",
        ],
        Dialect::Postgres => &[
            "    psql -X -v ON_ERROR_STOP=1 -d <database> -f <this file>",
            "",
            "Without ON_ERROR_STOP it would go on behind an error. No -1: the transactions are in the file.",
            "The session is put back before each migration: a role, or limits on waiting for locks, go into",
            "PGOPTIONS, as in PGOPTIONS=\"-c role=owner -c lock_timeout=2s\".",
        ],
        Dialect::Mysql => &[
            "    mysql --binary-mode --comments <database> < <this file>",
            "",
            "`mariadb` takes the same. With --force it would go on behind an error; the options leave line",
            "ends, and the comments of bodies, as they are.",
        ],
    }
}

fn comment(lines: &[String]) -> String {
    let line = |line: &String| match line.is_empty() {
        true => "--\n".to_owned(),
        false => format!("-- {line}\n"),
    };
    lines.iter().map(line).collect()
}
