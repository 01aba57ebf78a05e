//! `unsure-split`: a text that can not be cut into statements with certainty.
//!
//! A wrong cut would send half a statement, so such a file is sent whole. Inside a transaction that costs
//! the place of an error only; outside, progress can not be recorded, and a failure leaves nobody knows what.

use super::Subject;
use crate::{Code, Finding, Findings, Severity};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    // `split = "off"` is the answer to this question.
    for file in subject.files.iter().filter(|file| !file.split_off) {
        let Some(unsure) = file.split.unsure else { continue };
        let mut finding = Finding::new(
            Code::UnsureSplit,
            file.path(subject),
            format!("`{}` can not be cut into statements: {}", file.name, unsure.reason),
        )
        .at(unsure.line, unsure.column);
        if file.transaction == Some(false) {
            finding.severity = Severity::Error;
            finding = finding
                .note("it runs outside a transaction, where every statement is sent and recorded by itself");
        } else {
            finding = finding.note("it is sent whole, and an error in it has no place");
        }
        findings.push(
            finding
                .help("mend the text; or, if it is meant, write `split = \"off\"` in the `[dbmig]` table of `metadata.toml`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::Dialect::{Mysql, Postgres, Sqlite};
    use crate::check::test_support::{INSIDE, OUTSIDE, places};

    #[test]
    fn place_and_severity() {
        let whole = "run_in_transaction = false\n[dbmig]\nsplit = \"off\"\n";
        for (dialect, metadata, text, expected) in [
            (Postgres, INSIDE, "SELECT 1;\n SELECT 'a", &["warning[unsure-split] 2:9"][..]),
            (Postgres, OUTSIDE, "SELECT 1;\n SELECT 'a", &["error[unsure-split] 2:9"]),
            (Postgres, whole, "SELECT 1;\n SELECT 'a", &[]),
            (Sqlite, OUTSIDE, "SELECT 1 /* open", &[]),
            (Mysql, INSIDE, "SELECT 1 /* open", &["warning[unsure-split] 1:10"]),
        ] {
            assert_eq!(places(dialect, metadata, text), expected, "{dialect} {metadata} {text:?}");
        }
    }

    #[test]
    fn what_is_not_cut_with_certainty_is_not_accused_of_more() {
        let text = "COMMIT;\nSELECT 'a;\nCOMMIT;\n";
        assert_eq!(
            places(Postgres, INSIDE, text),
            ["error[transaction-control] 1:1", "warning[unsure-split] 2:8"]
        );
    }
}
