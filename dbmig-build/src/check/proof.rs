//! `proof-missing`, `proof-void`, `proof-failed`: what `[policy] proof` asks for and the lock does not hold.
//!
//! From the lock alone: the build has no engine. A loss that is known is proved, and no finding; `revert`
//! asks for it.

use super::Subject;
use crate::lock::{ProofState, Verdict};
use crate::{Code, Finding, Findings, LockEntry, RawSet, Severity};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(lock), Some(severity)) = (subject.lock, subject.policy.proof.severity()) else {
        return;
    };
    let states = lock.proof_states().into_iter();
    let judged = states.filter(|(entry, _)| subject.policy.is_judged(&entry.version));
    findings
        .extend(judged.filter_map(|(entry, state)| finding(subject.raw, entry, state, severity)));
}

fn finding(
    raw: &RawSet,
    entry: &LockEntry,
    state: ProofState<'_>,
    severity: Severity,
) -> Option<Finding> {
    let name = &entry.dir_name;
    let (code, message) = match state {
        ProofState::Missing => {
            (Code::ProofMissing, format!("nobody has proved the way back of `{name}`"))
        }
        ProofState::Void(_) => (
            Code::ProofVoid,
            format!("the way back of `{name}` was proved for other texts than these"),
        ),
        ProofState::Holds(proof) => match &proof.verdict {
            Verdict::None(reason) => (
                Code::ProofFailed,
                format!("the way back of `{name}` is refused on {}: {reason}", proof.server),
            ),
            _ => return None,
        },
        ProofState::Declared(_) => return None,
    };
    let finding = Finding { severity, ..Finding::new(code, raw.path_of(&[name]), message) };
    let finding = finding.about(&entry.version);
    Some(match code {
        Code::ProofFailed => finding
            .help(format!("see why: `cargo dbmig prove {}`", entry.version))
            .help("mend `down.sql`, or declare `irreversible = \"reason\"` in the `[dbmig]` table of `metadata.toml`")
            .help(format!("then lock and prove it: `cargo dbmig lock --relock {}`", entry.version)),
        _ => finding.help("prove it: `cargo dbmig prove`"),
    })
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{findings, locked, raw, with_lock};
    use crate::lock::{Proof, Verdict};
    use crate::{Code, Demand, Dialect, LockEntry, LockFile, Severity, Version};

    /// A lock of two migrations, of which the second has this verdict.
    fn lock(verdict: Option<Verdict>) -> LockFile {
        let mut lock = locked(&raw(&["1_a", "2_b"]));
        lock.policy.start_after = Some(Version::new("1"));
        lock.policy.proof = Demand::Strict;
        let version = Version::new("2");
        let proof = verdict.map(|verdict| Proof {
            verdict,
            inputs: lock.proof_inputs(&version).unwrap(),
            dialect: Dialect::Sqlite,
            server: "sqlite-3".into(),
            no_rows: vec![],
        });
        edit(&mut lock, |entry| entry.proof = proof);
        lock
    }

    fn edit(lock: &mut LockFile, change: impl FnOnce(&mut LockEntry)) {
        let mut entry = lock.get(&Version::new("2")).unwrap().clone();
        change(&mut entry);
        lock.insert(entry);
    }

    fn found(lock: &LockFile) -> Vec<(Code, Severity)> {
        let list = findings(&with_lock(raw(&["1_a", "2_b"]), lock));
        list.into_iter().map(|finding| (finding.code, finding.severity)).collect()
    }

    #[test]
    fn verdicts_by_policy() {
        let refused = || Verdict::None("no such table".into());
        for (verdict, code) in [
            (None, Some(Code::ProofMissing)),
            (Some(Verdict::Lossless), None),
            (Some(Verdict::LosslessReordered), None),
            (Some(Verdict::SchemaOnly(vec!["t.c".into()])), None),
            (Some(refused()), Some(Code::ProofFailed)),
        ] {
            let mut lock = lock(verdict);
            for (demand, severity) in [
                (Demand::Off, None),
                (Demand::Warn, Some(Severity::Warning)),
                (Demand::Strict, Some(Severity::Error)),
            ] {
                lock.policy.proof = demand;
                assert_eq!(found(&lock), Vec::from_iter(code.zip(severity)), "{code:?}");
            }
            lock.policy.start_after = Some(Version::new("2"));
            assert_eq!(found(&lock), [], "adopted: {code:?}");
            lock.policy.start_after = Some(Version::new("1"));
            edit(&mut lock, |entry| entry.settings.irreversible = Some("why".into()));
            assert_eq!(found(&lock), [], "declared: {code:?}");
        }
    }

    #[test]
    fn a_verdict_about_something_else_is_none() {
        let void = [(Code::ProofVoid, Severity::Error)];
        let mut other = lock(Some(Verdict::Lossless));
        edit(&mut other, |entry| {
            let proof = entry.proof.as_mut().unwrap();
            proof.inputs = crate::Digest::of_file("x", b"");
        });
        assert_eq!(found(&other), void);
        let mut other = lock(Some(Verdict::Lossless));
        edit(&mut other, |entry| entry.proof.as_mut().unwrap().dialect = Dialect::Mysql);
        assert_eq!(found(&other), void);
    }

    #[test]
    fn drafts_are_not_asked_about() {
        let lock = lock(Some(Verdict::Lossless));
        let list = findings(&with_lock(raw(&["1_a", "2_b", "3_c"]), &lock));
        assert_eq!(list.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::Draft]);
    }
}
