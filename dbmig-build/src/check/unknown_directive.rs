//! `unknown-directive`: a `-- dbmig:` comment that nobody reads.

use super::Subject;
use crate::nearest::nearest;
use crate::{Code, Finding, Findings};

/// What can stand behind `dbmig:`; `allow.rs`, `todo_left.rs`, and `assertion.rs` read them.
const KNOWN: [&str; 3] = ["allow", "assert", "todo"];

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in &subject.files {
        for directive in &file.directives {
            let word = directive.text.split([' ', '\t', ':']).next().unwrap_or_default();
            if word == "allow" || word.eq_ignore_ascii_case("todo") {
                continue;
            }
            // One that goes on with a query included.
            if file.assertions.places.contains(&directive.place) {
                continue;
            }
            let (line, column) = directive.place;
            let message = if word.is_empty() {
                "a `dbmig:` comment says nothing".to_owned()
            } else {
                format!("there is no directive `dbmig:{word}`")
            };
            let finding = Finding::new(Code::UnknownDirective, file.path(subject), message)
                .at(line, column)
                .note("the comment has no effect");
            findings.push(match nearest(word, KNOWN) {
                Some(near) => finding.help(format!("did you mean `-- dbmig:{near}`?")),
                None => finding.help("write `-- dbmig:allow <code> reason=\"<why>\"`, `-- dbmig:assert before|after <query>`, `-- dbmig:todo <what>`, or a comment without `dbmig:`"),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, judged, places};

    #[test]
    fn words_that_nobody_reads() {
        for (dialect, text, expected) in [
            (Sqlite, "-- dbmig:alow empty-up reason=\"a\"\nSELECT 1", &["1:1"][..]),
            (Postgres, "SELECT 1;\n  -- dbmig: tood\n", &["2:3"]),
            (Mysql, "SELECT 1; -- dbmig:todos\n", &["1:11"]),
            (Sqlite, "-- dbmig:Allow empty-up reason=\"a\"\nSELECT 1", &["1:1"]),
            (Sqlite, "-- dbmig:\nSELECT 1", &["1:1"]),
            (Sqlite, "SELECT '-- dbmig:a' /* -- dbmig:b */ -- see dbmig:c", &[]),
        ] {
            let expected: Vec<_> =
                expected.iter().map(|at| format!("error[unknown-directive] {at}")).collect();
            assert_eq!(places(dialect, INSIDE, text), expected, "{text:?}");
        }
    }

    #[test]
    fn offers_the_nearest() {
        for (word, expected) in [
            ("alow", "did you mean `-- dbmig:allow`?"),
            ("Allow", "did you mean `-- dbmig:allow`?"),
            ("tood", "did you mean `-- dbmig:todo`?"),
            ("split", "write `-- dbmig:allow <code>"),
        ] {
            let found = judged(Sqlite, INSIDE, &format!("-- dbmig:{word} x\nSELECT 1"));
            assert!(found[0].help[0].starts_with(expected), "{word}: {found:?}");
        }
    }
}
