//! `duplicate-version`: two directories share a version.
//!
//! Diesel keys migrations by version, so one of the two would be dropped without a message.

use std::collections::BTreeMap;

use super::{Decoded, Subject, collation};
use crate::{Code, Finding, Findings, Version};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let key = |migration: &Decoded<'_>| {
        collation::key(&migration.version, &subject.dialects).into_owned()
    };
    let mut first_of = BTreeMap::new();
    for migration in &subject.migrations {
        let locked = subject.lock.and_then(|lock| lock.get(&migration.version));
        let is_locked = locked.is_some_and(|entry| entry.dir_name == migration.dir_name);
        let first = first_of.entry(key(migration)).or_insert(migration.dir_name);
        // What is locked is the first of its version, wherever its name sorts.
        if is_locked {
            *first = migration.dir_name;
        }
    }
    for migration in &subject.migrations {
        let first = first_of[&key(migration)];
        if first == migration.dir_name {
            continue;
        }
        let mut finding = Finding::new(
            Code::DuplicateVersion,
            subject.raw.path_of(&[migration.dir_name]),
            format!("version `{}` is used twice", migration.version),
        )
        .note(format!("first used by `{first}`"))
        .note("a version is the name up to the first `_`, without `-`");
        if Version::of_directory(first) != migration.version {
            finding = finding.note("MySQL and MariaDB compare it without case and accents");
        }
        findings.push(finding.help("rename one of the two directories to a later version"));
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
