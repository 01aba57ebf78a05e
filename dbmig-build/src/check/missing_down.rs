//! `missing-down`: a migration that can not be reverted, and does not say so.

use super::Subject;
use crate::{Code, Finding, Findings, sql};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for migration in subject.migrations.iter().filter(|m| subject.is_judged(m)) {
        if migration.settings.irreversible.is_some() {
            continue;
        }
        let what = match (migration.down, subject.dialect()) {
            (None, _) => "is missing",
            (Some(text), Some(dialect)) if sql::is_empty(text, dialect) => "holds no statement",
            (Some(text), None) if text.trim().is_empty() => "holds no statement",
            _ => continue,
        };
        findings.push(
            Finding::new(
                Code::MissingDown,
                subject.raw.path_of(&[migration.dir_name, "down.sql"]),
                format!("`down.sql` of `{}` {what}", migration.dir_name),
            )
            .help("write it, or declare `irreversible = \"reason\"` in the `[dbmig]` table of `metadata.toml`"),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{codes, raw};
    use crate::{Code, RawFile};

    #[test]
    fn missing_empty_and_declared() {
        for (down, metadata, expected) in [
            (RawFile::Absent, None, vec![Code::MissingDown]),
            (RawFile::Bytes(vec![]), None, vec![Code::MissingDown]),
            (RawFile::Bytes(b"-- no way".to_vec()), None, vec![Code::MissingDown]),
            (RawFile::Bytes(b"select 1".to_vec()), None, vec![]),
            (
                RawFile::Absent,
                Some("run_in_transaction = true\n[dbmig]\nirreversible = \"drops a table\"\n"),
                vec![],
            ),
        ] {
            let mut raw = raw(&["1_a"]);
            raw.migrations[0].down = down;
            if let Some(text) = metadata {
                raw.migrations[0].metadata = RawFile::Bytes(text.into());
            }
            assert_eq!(codes(&raw), expected);
        }
    }
}
