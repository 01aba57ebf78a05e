//! `session-setting`: what a migration changes on the connection, and leaves behind.
//!
//! The next migration, the record in Diesel's table, and at start-up the application itself go on with it.
//! What the same file sets back, and what ends with the transaction, is in order.

mod change;

use std::collections::HashMap;

pub(super) use self::change::pragma_set;
use self::change::{Change, changes, unlocks_all};
use super::Subject;
use super::sql_file::{SqlFile, title};
use crate::sql::{Statement, StatementKind};
use crate::{Code, Dialect, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in &subject.files {
        let mut settings = Settings::default();
        for statement in file.statements() {
            let reads = file.dialect == Dialect::Postgres && statement.kind == StatementKind::Query;
            if statement.kind != StatementKind::Session && !reads {
                continue;
            }
            let tokens = file.tokens(statement);
            for change in changes(&tokens, file.dialect) {
                settings.take(change, statement);
            }
            let two = title(&tokens, 2);
            let words = if reads && unlocks_all(&tokens) {
                UNLOCK_ALL
            } else if two == "DISCARD ALL" {
                DISCARD_ALL
            } else if two.starts_with("USE ") || two == "USE" {
                USE
            } else {
                continue;
            };
            findings.push(finding(subject, file, statement, words));
        }
        for set in settings.into_sets() {
            findings.extend(words(file, &set).map(|w| finding(subject, file, &set.statement, w)));
        }
    }
}

/// Message, note, and help of a finding.
type Words<S> = (S, &'static str, S);

const UNLOCK_ALL: Words<&str> = (
    "`pg_advisory_unlock_all()` gives up locks that others took on this connection",
    "a runner that guards itself with an advisory lock loses it",
    "unlock your own only: `SELECT pg_advisory_unlock(<key>)`",
);
const DISCARD_ALL: Words<&str> = (
    "`DISCARD ALL` throws away what others set up on this connection",
    "settings, advisory locks, and prepared statements are gone after it, and it is refused in a transaction",
    "remove it, or set back what is meant: `RESET <setting>`",
);
const USE: Words<&str> = (
    "`USE` changes the database for all that follows",
    "Diesel then looks for its own table there",
    "remove it, and write the database in front of names: `shop.users`",
);

fn finding<S: Into<String>>(
    subject: &Subject<'_>,
    file: &SqlFile<'_>,
    statement: &Statement<'_>,
    (message, note, help): Words<S>,
) -> Finding {
    file.finding(subject, Code::SessionSetting, statement, message).note(note).help(help)
}

/// What to say about a setting of a file, where there is something to say.
fn words(file: &SqlFile<'_>, set: &Set<'_>) -> Option<Words<String>> {
    let (name, shown) = (&*set.change.name, &set.change.shown);
    let inside = file.transaction != Some(false);
    if file.dialect == Dialect::Sqlite && inside && matches!(name, "foreign_keys" | "synchronous") {
        // `synchronous` is refused there: that is `needs-no-transaction`.
        let silent = name == "synchronous" || file.foreign_keys_off || file.transaction.is_none();
        return (!silent).then(|| {
            (
                format!("`{shown}` does nothing inside a transaction"),
                "SQLite ignores it there, also where it stands before a table is rebuilt",
                "remove it, and write `foreign_keys = \"off\"` in the `[dbmig]` table of `metadata.toml` if they have to be off".to_owned(),
            )
        });
    }
    // Without a RESET, the second time a setting is set is the way back.
    if !set.open || (file.dialect != Dialect::Postgres && set.times > 1) {
        return None;
    }
    if set.change.server {
        let message = format!("`{shown}` changes the whole server");
        let help = "remove it, and set it where the server is configured".to_owned();
        return Some((message, "every database and every later connection has it", help));
    }
    let note = match name {
        "lock_timeout" | "statement_timeout" if set.change.zero => {
            "`0` waits without end, in this migration and in those after it"
        }
        "search_path" => "the next migration, and Diesel looking for its own table, go on with it",
        _ => "whatever runs next on this connection goes on with it",
    };
    let help = match file.dialect {
        Dialect::Postgres if inside => "write `SET LOCAL`, or the third argument `true` of `set_config`: it ends with the transaction".to_owned(),
        Dialect::Postgres => format!("set it back at the end of the file: `RESET {name}`"),
        Dialect::Mysql | Dialect::Sqlite => "set it back at the end of the file".to_owned(),
    };
    Some((format!("`{shown}` outlasts the migration"), note, help))
}

/// What a file sets, and whether it sets it back.
#[derive(Default)]
struct Settings<'a> {
    sets: Vec<Set<'a>>,
    by_name: HashMap<String, usize>,
    /// What was set up to here is set back: RESET ALL.
    all_reset: usize,
    /// Changes so far.
    count: usize,
}

struct Set<'a> {
    change: Change,
    /// The first that sets it.
    statement: Statement<'a>,
    times: usize,
    open: bool,
    /// The number of the change that opened it last.
    number: usize,
}

impl<'a> Settings<'a> {
    fn take(&mut self, change: Change, statement: &Statement<'a>) {
        self.count += 1;
        let number = self.count;
        if change.resets && change.name == "all" {
            self.all_reset = number;
        } else if let Some(&index) = self.by_name.get(&change.name) {
            let set = &mut self.sets[index];
            set.open = !change.resets;
            set.times += 1;
            set.number = number;
        } else if !change.resets {
            self.by_name.insert(change.name.clone(), self.sets.len());
            self.sets.push(Set { change, statement: *statement, times: 1, open: true, number });
        }
    }

    fn into_sets(self) -> impl Iterator<Item = Set<'a>> {
        let all_reset = self.all_reset;
        self.sets.into_iter().map(move |set| {
            let open = set.open && set.number > all_reset;
            Set { open, ..set }
        })
    }
}

#[cfg(test)]
mod tests;
