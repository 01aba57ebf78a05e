//! `Proof`: what was found out about the way back of a migration, and for which inputs it holds.

use super::parse::{malformed, unknown};
use super::{LockEntry, LockError, LockFile};
use crate::fields::{Field, push};
use crate::{Dialect, Digest, Version};

/// A verdict, with what it holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What was found out.
    pub verdict: Verdict,
    /// The digest of what went in, see [`LockFile::proof_inputs`]: with others nothing is proved.
    pub inputs: Digest,
    /// The dialect it was proved on.
    pub dialect: Dialect,
    /// The server and its major version: `postgres-16`, `mariadb-11`.
    pub server: String,
    /// Tables for which no row could be made, with the reason.
    pub no_rows: Vec<(String, String)>,
}

/// Whether the way back restores what was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Schema and data.
    Lossless,
    /// Schema and data; the columns stand in another order.
    LosslessReordered,
    /// The schema; these are lost: `users.email`.
    SchemaOnly(Vec<String>),
    /// Nothing is proved, for this reason.
    None(String),
}

impl Verdict {
    /// As it stands in the lock file.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Lossless => "lossless",
            Self::LosslessReordered => "lossless-reordered",
            Self::SchemaOnly(_) => "schema-only",
            Self::None(_) => "none",
        }
    }
}

/// What the lock knows of a way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofState<'a> {
    /// The migration says itself that there is none: the reason.
    Declared(&'a str),
    /// A verdict that holds, a refusal included.
    Holds(&'a Proof),
    /// A verdict about other texts, or another dialect.
    Void(&'a Proof),
    /// No verdict.
    Missing,
}

impl ProofState<'_> {
    /// Nothing is left to be proved.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Declared(_) => true,
            Self::Holds(proof) => !matches!(proof.verdict, Verdict::None(_)),
            Self::Void(_) | Self::Missing => false,
        }
    }
}

impl LockFile {
    /// Every locked migration with what is known of its way back, in version order.
    pub fn proof_states(&self) -> Vec<(&LockEntry, ProofState<'_>)> {
        self.entries()
            .zip(self.all_inputs())
            .map(|(entry, inputs)| {
                let holds = |proof: &Proof| {
                    proof.inputs == inputs && self.dialects.contains(&proof.dialect)
                };
                let state = match (&entry.settings.irreversible, &entry.proof) {
                    (Some(reason), _) => ProofState::Declared(reason),
                    (None, Some(proof)) if holds(proof) => ProofState::Holds(proof),
                    (None, Some(proof)) => ProofState::Void(proof),
                    (None, None) => ProofState::Missing,
                };
                (entry, state)
            })
            .collect()
    }

    /// The digest of what a proof of this migration rests on: every `up.sql` up to it with its settings,
    /// in order, and its `down.sql`. `None` for a version that is not locked.
    pub fn proof_inputs(&self, version: &Version) -> Option<Digest> {
        let at = self.entries().position(|entry| entry.version == *version)?;
        self.all_inputs().into_iter().nth(at)
    }

    /// Takes out the verdicts whose inputs changed, or whose dialect is not one of the set.
    pub fn drop_void_proofs(&mut self) {
        let inputs = self.all_inputs();
        let dialects = self.dialects.clone();
        for (entry, inputs) in self.entries.values_mut().zip(inputs) {
            let holds = |proof: &Proof| proof.inputs == inputs && dialects.contains(&proof.dialect);
            entry.proof = entry.proof.take().filter(holds);
        }
    }

    /// The inputs of every migration, in order.
    fn all_inputs(&self) -> Vec<Digest> {
        let settings: Vec<_> = self.entries().map(|entry| entry.settings.to_text()).collect();
        let ups = self.entries().zip(&settings).map(|(entry, settings)| {
            let files = [entry.digests.up.as_str(), settings];
            // What has no backfill is digested as it always was.
            let backfill = entry.digests.backfill.as_ref().map(Digest::as_str);
            Digest::of_list("proof-up", files.into_iter().chain(backfill))
        });
        let ups: Vec<_> = ups.collect();
        let before = Digest::of_prefixes("proof-ups", ups.iter().map(Digest::as_str));
        let ends = self.entries().zip(before.into_iter().skip(1));
        ends.map(|(LockEntry { digests, .. }, before)| {
            let down = digests.down.as_ref().map_or("-", Digest::as_str);
            Digest::of_list("proof", [before.as_str(), down])
        })
        .collect()
    }
}

/// Appends the fields of a proof.
pub(super) fn push_proof(line: &mut String, proof: &Proof) {
    push(line, "proof", proof.verdict.as_str());
    match &proof.verdict {
        Verdict::Lossless | Verdict::LosslessReordered => {}
        Verdict::SchemaOnly(lost) => lost.iter().for_each(|lost| push(line, "proof-lost", lost)),
        Verdict::None(reason) => push(line, "proof-reason", reason),
    }
    push(line, "proof-inputs", proof.inputs.as_str());
    push(line, "proof-dialect", proof.dialect.as_str());
    push(line, "proof-server", &proof.server);
    for (table, reason) in &proof.no_rows {
        push(line, "proof-no-rows", table);
        push(line, "proof-no-rows-why", reason);
    }
}

/// The fields of a proof as they come.
#[derive(Default)]
pub(super) struct Reader {
    verdict: Option<String>,
    lost: Vec<String>,
    reason: Option<String>,
    inputs: Option<Digest>,
    dialect: Option<Dialect>,
    server: Option<String>,
    tables: Vec<String>,
    reasons: Vec<String>,
    any: bool,
}

impl Reader {
    /// Takes a field; `false` when it is none of a proof.
    pub(super) fn take(&mut self, number: usize, field: &Field) -> Result<bool, LockError> {
        let value = field.value.clone();
        match field.key.as_deref() {
            Some("proof") => self.verdict = Some(value),
            Some("proof-lost") => self.lost.push(value),
            Some("proof-reason") => self.reason = Some(value),
            Some("proof-inputs") => match Digest::parse(&value) {
                Some(digest) => self.inputs = Some(digest),
                None => return Err(malformed(number, &format!("`{value}` is not a digest"))),
            },
            Some("proof-dialect") => match value.parse() {
                Ok(dialect) => self.dialect = Some(dialect),
                Err(_) => return Err(unknown(number, "dialect", None, &value)),
            },
            Some("proof-server") => self.server = Some(value),
            Some("proof-no-rows") => self.tables.push(value),
            Some("proof-no-rows-why") => self.reasons.push(value),
            _ => return Ok(false),
        }
        self.any = true;
        Ok(true)
    }

    /// The proof, where there was one; half of one is damage.
    pub(super) fn finish(self, number: usize) -> Result<Option<Proof>, LockError> {
        if !self.any {
            return Ok(None);
        }
        let verdict = match (self.verdict.as_deref(), self.lost.as_slice(), self.reason) {
            (Some("lossless"), [], None) => Some(Verdict::Lossless),
            (Some("lossless-reordered"), [], None) => Some(Verdict::LosslessReordered),
            (Some("schema-only"), [_, ..], None) => Some(Verdict::SchemaOnly(self.lost)),
            (Some("none"), [], Some(reason)) => Some(Verdict::None(reason)),
            (Some("lossless" | "lossless-reordered" | "schema-only" | "none") | None, ..) => None,
            (Some(other), ..) => return Err(unknown(number, "verdict", None, other)),
        };
        let (Some(verdict), Some(inputs), Some(dialect), Some(server), true) = (
            verdict,
            self.inputs,
            self.dialect,
            self.server,
            self.tables.len() == self.reasons.len(),
        ) else {
            return Err(malformed(number, "a proof is not complete"));
        };
        let no_rows = self.tables.into_iter().zip(self.reasons).collect();
        Ok(Some(Proof { verdict, inputs, dialect, server, no_rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::tests::{entry, sample};

    fn proved(verdict: Verdict, no_rows: Vec<(String, String)>) -> LockFile {
        let mut lock = sample();
        let version = lock.newest().unwrap().clone();
        let inputs = lock.proof_inputs(&version).unwrap();
        let mut entry = lock.get(&version).unwrap().clone();
        let server = "sqlite-3".to_owned();
        entry.proof = Some(Proof { verdict, inputs, dialect: Dialect::Sqlite, server, no_rows });
        lock.insert(entry);
        lock
    }

    fn proofs(lock: &LockFile) -> usize {
        lock.entries().filter(|entry| entry.proof.is_some()).count()
    }

    #[test]
    fn every_verdict_is_read_back() {
        for verdict in [
            Verdict::Lossless,
            Verdict::LosslessReordered,
            Verdict::SchemaOnly(vec!["users.email".into(), "a b.\"c\"".into()]),
            Verdict::None("drops\na table".into()),
        ] {
            for no_rows in
                [vec![], vec![("t".into(), "check c".into()), (String::new(), "=".into())]]
            {
                let lock = proved(verdict.clone(), no_rows);
                let text = lock.render();
                assert_eq!(LockFile::parse(&text).unwrap(), lock, "{text}");
            }
        }
    }

    #[test]
    fn half_a_proof_is_damage_and_another_verdict_is_of_a_newer_version() {
        let text = proved(Verdict::SchemaOnly(vec!["t.c".into()]), vec![("t".into(), "c".into())])
            .render();
        for field in [
            " proof=schema-only",
            " proof-lost=t.c",
            " proof-dialect=sqlite",
            " proof-server=sqlite-3",
            " proof-no-rows=t",
            " proof-no-rows-why=c",
        ] {
            let result = LockFile::parse(&text.replace(field, ""));
            assert!(matches!(result, Err(LockError::Malformed(_, _))), "{field}: {result:?}");
        }
        for (from, to) in [("proof=schema-only", "proof=likely"), ("proof-lost", "proof-lots")] {
            let result = LockFile::parse(&text.replace(from, to));
            assert!(matches!(result, Err(LockError::Unsupported(_, _))), "{to}: {result:?}");
        }
    }

    #[test]
    fn a_proof_holds_for_its_inputs() {
        let proved = || proved(Verdict::Lossless, vec![]);
        let kept = |change: &dyn Fn(&mut LockFile)| {
            let mut lock = proved();
            change(&mut lock);
            lock.drop_void_proofs();
            proofs(&lock) == 1
        };
        let edit = |lock: &mut LockFile, at: usize, change: &dyn Fn(&mut LockEntry)| {
            let mut entry = lock.entries().nth(at).unwrap().clone();
            change(&mut entry);
            lock.insert(entry);
        };
        let other = || Digest::of_file("up", b"other");
        assert!(kept(&|_| {}));
        assert!(kept(&|lock| lock.insert(entry("2025-01-01-000000_later"))));
        assert!(
            kept(&|lock| edit(lock, 0, &|entry| entry.digests.down = None)),
            "a way back before"
        );
        assert!(kept(&|lock| edit(lock, 1, &|entry| entry.late = Some("x".into()))));
        assert!(!kept(&|lock| lock.insert(entry("2023-01-01-000000_earlier"))));
        assert!(!kept(&|lock| drop(lock.remove(&Version::new("20240101000000")))));
        assert!(!kept(&|lock| edit(lock, 0, &|entry| entry.digests.up = other())));
        assert!(!kept(&|lock| edit(lock, 0, &|entry| entry.settings = crate::Settings::default())));
        assert!(!kept(&|lock| edit(lock, 1, &|entry| entry.digests.up = other())));
        assert!(!kept(&|lock| edit(lock, 1, &|entry| entry.digests.down = None)));
        assert!(!kept(&|lock| lock.dialects = vec![Dialect::Postgres]));
    }
}
