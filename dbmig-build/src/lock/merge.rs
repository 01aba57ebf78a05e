//! Puts a lock file with merge conflict markers back in order.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{self, Header};
use super::{LockEntry, LockError, LockFile};
use crate::{Digests, Version};

/// Why conflict markers could not be resolved without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveError {
    /// Both sides hold the same version with different content: the version and its line.
    Contradiction(usize, String),
    /// There is no conflict, and the header counts more than the file holds.
    Lost {
        /// Of what: `migrations`, `repeatables`, `seeds`, `schemas`.
        what: &'static str,
        /// What the header counts.
        counted: usize,
        /// What the file holds.
        held: usize,
    },
    /// A line is damaged, or of a newer format.
    Line(LockError),
}

/// A lock file put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The lock.
    pub lock: LockFile,
    /// Repeatables, seeds, and `schema.rs`, that the two sides lock with different content. They are left out, so that
    /// they are locked anew as they are after the merge.
    pub open: Vec<String>,
}

/// Takes every migration of both sides, sorts them, drops void proofs, and computes the header anew.
///
/// A line that both sides have counts once; the same version with different content on both sides is an
/// error, since one of them would be lost. Resolving what is in order changes nothing, so it can be
/// repeated.
///
/// # Errors
///
/// See [`ResolveError`].
pub fn resolve(text: &str) -> Result<Resolved, ResolveError> {
    resolve_with(text, &Known::default())
}

/// What is known beside the lock file, by directory.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The files as they are. Of two lines about one version the one that fits them is the right one: a
    /// conflict holds lines that only one side changed as well.
    pub on_disk: BTreeMap<String, Digests>,
    /// Migrations that are left out: they are about to get another version.
    pub without: BTreeSet<String>,
}

/// As [`resolve`], by what is known.
///
/// # Errors
///
/// See [`ResolveError`].
pub fn resolve_with(text: &str, known: &Known) -> Result<Resolved, ResolveError> {
    let mut merge = Merge { known: known.clone(), ..Merge::default() };
    for (index, line) in text.lines().enumerate() {
        merge.line(index + 1, line.trim_end())?;
    }
    let damaged = |reason: &str| {
        Err(ResolveError::Line(LockError::Malformed(
            text.lines().count().max(1),
            reason.to_owned(),
        )))
    };
    if !text.ends_with('\n') {
        return damaged("the file ends in the middle of a line");
    }
    if merge.side != Side::Both {
        return damaged("the conflict does not end");
    }
    if !merge.format {
        return damaged("the file does not begin with `dbmig-lock`");
    }
    // Without markers nothing was merged: what is missing was lost some other way.
    if !merge.conflict {
        merge.nothing_is_lost()?;
    }
    let Merge { mut lock, starts, open, .. } = merge;
    lock.policy.start_after = merged_start(&starts);
    lock.repeatables.retain(|name, _| !open.contains(name));
    lock.seeds.retain(|name, _| !open.contains(name));
    lock.schemas.retain(|name, _| !open.contains(name));
    lock.drop_void_proofs();
    Ok(Resolved { lock, open: open.into_iter().collect() })
}

#[derive(Default)]
struct Merge {
    lock: LockFile,
    side: Side,
    conflict: bool,
    /// The line with the format was there.
    format: bool,
    /// What the header counts, as in [`COUNTED`].
    counted: [usize; 4],
    starts: Vec<(Side, Version)>,
    open: BTreeSet<String>,
    known: Known,
    left_out: BTreeSet<String>,
}

/// What the header counts: the keyword, and what people call it.
const COUNTED: [(&str, &str); 4] = [
    ("versions", "migrations"),
    ("repeatables", "repeatables"),
    ("seeds", "seeds"),
    ("schemas", "schemas"),
];

/// Where a line of a conflicted file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Side {
    #[default]
    Both,
    Ours,
    /// The common ancestor in the middle of a diff3 conflict: neither side.
    Base,
    Theirs,
}

impl Side {
    fn after(marker: &str) -> Option<Self> {
        Some(match marker.get(..7)? {
            "<<<<<<<" => Self::Ours,
            "|||||||" => Self::Base,
            "=======" => Self::Theirs,
            ">>>>>>>" => Self::Both,
            _ => return None,
        })
    }
}

impl Merge {
    fn line(&mut self, number: usize, line: &str) -> Result<(), ResolveError> {
        if let Some(side) = Side::after(line) {
            (self.side, self.conflict) = (side, true);
            return Ok(());
        }
        if self.side == Side::Base {
            return Ok(());
        }
        // The old header speaks of one side only.
        for (slot, (keyword, _)) in self.counted.iter_mut().zip(COUNTED) {
            let rest = line.strip_prefix(keyword).and_then(|rest| rest.strip_prefix(' '));
            if let Some(rest) = rest {
                let count = rest.split(' ').next().and_then(|count| count.parse().ok());
                *slot = count.unwrap_or(0);
                return Ok(());
            }
        }
        self.format |= line.starts_with("dbmig-lock ");
        let mut one = LockFile::default();
        parse::read_line(number, line, &mut Header::opened(), &mut one)
            .map_err(ResolveError::Line)?;
        for dialect in &one.dialects {
            if !self.lock.dialects.contains(dialect) {
                self.lock.dialects.push(*dialect);
            }
        }
        self.starts.extend(one.policy.start_after.take().map(|start| (self.side, start)));
        for (code, level) in &one.policy.lints {
            // The stricter of two levels, whichever side it is on.
            let seen = self.lock.policy.lints.get(code).copied();
            self.lock
                .policy
                .lints
                .insert(code.clone(), seen.map_or(*level, |seen| seen.max(*level)));
        }
        // And of two demands.
        let (now, policy) = (&mut self.lock.policy, &one.policy);
        now.proof = now.proof.max(policy.proof);
        now.schema_rs = now.schema_rs.max(policy.schema_rs);
        for (known, files) in [
            (&mut self.lock.repeatables, one.repeatables.clone()),
            (&mut self.lock.seeds, one.seeds.clone()),
            (&mut self.lock.schemas, one.schemas.clone()),
        ] {
            for (name, file) in files {
                let seen = known.insert(name.clone(), file.clone());
                if seen.is_some_and(|seen| seen != file) {
                    self.open.insert(name);
                }
            }
        }
        one.entries().try_for_each(|entry| self.entry(number, entry))
    }

    fn entry(&mut self, number: usize, entry: &LockEntry) -> Result<(), ResolveError> {
        if self.known.without.contains(&entry.dir_name) {
            self.left_out.insert(entry.dir_name.clone());
            return Ok(());
        }
        let mut entry = entry.clone();
        if let Some(seen) = self.lock.get(&entry.version) {
            let unproved = |entry: &LockEntry| LockEntry { proof: None, ..entry.clone() };
            if unproved(seen) != unproved(&entry) {
                let right = self.right_one(seen, &entry).ok_or_else(|| {
                    ResolveError::Contradiction(number, entry.version.to_string())
                })?;
                self.lock.insert(right);
                return Ok(());
            }
            entry.proof = match (seen.proof.clone(), entry.proof) {
                // Two findings about one thing: it has to be proved again.
                (Some(one), Some(other)) if one != other => None,
                (one, other) => one.or(other),
            };
        }
        self.lock.insert(entry);
        Ok(())
    }

    /// Of two lines about one version, the one that fits the files.
    fn right_one(&self, one: &LockEntry, other: &LockEntry) -> Option<LockEntry> {
        let fits =
            |entry: &LockEntry| self.known.on_disk.get(&entry.dir_name) == Some(&entry.digests);
        match (fits(one), fits(other)) {
            (true, false) => Some(one.clone()),
            (false, true) => Some(other.clone()),
            // One side accepted that it is late.
            (true, true) if one.dir_name == other.dir_name && one.settings == other.settings => {
                Some(if one.late >= other.late { one } else { other }.clone())
            }
            _ => None,
        }
    }

    fn nothing_is_lost(&self) -> Result<(), ResolveError> {
        let lock = &self.lock;
        let (repeatables, seeds, schemas) = (&lock.repeatables, &lock.seeds, &lock.schemas);
        let migrations = lock.len() + self.left_out.len();
        let held = [migrations, repeatables.len(), seeds.len(), schemas.len()];
        for ((counted, held), (_, what)) in self.counted.into_iter().zip(held).zip(COUNTED) {
            if held < counted {
                return Err(ResolveError::Lost { what, counted, held });
            }
        }
        Ok(())
    }
}

/// The later of two starts would silence findings that the earlier one reports, and a side without one
/// reports them all.
fn merged_start(starts: &[(Side, Version)]) -> Option<Version> {
    let has = |wanted: Side| starts.iter().any(|(side, _)| *side == wanted);
    let agreed = has(Side::Both) || has(Side::Ours) && has(Side::Theirs);
    starts.iter().map(|(_, start)| start).min().filter(|_| agreed).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::tests::{entry, file, sample};
    use crate::lock::{Proof, Verdict};
    use crate::{Demand, Dialect};

    fn resolved(text: &str) -> LockFile {
        resolve(text).unwrap().lock
    }

    fn conflicted(ours: &LockFile, theirs: &LockFile) -> String {
        format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", ours.render(), theirs.render())
    }

    #[test]
    fn takes_both_sides_and_is_stable() {
        let (mut ours, mut theirs) = (sample(), sample());
        ours.insert(entry("2024-03-01-000000_ours"));
        theirs.insert(entry("2024-02-01-000000_theirs"));
        let text = conflicted(&ours, &theirs);
        assert!(matches!(LockFile::parse(&text), Err(LockError::Conflict(1))));
        let merged = resolved(&text);
        assert_eq!(merged.len(), 4);
        assert_eq!(resolved(&merged.render()), merged);
        assert_eq!(LockFile::parse(&merged.render()).unwrap(), merged);
        assert_eq!(resolved(&conflicted(&theirs, &ours)).render(), merged.render());
    }

    #[test]
    fn the_common_ancestor_of_a_diff3_conflict_is_no_side() {
        let (mut ours, theirs) = (sample(), sample());
        let mut base = sample();
        base.insert(entry("2024-05-01-000000_only_in_base"));
        ours.insert(entry("2024-03-01-000000_ours"));
        let text = format!(
            "<<<<<<< ours\n{}||||||| base\n{}=======\n{}>>>>>>> theirs\n",
            ours.render(),
            base.render(),
            theirs.render()
        );
        assert_eq!(resolved(&text), ours);
    }

    #[test]
    fn policies_are_merged_the_same_from_both_sides() {
        let with = |start: Option<&str>, level: crate::Level| {
            let mut lock = sample();
            lock.policy.start_after = start.map(|start| Version::new(start.to_owned()));
            lock.policy.lints.insert("missing-down".into(), level);
            let demand = if level == crate::Level::Deny { Demand::Strict } else { Demand::Warn };
            (lock.policy.proof, lock.policy.schema_rs) = (demand, demand);
            lock
        };
        let (strict, mild) =
            (with(Some("1"), crate::Level::Deny), with(Some("2"), crate::Level::Allow));
        let none = with(None, crate::Level::Warn);
        for (ours, theirs, start) in [(&strict, &mild, Some("1")), (&strict, &none, None)] {
            let merged = resolved(&conflicted(ours, theirs));
            assert_eq!(resolved(&conflicted(theirs, ours)), merged);
            assert_eq!(merged.policy.lints["missing-down"], crate::Level::Deny);
            assert_eq!(merged.policy.proof, Demand::Strict);
            assert_eq!(merged.policy.schema_rs, Demand::Strict);
            assert_eq!(merged.policy.start_after.as_ref().map(Version::as_str), start);
        }
    }

    #[test]
    fn a_line_that_was_lost_is_not_resolved_away() {
        let text = sample().render();
        let line = text.lines().find(|line| line.starts_with("migration")).unwrap();
        let lost = resolve(&text.replace(&format!("{line}\n"), ""));
        assert_eq!(lost, Err(ResolveError::Lost { what: "migrations", counted: 2, held: 1 }));
        // Both lines kept by hand, one header of the two: that can be mended.
        let mut more = sample();
        more.insert(entry("2024-05-01-000000_more"));
        let header = sample().render().lines().nth(2).unwrap().to_owned();
        let by_hand = more.render().replace(more.render().lines().nth(2).unwrap(), &header);
        assert_eq!(resolved(&by_hand), more);
    }

    #[test]
    fn what_both_sides_changed_of_a_repeatable_or_a_seed_is_left_open() {
        let with = |text: &str| {
            let mut lock = sample();
            lock.repeatables.insert("R__c.sql".into(), file(text, None));
            lock.seeds.insert("reference/001_a=b.csv".into(), file(text, None));
            lock.seeds.insert(format!("reference/{text}.sql"), file(text, None));
            lock.schemas.insert("../src/schema.rs".into(), file(text, None));
            lock
        };
        let both = resolve(&conflicted(&with("ours"), &with("theirs"))).unwrap();
        assert_eq!(both.open, ["../src/schema.rs", "R__c.sql", "reference/001_a=b.csv"]);
        assert!(both.lock.schemas.is_empty());
        assert_eq!(both.lock.repeatables.keys().collect::<Vec<_>>(), ["R__a b.sql"]);
        let seeds: Vec<_> = both.lock.seeds.keys().collect();
        assert_eq!(seeds, ["reference/ours.sql", "reference/theirs.sql"]);
        let again = resolve(&both.lock.render()).unwrap();
        assert_eq!((again.lock, again.open), (both.lock, vec![]));
    }

    #[test]
    fn void_proofs_go_and_others_stay() {
        let newest = sample().newest().unwrap().clone();
        let proved = |server: &str| {
            let mut lock = sample();
            let inputs = lock.proof_inputs(&newest).unwrap();
            let (verdict, dialect) = (Verdict::Lossless, Dialect::Sqlite);
            let (server, no_rows) = (server.to_owned(), vec![]);
            let proof = Some(Proof { verdict, inputs, dialect, server, no_rows });
            let entry = LockEntry { proof, ..lock.get(&newest).unwrap().clone() };
            lock.insert(entry);
            lock
        };
        let mut early = sample();
        early.insert(entry("2023-01-01-000000_early"));
        for (theirs, kept) in [
            (sample(), true),
            (proved("sqlite-3"), true),
            (proved("sqlite-4"), false),
            (early, false),
        ] {
            for text in
                [conflicted(&proved("sqlite-3"), &theirs), conflicted(&theirs, &proved("sqlite-3"))]
            {
                let merged = resolved(&text);
                assert_eq!(merged.get(&newest).unwrap().proof.is_some(), kept, "{text}");
            }
        }
    }

    #[test]
    fn what_gets_another_version_is_left_out() {
        let (mut ours, mut theirs) = (sample(), sample());
        ours.insert(entry("2024-03-01-000000_ours"));
        theirs.insert(entry("2024-03-01-000000_theirs"));
        let without = BTreeSet::from(["2024-03-01-000000_ours".to_owned()]);
        let text = conflicted(&ours, &theirs);
        let known = Known { without, ..Known::default() };
        assert_eq!(resolve_with(&text, &known).unwrap().lock, theirs);
        assert_eq!(resolve_with(&ours.render(), &known).unwrap().lock, sample());
    }

    #[test]
    fn of_two_lines_the_one_that_fits_the_files_is_kept() {
        let name = "2024-03-01-000000_x";
        let edited = LockEntry {
            digests: Digests { up: crate::Digest::of_file("up", b"e"), ..entry(name).digests },
            ..entry(name)
        };
        let late = LockEntry { late: Some("commutes".into()), ..entry(name) };
        let with = |entry: &LockEntry| {
            let mut lock = sample();
            lock.insert(entry.clone());
            lock
        };
        for (one, other, on_disk, expected) in [
            (&edited, &entry(name), &edited, Some(&edited)),
            (&edited, &entry(name), &entry(name), Some(&entry(name))),
            (&late, &entry(name), &entry(name), Some(&late)),
            (&late, &edited, &edited, Some(&edited)),
            (&edited, &entry(name), &entry("2024-03-01-000000_y"), None),
        ] {
            let on_disk = BTreeMap::from([(on_disk.dir_name.clone(), on_disk.digests.clone())]);
            let known = Known { on_disk, ..Known::default() };
            for (ours, theirs) in [(one, other), (other, one)] {
                let resolved = resolve_with(&conflicted(&with(ours), &with(theirs)), &known);
                assert_eq!(resolved.ok().map(|resolved| resolved.lock), expected.map(with));
            }
        }
    }

    #[test]
    fn refuses_two_truths() {
        let (mut ours, mut theirs) = (sample(), sample());
        ours.insert(entry("2024-03-01-000000_ours"));
        theirs.insert(entry("2024-03-01-000000_theirs"));
        let error = resolve(&conflicted(&ours, &theirs)).unwrap_err();
        assert!(
            matches!(error, ResolveError::Contradiction(_, version) if version == "20240301000000")
        );
    }

    #[test]
    fn refuses_half_a_conflict() {
        let text = conflicted(&sample(), &sample());
        for half in [
            "<<<<<<< a\n",
            "",
            &text[..text.len() / 2],
            text.trim_end(),
            &text[..text.find(">>>>>>>").unwrap()],
        ] {
            assert!(
                matches!(resolve(half), Err(ResolveError::Line(LockError::Malformed(_, _)))),
                "{half}"
            );
        }
    }

    #[test]
    fn refuses_a_damaged_line() {
        let text = conflicted(&sample(), &sample()).replacen("up=sha256:", "up=sha25", 1);
        assert!(matches!(resolve(&text), Err(ResolveError::Line(LockError::Malformed(_, _)))));
    }
}
