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
mod tests;
