//! `removed`: the lock knows a migration whose directory is gone.

use std::collections::HashSet;

use super::Subject;
use crate::{Code, Finding, Findings, Version};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(lock) = subject.lock else { return };
    // Raw, since a directory that can not be decoded is there all the same.
    let present: HashSet<_> =
        subject.raw.migrations.iter().map(|m| Version::of_directory(&m.dir_name)).collect();
    for entry in lock.entries().filter(|entry| !present.contains(&entry.version)) {
        findings.push(
            Finding::new(
                Code::Removed,
                subject.raw.path_of(&[crate::lock::FILE_NAME]),
                format!("migration `{}` is locked, and its directory is gone", entry.dir_name),
            )
            .about(&entry.version)
            .help(format!(
                "restore it: `git checkout HEAD -- \"{}\"`",
                subject.raw.path_of(&[&entry.dir_name])
            ))
            .help(format!(
                "if no database has applied it: `cargo dbmig lock --relock {}`",
                entry.version
            )),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, locked, raw, with_lock};

    #[test]
    fn a_directory_less() {
        let lock = locked(&raw(&["1_a", "2_b"]));
        assert_eq!(codes(&with_lock(raw(&["2_b"]), &lock)), [Code::Removed]);
    }
}
