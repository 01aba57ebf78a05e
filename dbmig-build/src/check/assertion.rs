//! `invalid-assertion`: a `-- dbmig:assert` that nobody can ask.

use super::Subject;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for file in &subject.files {
        let finding = |(line, column): (usize, usize), message: String| {
            Finding::new(Code::InvalidAssertion, file.path(subject), message).at(line, column)
        };
        for problem in &file.assertions.problems {
            findings.push(finding(problem.place, problem.message.clone()).help(&problem.help));
        }
        if !file.of_backfill {
            continue;
        }
        for assertion in &file.assertions.list {
            let message = format!("`{}` asserts something beside a backfill", file.name);
            findings.push(
                finding(assertion.place, message)
                    .note("what it says is not run, and neither is the query")
                    .help("write it into `backfill.sql`: `-- dbmig:until <query>`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::backfill::STOPPER;
    use crate::check::test_support::{INSIDE, OUTSIDE, findings, judged, places, raw, up};
    use crate::{Code, RawFile};

    #[test]
    fn what_is_no_assertion_is_found() {
        for (dialect, text, expected) in [
            (Sqlite, "-- dbmig:assert before SELECT 1\nSELECT 1", &[][..]),
            (Postgres, "SELECT 1;\n-- dbmig:assert after SELECT 1\n-- dbmig:  FROM t\n", &[]),
            (Mysql, "-- dbmig:assert\nSELECT 1", &["1:1"]),
            (Sqlite, "SELECT 1; -- dbmig:assert after DROP TABLE t", &["1:11"]),
        ] {
            let expected: Vec<_> =
                expected.iter().map(|at| format!("error[invalid-assertion] {at}")).collect();
            assert_eq!(places(dialect, INSIDE, text), expected, "{text}");
            assert_eq!(places(dialect, OUTSIDE, text), expected, "{text}");
        }
        let found = judged(Sqlite, INSIDE, "-- dbmig:assert befor SELECT 1\nSELECT 1");
        assert!(found[0].message.contains("neither `before` nor `after`"), "{found:?}");
        assert!(found[0].help[0].contains("-- dbmig:assert before SELECT"), "{found:?}");
    }

    #[test]
    fn beside_a_backfill_nobody_asks() {
        let text = format!("-- dbmig:assert before SELECT 1\n{STOPPER}\n");
        let mut raw = up(raw(&["1_a"]), 0, &text);
        raw.migrations[0].backfill = RawFile::Bytes(
            b"-- dbmig:table t\n-- dbmig:key id\nUPDATE t SET a = 1 WHERE id >= :lo AND id <= :hi;\n"
                .to_vec(),
        );
        let found = findings(&raw);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].code, Code::InvalidAssertion);
        assert_eq!(found[0].location(), "migrations/1_a/up.sql:1:1");
    }
}
