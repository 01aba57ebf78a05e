//! Puts a lock file with merge conflict markers back in order.

use super::parse::{self, Header};
use super::{LockError, LockFile};

/// Why conflict markers could not be resolved without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolveError {
    /// Both sides hold the same version with different content: the version and its line.
    Contradiction(usize, String),
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
    let mut merged = LockFile::default();
    let mut in_base = false;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        // The middle part of a diff3 conflict is the common ancestor: neither side.
        if line.starts_with("|||||||") {
            in_base = true;
        }
        if line.starts_with("=======") || line.starts_with(">>>>>>>") {
            in_base = false;
        }
        let is_marker = parse::conflict_marker(line).is_some();
        // The old header speaks of one side only.
        if is_marker || in_base || line.starts_with("versions ") {
            continue;
        }
        let mut one = LockFile::default();
        let mut header = Header::opened();
        parse::read_line(number, line.trim_end(), &mut header, &mut one)
            .map_err(ResolveError::Line)?;
        for dialect in &one.dialects {
            if !merged.dialects.contains(dialect) {
                merged.dialects.push(*dialect);
            }
        }
        if let Some(start) = one.policy.start_after.take() {
            // The later start would silence findings that the earlier one reports.
            let earlier =
                merged.policy.start_after.take().map_or(start.clone(), |seen| seen.min(start));
            merged.policy.start_after = Some(earlier);
        }
        merged.policy.lints.append(&mut one.policy.lints);
        for entry in one.entries() {
            match merged.get(&entry.version) {
                Some(seen) if seen != entry => {
                    return Err(ResolveError::Contradiction(number, entry.version.to_string()));
                }
                _ => merged.insert(entry.clone()),
            }
        }
    }
    Ok(merged)
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
    fn refuses_a_damaged_line() {
        let text = conflicted(&sample(), &sample()).replacen("up=sha256:", "up=sha25", 1);
        assert!(matches!(resolve(&text), Err(ResolveError::Line(LockError::Malformed(_, _)))));
    }
}
