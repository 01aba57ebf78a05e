//! Which migrations get another version, and what it is. Pure.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use dbmig_build::{LockFile, RawMigration, RawSet, Version};

use super::generating::{self, NewMigration};
use crate::error::CliResult;

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

#[cfg(test)]
mod tests {
    use super::*;
    use dbmig_build::lock::Tokens;
    use dbmig_build::{Digest, Digests, LockEntry, Settings};

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
    fn new_names_keep_the_order() {
        let names = ["1_a".to_owned(), "2".to_owned()];
        let renames =
            plan(Path::new("m"), &raw(&["1_a", "2", "9_z"]), &names, SystemTime::UNIX_EPOCH);
        let to: Vec<_> = renames.unwrap().into_iter().map(|rename| rename.to).collect();
        assert_eq!(to, ["90_a", "91_migration"]);
    }
}
