//! Which migrations get another version, and what it is. Pure.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use dbmig_build::{LockFile, RawMigration, RawSet, Version};

use super::generating::{self, NewMigration};
use crate::error::CliResult;
use crate::metadata;

/// A directory and its new name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// As it is.
    pub from: String,
    /// As it shall be.
    pub to: String,
}

/// The migrations that nobody else has: not on the other side, where there is one, else drafts.
pub fn unmerged(
    raw: &RawSet,
    lock: Option<&LockFile>,
    theirs: Option<&BTreeSet<String>>,
) -> BTreeSet<String> {
    let is_locked =
        |name: &str| lock.is_some_and(|lock| lock.entries().any(|entry| entry.dir_name == name));
    let names = raw.migrations.iter().map(|migration| &migration.dir_name);
    names
        .filter(|name| match theirs {
            Some(theirs) => !theirs.contains(*name),
            None => !is_locked(name),
        })
        .cloned()
        .collect()
}

/// Those of `unmerged` that stand before what others have or what is locked, and all behind the first of
/// them: they keep their order. A late one that was accepted stays where it is.
pub fn late(raw: &RawSet, lock: Option<&LockFile>, unmerged: &BTreeSet<String>) -> Vec<String> {
    let version = |name: &str| Version::of_directory(name);
    let entry = |name: &str| {
        let entry = lock.and_then(|lock| lock.get(&version(name)));
        entry.filter(|entry| entry.dir_name == name)
    };
    let all = raw.migrations.iter().map(|migration| migration.dir_name.as_str());
    let newest_of_others = all.filter(|name| !unmerged.contains(*name)).map(version).max();
    let newest_locked = lock.and_then(|lock| lock.newest().cloned());
    let mut ours: Vec<_> = unmerged
        .iter()
        .filter(|name| entry(name).is_none_or(|entry| entry.late.is_none()))
        .cloned()
        .collect();
    ours.sort_by_key(|name| version(name));
    let is_late = |name: &String| {
        let version = version(name);
        newest_of_others.as_ref().is_some_and(|newest| version <= *newest)
            || entry(name).is_none() && newest_locked.as_ref().is_some_and(|n| version < *n)
    };
    match ours.iter().position(is_late) {
        Some(first) => ours.split_off(first),
        None => vec![],
    }
}

/// New names for these directories, after everything that is there, in the order given.
///
/// # Errors
///
/// A name can not be used, or no version comes to mind.
pub fn plan(dir: &Path, raw: &RawSet, names: &[String], now: SystemTime) -> CliResult<Vec<Rename>> {
    let mut raw = raw.clone();
    let mut renames = Vec::new();
    for from in names {
        let label = from.split_once('_').map_or("migration", |(_, label)| label);
        let new = NewMigration { label: label.to_owned(), ..NewMigration::default() };
        let files = generating::plan(dir, &raw, &new, now)?;
        let folder = files[0].path.parent().expect("a new file has a folder");
        let to = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        raw.migrations.push(RawMigration { dir_name: to.clone(), ..RawMigration::default() });
        renames.push(Rename { from: from.clone(), to });
    }
    Ok(renames)
}

/// A `metadata.toml` that requires the backfill of a migration whose directory is renamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The directory that it is in.
    pub dir: String,
    /// Its text now.
    pub before: String,
    /// Its text with the new name.
    pub after: String,
}

/// Every one of them. Of two migrations with the same version, the one that stays is meant unless the
/// directory that is renamed is named in full.
pub fn requirements(raw: &RawSet, renames: &[Rename]) -> Vec<Requirement> {
    let moved = |required: &str| {
        let version = Version::of_directory(required);
        let stays = raw.migrations.iter().any(|migration| {
            Version::of_directory(&migration.dir_name) == version
                && renames.iter().all(|rename| rename.from != migration.dir_name)
        });
        let rename = renames.iter().find(|rename| match stays {
            true => rename.from == required,
            false => Version::of_directory(&rename.from) == version,
        })?;
        // As it was written: the directory, or its version alone.
        Some(match required.contains('_') {
            true => rename.to.clone(),
            false => rename.to.split('_').next().unwrap_or_default().to_owned(),
        })
    };
    let of = |migration: &RawMigration| {
        let before = std::str::from_utf8(migration.metadata.bytes()?).ok()?;
        let after = metadata::with_required(before, moved)?;
        Some(Requirement { dir: migration.dir_name.clone(), before: before.to_owned(), after })
    };
    raw.migrations.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbmig_build::lock::Tokens;
    use dbmig_build::{Digest, Digests, LockEntry, RawFile, Settings};

    fn raw(names: &[&str]) -> RawSet {
        let migration =
            |name: &&str| RawMigration { dir_name: (*name).to_owned(), ..RawMigration::default() };
        RawSet { migrations: names.iter().map(migration).collect(), ..RawSet::default() }
    }

    fn lock(names: &[&str]) -> LockFile {
        let mut lock = LockFile::default();
        for name in names {
            let (dir_name, late) = match name.strip_suffix('!') {
                Some(name) => (name, Some("accepted".to_owned())),
                None => (*name, None),
            };
            lock.insert(LockEntry {
                version: Version::of_directory(dir_name),
                dir_name: dir_name.to_owned(),
                digests: Digests {
                    up: Digest::of_file("up", b""),
                    down: None,
                    metadata: None,
                    backfill: None,
                },
                tokens: Tokens::default(),
                settings: Settings::default(),
                late,
                proof: None,
            });
        }
        lock
    }

    #[test]
    fn what_gets_another_version() {
        type Names = &'static [&'static str];
        let cases: [(Names, Names, Option<Names>, Names); 9] = [
            // Without another side drafts are meant, and those behind the first late one as well.
            (&["1_a", "2_b", "3_c"], &["1_a", "2_b"], None, &[]),
            (&["1_a", "2_b", "3_c"], &["1_a", "3_c"], None, &["2_b"]),
            (&["1_a", "2_b", "3_c", "4_d"], &["1_a", "3_c"], None, &["2_b", "4_d"]),
            // With one: what it does not have, locked or not.
            (&["1_a", "2_b", "3_c"], &["1_a", "2_b", "3_c"], Some(&["1_a", "3_c"]), &["2_b"]),
            (&["1_a", "2_b", "3_c"], &["1_a", "2_b"], Some(&["1_a", "2_b"]), &[]),
            (&["1_a", "2_b", "3_c"], &["1_a", "2_b!", "3_c"], Some(&["1_a", "3_c"]), &[]),
            (&["1_a", "2_b", "2_c"], &["1_a", "2_c"], Some(&["1_a", "2_c"]), &["2_b"]),
            (&["1_a", "2_b", "2_c"], &["1_a", "2_b"], Some(&["1_a", "2_c"]), &["2_b"]),
            (&["1_a", "2_b"], &["1_a", "2_b"], Some(&[]), &[]),
        ];
        for (names, locked, theirs, expected) in cases {
            let (raw, lock) = (raw(names), lock(locked));
            let theirs: Option<BTreeSet<_>> =
                theirs.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            let unmerged = unmerged(&raw, Some(&lock), theirs.as_ref());
            assert_eq!(late(&raw, Some(&lock), &unmerged), expected, "{names:?} {locked:?}");
        }
    }

    #[test]
    fn what_requires_a_backfill_follows_it() {
        let mut raw = raw(&["2023_fill", "2024-01_index", "2025_more", "2026_other"]);
        let requires = |what: &str| {
            let text = format!(
                "run_in_transaction = true # yes\n[dbmig]\nsplit = \"off\"\nrequires = 'backfill:{what}' # why\n"
            );
            RawFile::Bytes(text.into_bytes())
        };
        raw.migrations[1].metadata = requires("2023_fill");
        raw.migrations[2].metadata = requires("2023");
        raw.migrations[3].metadata = requires("2024-01_index");
        let renames = [Rename { from: "2023_fill".into(), to: "2027-05_fill".into() }];
        let list = |raw: &RawSet, renames: &[Rename]| {
            let list = requirements(raw, renames).into_iter();
            list.map(|one| (one.dir, one.after)).collect::<Vec<_>>()
        };
        let text = |what: &str| {
            format!(
                "run_in_transaction = true # yes\n[dbmig]\nsplit = \"off\"\nrequires = \"backfill:{what}\" # why\n"
            )
        };
        let both = [
            ("2024-01_index".to_owned(), text("2027-05_fill")),
            ("2025_more".to_owned(), text("2027-05")),
        ];
        assert_eq!(list(&raw, &renames), both);
        // Another one with the version stays: only the name in full is told from it.
        raw.migrations
            .push(RawMigration { dir_name: "2023_theirs".into(), ..RawMigration::default() });
        assert_eq!(list(&raw, &renames), both[..1]);
        assert_eq!(list(&raw, &[]), []);
    }

    #[test]
    fn new_names_keep_the_order() {
        let names = ["1_a".to_owned(), "2".to_owned()];
        let renames =
            plan(Path::new("m"), &raw(&["1_a", "2", "9_z"]), &names, SystemTime::UNIX_EPOCH);
        let to: Vec<_> = renames.unwrap().into_iter().map(|rename| rename.to).collect();
        assert_eq!(to, ["90_a", "91_migration"]);
    }
}
