//! Puts a lock file with merge conflict markers back in order.

use super::parse::{self, Header};
use super::{LockEntry, LockError, LockFile};
use crate::Version;

/// Why conflict markers could not be resolved without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveError {
    /// Both sides hold the same version with different content: the version and its line.
    Contradiction(usize, String),
    /// There is no conflict, and the header counts more migrations than the file holds.
    Lost {
        /// What the header counts.
        counted: usize,
        /// What the file holds.
        held: usize,
    },
    /// A line is damaged, or of a newer format.
    Line(LockError),
}

/// Takes every migration of both sides, sorts them, and computes the header anew.
///
/// A line that both sides have counts once; the same version with different content on both sides is an
/// error, since one of them would be lost. Resolving what is in order changes nothing, so it can be
/// repeated.
///
/// # Errors
///
/// See [`ResolveError`].
pub fn resolve(text: &str) -> Result<LockFile, ResolveError> {
    let mut merge = Merge::default();
    for (index, line) in text.lines().enumerate() {
        merge.line(index + 1, line.trim_end())?;
    }
    let damaged = |reason: &str| {
        Err(ResolveError::Line(LockError::Malformed(
            text.lines().count().max(1),
            reason.to_owned(),
        )))
    };
    if merge.side != Side::Both || !text.ends_with('\n') {
        return damaged("the conflict does not end");
    }
    if !merge.format {
        return damaged("the file does not begin with `dbmig-lock`");
    }
    // Without markers nothing was merged: what is missing was lost some other way.
    if let (false, Some(counted)) = (merge.conflict, merge.counted) {
        let held = merge.lock.len();
        if held < counted {
            return Err(ResolveError::Lost { counted, held });
        }
    }
    merge.lock.policy.start_after = merged_start(&merge.starts);
    Ok(merge.lock)
}

#[derive(Default)]
struct Merge {
    lock: LockFile,
    side: Side,
    conflict: bool,
    /// The line with the format was there.
    format: bool,
    /// What the header says, where there is one.
    counted: Option<usize>,
    starts: Vec<(Side, Version)>,
}

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
        if let Some(versions) = line.strip_prefix("versions ") {
            self.counted = versions.split(' ').next().and_then(|count| count.parse().ok());
            return Ok(());
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
        one.entries().try_for_each(|entry| self.entry(number, entry))
    }

    fn entry(&mut self, number: usize, entry: &LockEntry) -> Result<(), ResolveError> {
        match self.lock.get(&entry.version) {
            Some(seen) if seen != entry => {
                Err(ResolveError::Contradiction(number, entry.version.to_string()))
            }
            _ => {
                self.lock.insert(entry.clone());
                Ok(())
            }
        }
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
    use crate::lock::tests::{entry, sample};

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
        let merged = resolve(&text).unwrap();
        assert_eq!(merged.len(), 4);
        assert_eq!(resolve(&merged.render()).unwrap(), merged);
        assert_eq!(LockFile::parse(&merged.render()).unwrap(), merged);
        assert_eq!(resolve(&conflicted(&theirs, &ours)).unwrap().render(), merged.render());
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
        assert_eq!(resolve(&text).unwrap(), ours);
    }

    #[test]
    fn policies_are_merged_the_same_from_both_sides() {
        let with = |start: Option<&str>, level: crate::Level| {
            let mut lock = sample();
            lock.policy.start_after = start.map(|start| Version::new(start.to_owned()));
            lock.policy.lints.insert("missing-down".into(), level);
            lock
        };
        let (strict, mild) =
            (with(Some("1"), crate::Level::Deny), with(Some("2"), crate::Level::Allow));
        let none = with(None, crate::Level::Warn);
        for (ours, theirs, start) in [(&strict, &mild, Some("1")), (&strict, &none, None)] {
            let merged = resolve(&conflicted(ours, theirs)).unwrap();
            assert_eq!(resolve(&conflicted(theirs, ours)).unwrap(), merged);
            assert_eq!(merged.policy.lints["missing-down"], crate::Level::Deny);
            assert_eq!(merged.policy.start_after.as_ref().map(Version::as_str), start);
        }
    }

    #[test]
    fn a_line_that_was_lost_is_not_resolved_away() {
        let text = sample().render();
        let line = text.lines().find(|line| line.starts_with("migration")).unwrap();
        let lost = resolve(&text.replace(&format!("{line}\n"), ""));
        assert_eq!(lost, Err(ResolveError::Lost { counted: 2, held: 1 }));
        // Both lines kept by hand, one header of the two: that can be mended.
        let mut more = sample();
        more.insert(entry("2024-05-01-000000_more"));
        let header = sample().render().lines().nth(2).unwrap().to_owned();
        let by_hand = more.render().replace(more.render().lines().nth(2).unwrap(), &header);
        assert_eq!(resolve(&by_hand).unwrap(), more);
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
