//! What the tests of the rules share: small sets, built in memory.

use super::{Options, run};
use crate::lock::{LockEntry, LockFile, Tokens};
use crate::{Code, Dialect, Finding, RawFile, RawMigration, RawSet};

/// A sound set with these directories, for SQLite, without a lock.
pub(crate) fn raw(names: &[&str]) -> RawSet {
    let migrations = names
        .iter()
        .map(|name| RawMigration {
            dir_name: (*name).to_owned(),
            up: RawFile::Bytes(format!("CREATE TABLE \"{name}\" (id INT);\n").into()),
            down: RawFile::Bytes(format!("DROP TABLE \"{name}\";\n").into()),
            metadata: RawFile::Absent,
        })
        .collect();
    RawSet { path: "migrations".into(), migrations, ..RawSet::default() }
}

/// Replaces the `up.sql` of migration `index`.
pub(crate) fn up(mut raw: RawSet, index: usize, text: &str) -> RawSet {
    raw.migrations[index].up = RawFile::Bytes(text.into());
    raw
}

/// The lock of a set, as `cargo dbmig lock` would write it.
pub(crate) fn locked(raw: &RawSet) -> LockFile {
    let options = options(raw);
    let set = run(raw, &options).set.expect("the set of a test is sound");
    let mut lock = LockFile::for_dialects(vec![Dialect::Sqlite]);
    for migration in &set {
        lock.insert(LockEntry::of(migration, Tokens::of(migration, Some(Dialect::Sqlite))));
    }
    lock
}

/// The set with this lock file beside it.
pub(crate) fn with_lock(raw: RawSet, lock: &LockFile) -> RawSet {
    RawSet { lock: RawFile::Bytes(lock.render().into()), ..raw }
}

fn options(raw: &RawSet) -> Options {
    let has_lock = raw.lock != RawFile::Absent;
    Options {
        dialects: (!has_lock).then(|| vec![Dialect::Sqlite]),
        lock_required: has_lock,
        ..Options::default()
    }
}

pub(crate) fn findings(raw: &RawSet) -> Vec<Finding> {
    run(raw, &options(raw)).findings.into_iter().collect()
}

/// The codes of what is found, sorted by name.
pub(crate) fn codes(raw: &RawSet) -> Vec<Code> {
    let mut codes: Vec<_> = findings(raw).into_iter().map(|f| f.code).collect();
    codes.sort();
    codes
}
