//! `schema-rs-changed`: `schema.rs` is not what was locked, where `[policy] schema_rs` asks.
//!
//! The loader says which files there are; without it nobody looks (a run needs no Rust text).

use super::Subject;
use super::decode::text_of;
use crate::lock::{FILE_NAME, LockedFile, LockedFiles};
use crate::{Code, Finding, Findings, RawFile, RawNamed, Severity, Standing, schema_rs};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let (Some(lock), Some(files)) = (subject.lock, &subject.raw.schemas) else { return };
    let Some(severity) = subject.policy.schema_rs.severity() else { return };
    // A draft that was applied has changed it already: both are final with the next `lock`.
    let open = subject.migrations.iter().any(|m| m.standing == Standing::Draft);
    let severity = if open { Severity::Warning } else { severity };
    let mut report = |path: String, message: String, gone: bool| {
        let finding = Finding::new(Code::SchemaRsChanged, &path, message);
        let finding = match gone {
            true => finding.help("write it: `cargo dbmig schema rs`"),
            false => finding
                .help("write what the database holds: `cargo dbmig schema rs`")
                .help("if it is right as it is: `cargo dbmig lock`"),
        };
        findings.push(Finding { severity, ..finding });
    };
    for file in files {
        let locked = lock.schemas.get(&file.name);
        let path = subject.raw.path_of_schema(&file.name);
        match digest_of(file) {
            Ok(None) if locked.is_none() => {}
            Ok(None) => report(path, "`schema.rs` is locked, and the file is gone".into(), true),
            Err(reason) => report(path, reason, true),
            Ok(Some(digest)) => match locked {
                Some(locked) if locked.digest == digest => {}
                Some(_) => report(path, "`schema.rs` is not what was locked".into(), false),
                None => report(path, "`schema.rs` is not locked".into(), false),
            },
        }
    }
    for name in lock.schemas.keys().filter(|name| files.iter().all(|file| file.name != **name)) {
        findings.push(Finding {
            severity,
            ..Finding::new(
                Code::SchemaRsChanged,
                subject.raw.path_of(&[FILE_NAME]),
                format!(
                    "`{}` is locked, and no configuration names it",
                    subject.raw.path_of_schema(name)
                ),
            )
            .help("take it out: `cargo dbmig lock`")
        });
    }
}

/// The digests of those that are there and can be read.
pub(super) fn locked(files: &[RawNamed]) -> LockedFiles {
    let entry = |file: &RawNamed| {
        let digest = digest_of(file).ok().flatten()?;
        Some((file.name.clone(), LockedFile { digest, tokens: None }))
    };
    files.iter().filter_map(entry).collect()
}

/// The digest of a file, `None` where there is none, or why it can not be had.
fn digest_of(file: &RawNamed) -> Result<Option<crate::Digest>, String> {
    match &file.content {
        RawFile::Absent => Ok(None),
        RawFile::Unreadable(reason) => Err(reason.clone()),
        RawFile::Bytes(bytes) => match text_of(bytes) {
            Ok(text) => Ok(Some(schema_rs::digest(text))),
            Err((_, _, message)) => Err(message),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{findings, locked, raw, with_lock};
    use crate::{Code, Demand, Finding, LockFile, RawFile, RawNamed, RawSet, Severity};

    const NAME: &str = "../src/schema.rs";

    fn with(text: Option<&str>, names: &[&str]) -> RawSet {
        let content = text.map_or(RawFile::Absent, |text| RawFile::Bytes(text.into()));
        let file = RawNamed { name: NAME.into(), content };
        RawSet { schemas: Some(vec![file]), ..raw(names) }
    }

    fn lock(text: &str) -> LockFile {
        let raw = with(Some(text), &["1_a"]);
        let mut lock = locked(&raw);
        lock.policy.schema_rs = Demand::Strict;
        lock.schemas = super::locked(raw.schemas.as_ref().unwrap());
        lock
    }

    fn found(raw: RawSet, lock: &LockFile) -> Vec<Finding> {
        findings(&with_lock(raw, lock))
    }

    #[test]
    fn the_file_and_the_lock() {
        let lock = lock("table! { a (id) {} }");
        for (text, message) in [
            (Some("table! { a (id) {} }"), None),
            (Some("// c\ntable! {\n    a (id) {}\n}\n"), None),
            (Some("table! { b (id) {} }"), Some("`schema.rs` is not what was locked")),
            (None, Some("`schema.rs` is locked, and the file is gone")),
            (Some("a\0"), Some("byte 1 is NUL")),
        ] {
            let found = found(with(text, &["1_a"]), &lock);
            let said: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
            assert_eq!(said, Vec::from_iter(message), "{text:?}");
            for finding in found {
                assert_eq!(finding.path, "src/schema.rs");
                assert_eq!(
                    (finding.code, finding.severity),
                    (Code::SchemaRsChanged, Severity::Error)
                );
            }
        }
    }

    #[test]
    fn what_is_locked_and_what_is_named() {
        let mut none = lock("x");
        none.schemas.clear();
        let said = |raw, lock: &LockFile| {
            found(raw, lock).into_iter().map(|f| f.location()).collect::<Vec<_>>()
        };
        assert_eq!(said(with(Some("x"), &["1_a"]), &none), ["src/schema.rs"]);
        assert_eq!(said(with(None, &["1_a"]), &none), Vec::<String>::new());
        let unnamed = RawSet { schemas: Some(vec![]), ..raw(&["1_a"]) };
        assert_eq!(said(unnamed, &lock("x")), ["migrations/dbmig.lock"]);
        let nobody_looks = RawSet { schemas: None, ..raw(&["1_a"]) };
        assert_eq!(said(nobody_looks, &lock("x")), Vec::<String>::new());
    }

    #[test]
    fn how_bad_it_is() {
        let mut lock = lock("x");
        let worst = |lock: &LockFile, names: &[&str]| {
            let found = found(with(Some("y"), names), lock);
            found.iter().find(|f| f.code == Code::SchemaRsChanged).map(|finding| finding.severity)
        };
        assert_eq!(worst(&lock, &["1_a"]), Some(Severity::Error));
        assert_eq!(worst(&lock, &["1_a", "2_draft"]), Some(Severity::Warning));
        lock.policy.schema_rs = Demand::Warn;
        assert_eq!(worst(&lock, &["1_a"]), Some(Severity::Warning));
        lock.policy.schema_rs = Demand::Off;
        assert_eq!(worst(&lock, &["1_a"]), None);
    }
}
