//! `duplicate-version`: two directories share a version.
//!
//! Diesel keys migrations by version, so one of the two would be dropped without a message.

use std::collections::BTreeMap;

use super::Subject;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for migration in &subject.migrations {
        let Some(first) = seen.insert(&migration.version, migration.dir_name) else { continue };
        // The first stays the one that later ones are compared with.
        seen.insert(&migration.version, first);
        findings.push(
            Finding::new(
                Code::DuplicateVersion,
                subject.raw.path_of(&[migration.dir_name]),
                format!("version `{}` is used twice", migration.version),
            )
            .note(format!("first used by `{first}`"))
            .note("a version is the name up to the first `_`, without `-`")
            .help("rename one of the two directories to a later version"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, findings, raw};

    #[test]
    fn compares_after_diesels_normalisation() {
        for (names, expected) in [
            (&["1_a", "1_b"][..], 1),
            (&["2024-01-31_b", "20240131_a"], 1),
            (&["1_a", "1_b", "1_c"], 2),
            (&["1", "1_b"], 1),
            (&["1_a", "2_a"], 0),
            (&["1_a", "01_a"], 0),
        ] {
            assert_eq!(codes(&raw(names)), vec![Code::DuplicateVersion; expected], "{names:?}");
        }
        assert!(findings(&raw(&["1_a", "1_b", "1_c"]))[1].notes[0].contains("`1_a`"));
    }
}
