//! `modified`, `reformatted`, `renamed`: a locked migration that is not what was locked.

use super::{Decoded, Subject};
use crate::{Code, Digest, Finding, Findings, LockEntry, Standing};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(lock) = subject.lock else { return };
    for migration in &subject.migrations {
        let Some(entry) = lock.get(&migration.version) else { continue };
        if is_double(subject, migration, entry) {
            continue;
        }
        if migration.standing == Standing::Modified {
            findings.extend(modified(subject, migration, entry));
        } else if migration.reformatted {
            findings.push(
                Finding::new(
                    Code::Reformatted,
                    subject.raw.path_of(&[migration.dir_name]),
                    format!(
                        "migration `{}` was reformatted after it was locked",
                        migration.dir_name
                    ),
                )
                .note(match is_final_newline(migration, entry) {
                    true => "newline at end only",
                    false => "the statements are the same",
                }),
            );
        }
        if migration.dir_name != entry.dir_name {
            findings.push(
                Finding::new(
                    Code::Renamed,
                    subject.raw.path_of(&[migration.dir_name]),
                    format!(
                        "migration `{}` was locked as `{}`",
                        migration.dir_name, entry.dir_name
                    ),
                )
                .help(format!(
                    "rename it back, or accept the name with `cargo dbmig lock --relock {}`",
                    migration.version
                )),
            );
        }
    }
}

/// Another directory has the version as well, and that one is what was locked: the finding is then
/// `duplicate-version`, and nothing was edited.
fn is_double(subject: &Subject<'_>, migration: &Decoded<'_>, entry: &LockEntry) -> bool {
    migration.dir_name != entry.dir_name
        && subject.migrations.iter().any(|other| other.dir_name == entry.dir_name)
}

/// Every file that differs is what was locked, but for the newline at its end.
fn is_final_newline(migration: &Decoded<'_>, entry: &LockEntry) -> bool {
    let (now, locked) = (&migration.digests, &entry.digests);
    let only = |role: &str, text: &str, locked: &Digest| {
        let text = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text);
        [text.to_owned(), format!("{text}\n")]
            .iter()
            .any(|text| Digest::of_file(role, text.as_bytes()) == *locked)
    };
    let down = migration.down.zip(locked.down.as_ref());
    (now.up == locked.up || only("up", migration.up, &locked.up))
        && (now.down == locked.down
            || down.is_some_and(|(text, locked)| only("down", text, locked)))
        && now.metadata == locked.metadata
        && now.backfill == locked.backfill
}

/// One finding a file, so that each has its own place.
fn modified(subject: &Subject<'_>, migration: &Decoded<'_>, entry: &LockEntry) -> Vec<Finding> {
    let (now, locked) = (&migration.digests, &entry.digests);
    let files = [
        ("up.sql", Some(&now.up), Some(&locked.up)),
        ("down.sql", now.down.as_ref(), locked.down.as_ref()),
        ("metadata.toml", now.metadata.as_ref(), locked.metadata.as_ref()),
        ("backfill.sql", now.backfill.as_ref(), locked.backfill.as_ref()),
    ];
    let mut list = Vec::new();
    for (file, now, locked) in files.into_iter().filter(|(_, now, locked)| now != locked) {
        let what = match (now, locked) {
            (None, _) => "removed",
            (_, None) => "added",
            _ => "edited",
        };
        let mut finding = Finding::new(
            Code::Modified,
            subject.raw.path_of(&[migration.dir_name, file]),
            format!(
                "`{file}` of migration `{}` was {what} after it was locked",
                migration.dir_name
            ),
        );
        for (label, digest) in [("locked", locked), ("on disk", now)] {
            finding = finding.note(format!("{label:<8} {}", digest.map_or("-", |d| d.as_str())));
        }
        if is_final_newline(migration, entry) {
            finding = finding.note("newline at end only");
        }
        list.push(
            finding
                .about(&migration.version)
                .help("restore the file, and write a new migration with `cargo dbmig generate <name>`")
                .help(format!(
                    "if no database has applied it yet: `cargo dbmig lock --relock {}`",
                    migration.version
                )),
        );
    }
    list
}

#[cfg(test)]
mod tests {
    use crate::check::test_support::{codes, findings, locked, raw, up, with_lock};
    use crate::{Code, RawFile};

    #[test]
    fn kinds_of_edits() {
        let original = || up(raw(&["1_a"]), 0, "CREATE TABLE t (a INT); -- c\n");
        let lock = locked(&original());
        for (text, expected) in [
            ("CREATE TABLE t (a INT); -- c\n", None),
            ("CREATE TABLE t (a INT); -- c\r\n", None),
            ("\u{feff}CREATE TABLE t (a INT); -- c\n", None),
            ("CREATE TABLE t (\n  a INT);\n", Some(Code::Reformatted)),
            ("create table t (a int); -- d", Some(Code::Reformatted)),
            ("CREATE TABLE t (b INT); -- c\n", Some(Code::Modified)),
            ("CREATE TABLE t (a INT); DROP TABLE u;", Some(Code::Modified)),
        ] {
            let changed = with_lock(up(original(), 0, text), &lock);
            assert_eq!(codes(&changed), Vec::from_iter(expected), "{text:?}");
        }
    }

    #[test]
    fn every_changed_file_is_named() {
        let lock = locked(&raw(&["1_a"]));
        let mut changed = with_lock(raw(&["1_a"]), &lock);
        changed.migrations[0].up = RawFile::Bytes(b"select 2".to_vec());
        changed.migrations[0].down = RawFile::Absent;
        changed.migrations[0].metadata = RawFile::Bytes(b"run_in_transaction = false\n".to_vec());
        let messages: Vec<_> = findings(&changed)
            .into_iter()
            .filter(|f| f.code == Code::Modified)
            .map(|f| f.message)
            .collect();
        assert_eq!(messages.len(), 3, "{messages:?}");
        assert!(messages[0].contains("`down.sql`") && messages[0].contains("removed"));
        assert!(messages[1].contains("`metadata.toml`") && messages[1].contains("added"));
        assert!(messages[2].contains("`up.sql`") && messages[2].contains("edited"));
    }

    #[test]
    fn the_build_does_not_judge_settings_that_it_can_not_read() {
        let metadata = |text: &str| RawFile::Bytes(text.into());
        let mut original = raw(&["1_a"]);
        original.migrations[0].metadata = metadata("run_in_transaction = true\nx.y = 'z'\n");
        let mut changed = with_lock(original.clone(), &locked(&original));
        changed.migrations[0].metadata = metadata("# why\nrun_in_transaction = true\nx.y = 'z'\n");
        assert_eq!(codes(&changed), [Code::MetadataNotRead, Code::Reformatted]);
    }

    #[test]
    fn a_second_directory_with_the_version_is_not_an_edit() {
        let lock = locked(&raw(&["1_b"]));
        for names in [["1_b", "1_c"], ["1_a", "1_b"]] {
            let found = findings(&with_lock(raw(&names), &lock));
            assert_eq!(found.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::DuplicateVersion]);
            assert!(
                !found[0].path.ends_with("1_b"),
                "the one that is not locked is the one too many"
            );
        }
    }

    #[test]
    fn another_label_is_a_warning() {
        let lock = locked(&raw(&["1_a"]));
        let renamed = raw(&["1_b"]);
        let mut same = raw(&["1_a"]).migrations;
        same[0].dir_name = "1_b".into();
        let renamed = with_lock(crate::RawSet { migrations: same, ..renamed }, &lock);
        assert_eq!(codes(&renamed), [Code::Renamed]);
    }
}
