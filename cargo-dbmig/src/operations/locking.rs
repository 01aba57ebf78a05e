//! Which lock file a set gets. Pure.

use dbmig_build::lock::Tokens;
use dbmig_build::{Dialect, LockEntry, LockFile, Migration, MigrationSet, Policy};

/// The lock in which every migration of the set is final.
///
/// What `previous` holds stays as it was locked, late marks and proofs included, unless the inputs of a
/// proof changed; the rest, and every plain file, is taken as it stands now.
pub fn lock_of(
    set: &MigrationSet,
    previous: Option<&LockFile>,
    dialects: Vec<Dialect>,
    policy: Policy,
) -> LockFile {
    let dialect = dialects.first().copied();
    let mut lock = LockFile::for_dialects(dialects);
    lock.policy = policy;
    for migration in set {
        let known = previous.and_then(|previous| previous.get(&migration.version));
        lock.insert(known.cloned().unwrap_or_else(|| entry_of(migration, dialect)));
    }
    lock.take_files(set, dialect);
    lock.schemas = previous.map(|previous| previous.schemas.clone()).unwrap_or_default();
    lock.drop_void_proofs();
    lock
}

/// The entry of a migration as it stands now.
pub fn entry_of(migration: &Migration, dialect: Option<Dialect>) -> LockEntry {
    LockEntry::of(migration, Tokens::of(migration, dialect))
}
