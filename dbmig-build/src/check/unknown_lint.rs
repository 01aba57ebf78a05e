//! `unknown-lint`: a level for a code that does not exist, or that has no level.

use super::Subject;
use crate::code::Group;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for name in subject.policy.lints.keys() {
        let message = match Code::by_name(name) {
            Some(code) if code.group() == Group::Habit => continue,
            Some(_) => format!("`[lints]` gives `{name}` a level, and it can not be changed"),
            None => format!("`[lints]` names `{name}`, and there is no such finding"),
        };
        findings.push(
            Finding::new(
                Code::UnknownLint,
                subject.raw.path_of(&[crate::lock::FILE_NAME]),
                message,
            )
            .help("`cargo dbmig explain` lists the codes"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{locked, raw, with_lock};
    use crate::{Code, Level};

    #[test]
    fn names_without_a_level() {
        let mut lock = locked(&raw(&["1_a"]));
        for name in ["mising-down", "duplicate-version", "missing-down"] {
            lock.policy.lints.insert(name.into(), Level::Allow);
        }
        let codes = crate::check::test_support::codes(&with_lock(raw(&["1_a"]), &lock));
        assert_eq!(codes, [Code::UnknownLint, Code::UnknownLint]);
    }
}
