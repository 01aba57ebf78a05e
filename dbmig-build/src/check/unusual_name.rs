//! `unusual-name`: characters in a directory name that file systems, shells, or databases treat alike
//! or apart. Silent for what was adopted.

use super::Subject;
use crate::{Code, Finding, Findings};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for migration in subject.migrations.iter().filter(|m| subject.is_judged(m)) {
        let unusual =
            migration.dir_name.chars().find(|c| !(c.is_ascii_alphanumeric() || "_-.".contains(*c)));
        if let Some(unusual) = unusual {
            findings.push(
                Finding::new(
                    Code::UnusualName,
                    subject.raw.path_of(&[migration.dir_name]),
                    format!("the directory name holds {unusual:?}"),
                )
                .help("use letters, digits, `_`, `-`, and `.` only"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Code;
    use crate::check::test_support::{codes, raw};

    #[test]
    fn names() {
        for (name, expected) in [
            ("1_add email", vec![Code::UnusualName]),
            ("1_é", vec![Code::UnusualName]),
            ("1_v0.7.1", vec![]),
            ("2024-01-01-000000_Add-It", vec![]),
        ] {
            assert_eq!(codes(&raw(&[name])), expected, "{name}");
        }
    }
}
