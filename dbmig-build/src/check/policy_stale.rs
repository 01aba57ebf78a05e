//! `policy-stale`: `dbmig.toml` decides otherwise than the lock, which is all that the build reads.

use super::Subject;
use crate::{Code, Dialect, Finding, Findings, LockFile, Policy};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(lock) = subject.lock else { return };
    if head(&lock.dialects, &lock.policy) == head(&subject.dialects, &subject.policy) {
        return;
    }
    findings.push(
        Finding::new(
            Code::PolicyStale,
            subject.raw.path_of(&[crate::lock::FILE_NAME]),
            "the lock file holds other dialects, levels, or decisions than `dbmig.toml`",
        )
        .note("`cargo build` goes by the lock file")
        .help("bring it up to date: `cargo dbmig lock`"),
    );
}

/// What a lock file says before its migrations: only what is written there can be stale.
fn head(dialects: &[Dialect], policy: &Policy) -> String {
    let mut lock = LockFile::for_dialects(dialects.to_vec());
    lock.policy = policy.clone();
    lock.render()
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{locked, raw, with_lock};
    use crate::check::{Options, run};
    use crate::{Code, Demand, Dialect, Level, Policy, Version};

    #[test]
    fn configuration_and_lock_agree() {
        let lock = locked(&raw(&["1_a"]));
        let policy = |code: &str| {
            let lints = [(code.to_owned(), Level::Warn)].into();
            Policy { lints, ..Policy::default() }
        };
        let proof = Policy { proof: Demand::Warn, ..Policy::default() };
        let schema_rs = Policy { schema_rs: Demand::Strict, ..Policy::default() };
        let later = Policy { start_after: Some(Version::new("1")), ..Policy::default() };
        for (policy, dialects, stale) in [
            (None, None, false),
            (Some(Policy::default()), Some(vec![Dialect::Sqlite]), false),
            (Some(Policy::default()), Some(vec![Dialect::Postgres]), true),
            (Some(policy("missing-down")), None, true),
            // Not written into a lock, and told by `unknown-lint`.
            (Some(policy("missing down")), None, false),
            (Some(later), None, true),
            (Some(proof), None, true),
            (Some(schema_rs), None, true),
        ] {
            let options = Options { policy, dialects, ..Options::default() };
            let findings = run(&with_lock(raw(&["1_a"]), &lock), &options).findings;
            let found = findings.iter().any(|finding| finding.code == Code::PolicyStale);
            assert_eq!(found, stale, "{options:?}");
        }
    }
}
