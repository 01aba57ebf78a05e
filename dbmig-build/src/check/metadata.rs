//! `invalid-metadata`, `metadata-transaction-missing`, `metadata-not-read`.
//!
//! Diesel swallows them: a broken file means a transaction, one without the key means none.

use super::Subject;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for migration in subject.migrations.iter().filter(|m| subject.is_judged(m)) {
        let Some(read) = &migration.metadata else { continue };
        for problem in &read.problems {
            // The lock holds what the CLI read, so nothing is missing.
            if migration.settings_from_lock && problem.code == Code::MetadataNotRead {
                continue;
            }
            findings.push(
                Finding::new(
                    problem.code,
                    subject.raw.path_of(&[migration.dir_name, "metadata.toml"]),
                    &problem.message,
                )
                .at(problem.line, problem.column)
                .help(&problem.help),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{codes, locked, raw, with_lock};
    use crate::{Code, RawFile};

    #[test]
    fn problems_are_findings_until_the_lock_knows_better() {
        let mut raw = raw(&["1_a"]);
        raw.migrations[0].metadata =
            RawFile::Bytes(b"run_in_transaction = true\nx.y = 1\n".to_vec());
        assert_eq!(codes(&raw), [Code::MetadataNotRead]);
        let lock = locked(&raw);
        assert_eq!(codes(&with_lock(raw.clone(), &lock)), []);
        raw.migrations[0].metadata = RawFile::Bytes(b"".to_vec());
        assert_eq!(codes(&raw), [Code::MetadataTransactionMissing]);
    }
}
