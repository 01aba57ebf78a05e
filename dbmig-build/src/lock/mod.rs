//! The lock file `dbmig.lock`: which migrations are final, and with which bytes.
//!
//! Line oriented, one line a migration, sorted by version, LF. The header counts the versions and
//! digests them, so that two branches that both add one conflict there once, visibly, and never lose a
//! line in silence. Here is no I/O; the CLI writes the file, build and runtime only read it.

mod files;
mod merge;
mod parse;
mod proof;
mod render;

use std::collections::BTreeMap;

use crate::{Dialect, Digest, Digests, Migration, MigrationSet, Policy, Settings, Version};

pub use files::{LockedFile, LockedFiles};
pub use merge::{Known, ResolveError, Resolved, resolve, resolve_with};
pub(crate) use parse::read_setting;
pub use proof::{Proof, ProofState, Verdict};
pub(crate) use render::push_settings;

/// The format that this version writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// The name of the lock file inside the migrations directory.
pub const FILE_NAME: &str = "dbmig.lock";

/// A lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockFile {
    /// The dialects the set is written for.
    pub dialects: Vec<Dialect>,
    /// What holds for the whole set.
    pub policy: Policy,
    /// Repeatable migrations.
    pub repeatables: LockedFiles,
    /// Reference seeds, by their paths below the seeds directory.
    pub seeds: LockedFiles,
    /// `schema.rs`, by its path from the migrations directory, where the policy asks; the digests are of
    /// tokens.
    pub schemas: LockedFiles,
    entries: BTreeMap<Version, LockEntry>,
}

/// What the lock knows of one migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    /// Its version.
    pub version: Version,
    /// Its directory at the time.
    pub dir_name: String,
    /// The digests of its files.
    pub digests: Digests,
    /// Token digests of `up.sql` and `down.sql`: equal ones mean reformatted, not modified.
    pub tokens: Tokens,
    /// The effective settings.
    pub settings: Settings,
    /// Why it may stand before migrations that were locked earlier.
    pub late: Option<String>,
    /// What was found out about its way back.
    pub proof: Option<Proof>,
}

impl LockEntry {
    /// The entry of a migration as it stands now.
    pub fn of(migration: &Migration, tokens: Tokens) -> Self {
        Self {
            version: migration.version.clone(),
            dir_name: migration.dir_name.clone().into_owned(),
            digests: migration.digests.clone(),
            tokens,
            settings: migration.settings.clone(),
            late: None,
            proof: None,
        }
    }
}

/// Token digests; `None` where the lexer is unsure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Of `up.sql`.
    pub up: Option<String>,
    /// Of `down.sql`.
    pub down: Option<String>,
    /// Of `backfill.sql`.
    pub backfill: Option<String>,
}

impl Tokens {
    /// Computes them for a migration's texts.
    pub fn of(migration: &Migration, dialect: Option<Dialect>) -> Self {
        let of = |text: &str| dialect.and_then(|dialect| crate::sql::token_digest(text, dialect));
        Self {
            up: of(&migration.up),
            down: migration.down.as_deref().and_then(of),
            backfill: migration.backfill.as_deref().and_then(of),
        }
    }
}

/// Why a lock file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockError {
    /// It holds merge conflict markers; the line of the first.
    Conflict(usize),
    /// It is damaged: line and reason.
    Malformed(usize, String),
    /// It was written by a newer version: line and what is not known here.
    Unsupported(usize, String),
}

impl LockFile {
    /// An empty lock for a set written for these dialects.
    pub fn for_dialects(dialects: Vec<Dialect>) -> Self {
        Self { dialects, ..Self::default() }
    }

    /// Reads a lock file.
    ///
    /// # Errors
    ///
    /// Conflict markers, damage (a half-written file included), and formats of newer versions.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        parse::parse(text)
    }

    /// The text of the file: the same for the same content, always.
    pub fn render(&self) -> String {
        render::render(self)
    }

    /// The entries in version order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &LockEntry> {
        self.entries.values()
    }

    /// The entry of a version.
    pub fn get(&self, version: &Version) -> Option<&LockEntry> {
        self.entries.get(version)
    }

    /// Adds or replaces an entry.
    pub fn insert(&mut self, entry: LockEntry) {
        self.entries.insert(entry.version.clone(), entry);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, version: &Version) -> Option<LockEntry> {
        self.entries.remove(version)
    }

    /// How many migrations are locked.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// None is locked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes the repeatables and the reference seeds of a set as they stand now: they are meant to change.
    pub fn take_files(&mut self, set: &MigrationSet, dialect: Option<Dialect>) {
        let tokens =
            |text: &str| dialect.and_then(|dialect| crate::sql::token_digest(text, dialect));
        let repeatables = set.repeatables().iter().map(|file| {
            (
                file.name.clone(),
                LockedFile { digest: file.digest.clone(), tokens: tokens(&file.sql) },
            )
        });
        self.repeatables = repeatables.collect();
        let seeds = set.seeds().iter().map(|seed| {
            (seed.name.clone(), LockedFile { digest: seed.digest.clone(), tokens: None })
        });
        self.seeds = seeds.collect();
    }

    /// The newest locked version.
    pub fn newest(&self) -> Option<&Version> {
        self.entries.keys().next_back()
    }

    /// The digest over the versions, which stands in the header.
    pub fn versions_digest(&self) -> Digest {
        Digest::of_list("versions", self.entries.keys().map(Version::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn entry(dir_name: &str) -> LockEntry {
        LockEntry {
            version: Version::of_directory(dir_name),
            dir_name: dir_name.into(),
            digests: Digests {
                up: Digest::of_file("up", dir_name.as_bytes()),
                down: Some(Digest::of_file("down", dir_name.as_bytes())),
                metadata: None,
                backfill: None,
            },
            tokens: Tokens::default(),
            settings: Settings::default(),
            late: None,
            proof: None,
        }
    }

    pub(super) fn file(text: &str, tokens: Option<&str>) -> LockedFile {
        let digest = Digest::of_file("repeatable", text.as_bytes());
        LockedFile { digest, tokens: tokens.map(str::to_owned) }
    }

    pub(super) fn sample() -> LockFile {
        let mut lock = LockFile { dialects: vec![Dialect::Sqlite], ..LockFile::default() };
        lock.insert(entry("2024-01-02-000000_b c\"d"));
        lock.insert(LockEntry {
            settings: Settings {
                run_in_transaction: false,
                irreversible: Some("it is gone".into()),
                foreign_keys_off: true,
                split_off: true,
                requires: Some(Version::new("20230101")),
                preconditions: ["SELECT \"a\"", "x\ny"]
                    .map(|query| crate::Precondition {
                        query: query.into(),
                        expect: Some("0".into()),
                        on_fail: crate::OnFail::Skip,
                    })
                    .to_vec(),
            },
            late: Some("different tables".into()),
            tokens: Tokens { up: Some("tok1:aa".into()), ..Tokens::default() },
            ..entry("2024-01-01-000000_a")
        });
        lock.policy.start_after = Some(Version::new("20240101000000"));
        lock.policy.lints.insert("missing-down".into(), crate::Level::Warn);
        lock.repeatables.insert("R__a b.sql".into(), file("view", Some("tok1:bb")));
        lock.repeatables.insert("R__c.sql".into(), file("other", None));
        lock.seeds.insert("reference/001_a=b.csv".into(), file("seed", None));
        lock.schemas.insert("../src/schema.rs".into(), file("schema", None));
        lock.policy.proof = crate::Demand::Strict;
        lock
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut hostile = sample();
        hostile.insert(entry("a=b_x"));
        let mut backfill = entry("2024-01-03-000000_fill");
        backfill.digests.backfill = Some(Digest::of_file("backfill", b"x"));
        backfill.tokens.backfill = Some("tok1:cc".into());
        hostile.insert(backfill);
        hostile.insert(entry("c\n\"d_y\u{1b}"));
        for lock in [LockFile::default(), sample(), hostile] {
            let text = lock.render();
            assert_eq!(LockFile::parse(&text).unwrap(), lock, "{text}");
            assert_eq!(LockFile::parse(&text.replace('\n', "\r\n")).unwrap(), lock);
        }
    }

    #[test]
    fn levels_for_what_is_no_code_are_not_written() {
        let mut lock = sample();
        for key in ["missing down", "x\nmigration y", "", "Ä"] {
            lock.policy.lints.insert(key.into(), crate::Level::Warn);
        }
        let read = LockFile::parse(&lock.render()).unwrap();
        assert_eq!(read.policy.lints.keys().collect::<Vec<_>>(), ["missing-down"]);
    }

    #[test]
    fn every_truncation_is_noticed() {
        let text = sample().render();
        for cut in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            assert!(LockFile::parse(&text[..cut]).is_err(), "cut at {cut}: {}", &text[..cut]);
        }
    }

    #[test]
    fn a_line_less_or_twice_is_noticed() {
        let text = sample().render();
        for line in text.lines().filter(|line| {
            ["migration ", "repeatable", "seed", "schema"].iter().any(|word| line.starts_with(word))
        }) {
            let line = format!("{line}\n");
            assert!(LockFile::parse(&text.replace(&line, "")).is_err(), "{line}");
            assert!(LockFile::parse(&text.replace(&line, &line.repeat(2))).is_err(), "{line}");
        }
    }

    #[test]
    fn names_what_is_wrong() {
        let text = sample().render();
        let with = |from: &str, to: &str| LockFile::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(matches!(with("dbmig-lock 1", "dbmig-lock 7"), LockError::Unsupported(2, _)));
        assert!(matches!(with("migration", "<<<<<<< ours\nmigration"), LockError::Conflict(_)));
        assert!(matches!(
            with(" transaction=off", " transactions=off"),
            LockError::Unsupported(_, _)
        ));
        assert!(matches!(with("seed ", "sprout "), LockError::Unsupported(_, _)));
        assert!(matches!(with("proof=required", "proof=likely"), LockError::Unsupported(_, _)));
        assert!(matches!(with("up=sha256:", "up=sha1:"), LockError::Malformed(_, _)));
        assert!(matches!(with("tokens=tok1:bb", "digests=x"), LockError::Unsupported(_, _)));
        assert!(matches!(LockFile::parse(""), Err(LockError::Malformed(1, _))));
    }
}
