//! `draft`: a migration that the lock does not know yet.
//!
//! Drafts are edited at will: the build folds these findings into one warning, `migrate` accepts them
//! outside protected environments, and `check` refuses them.

use super::Subject;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    // Without a readable lock everything would be a draft: the lock is the finding then.
    if subject.lock.is_none() {
        return;
    }
    for migration in subject.migrations.iter().filter(|m| m.standing == crate::Standing::Draft) {
        let path = subject.raw.path_of(&[migration.dir_name]);
        findings.push(
            Finding::new(
                Code::Draft,
                path,
                format!("migration `{}` is a draft", migration.dir_name),
            )
            .about(&migration.version)
            .help("make it final with `cargo dbmig lock`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, locked, raw, with_lock};

    #[test]
    fn what_is_not_locked_is_a_draft() {
        let lock = locked(&raw(&["1_a"]));
        assert_eq!(codes(&with_lock(raw(&["1_a", "2_b"]), &lock)), [Code::Draft]);
        assert_eq!(codes(&with_lock(raw(&["1_a"]), &lock)), []);
    }
}
