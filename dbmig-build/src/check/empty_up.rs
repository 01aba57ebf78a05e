//! `empty-up`: an `up.sql` without a statement.
//!
//! Diesel refuses 0 bytes from a directory, accepts them from an embedded set, and servers differ on
//! comments alone: recorded on one database, an error on the next.

use super::Subject;
use crate::{Code, Finding, Findings, sql};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for migration in subject.migrations.iter().filter(|m| subject.is_judged(m)) {
        let empty = match subject.dialect() {
            Some(dialect) => sql::is_empty(migration.up, dialect),
            None => migration.up.trim().is_empty(),
        };
        if empty {
            findings.push(
                Finding::new(
                    Code::EmptyUp,
                    subject.raw.path_of(&[migration.dir_name, "up.sql"]),
                    format!("`up.sql` of `{}` holds no statement", migration.dir_name),
                )
                .at(1, 1)
                .help("write the statements, or remove the directory"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, raw, up};

    #[test]
    fn nothing_white_space_and_comments_are_empty() {
        for (text, expected) in [
            ("", vec![Code::EmptyUp]),
            (" \n", vec![Code::EmptyUp]),
            ("-- later\n", vec![Code::EmptyUp]),
            ("/* later */ ;", vec![Code::EmptyUp]),
            ("select 1", vec![]),
        ] {
            assert_eq!(codes(&up(raw(&["1_a"]), 0, text)), expected, "{text:?}");
        }
    }
}
