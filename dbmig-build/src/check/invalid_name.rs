//! `invalid-name`: a directory name that gives no usable version.

use super::Subject;
use crate::{Code, Finding, Findings, Version};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for migration in subject.migrations.iter().filter(|m| subject.is_judged(m)) {
        let version = migration.version.as_str();
        let message = if version.is_empty() {
            format!("`{}` has no version in front of its first `_`", migration.dir_name)
        } else if version.len() > Version::MAX_BYTES {
            format!(
                "the version of `{}` has {} bytes; databases store {}",
                migration.dir_name,
                version.len(),
                Version::MAX_BYTES
            )
        } else if version.chars().any(|c| c.is_control() || c.is_whitespace()) {
            format!(
                "the version of `{}` holds white space or control characters",
                migration.dir_name.escape_debug()
            )
        } else {
            continue;
        };
        findings.push(
            Finding::new(Code::InvalidName, subject.raw.path_of(&[migration.dir_name]), message)
                .help("rename it to `<version>_<name>`, as `cargo dbmig generate <name>` does"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, raw};

    #[test]
    fn names() {
        let long = "1".repeat(51) + "_a";
        let fits = "1".repeat(50) + "_a";
        for (name, expected) in [
            ("_a", vec![Code::InvalidName]),
            ("-_a", vec![Code::InvalidName]),
            (&long, vec![Code::InvalidName]),
            ("1 2_a", vec![Code::InvalidName, Code::UnusualName]),
            (&fits, vec![]),
            ("2019-09-11-164500", vec![]),
        ] {
            assert_eq!(codes(&raw(&[name])), expected, "{name}");
        }
    }
}
