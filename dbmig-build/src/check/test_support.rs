//! What the tests of the rules share: small sets, built in memory.

use super::{Options, run};
use crate::lock::{LockEntry, LockFile, Tokens};
use crate::{Code, Dialect, Finding, RawFile, RawMigration, RawSet, Severity};

/// A sound set with these directories, for SQLite, without a lock.
pub(crate) fn raw(names: &[&str]) -> RawSet {
    let migrations = names
        .iter()
        .map(|name| RawMigration {
            dir_name: (*name).to_owned(),
            up: RawFile::Bytes(format!("CREATE TABLE \"{name}\" (id INT);\n").into()),
            down: RawFile::Bytes(format!("DROP TABLE \"{name}\";\n").into()),
            metadata: RawFile::Absent,
            backfill: RawFile::Absent,
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
    lock.take_files(&set, Some(Dialect::Sqlite));
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

/// What makes a migration run outside a transaction.
pub(crate) const OUTSIDE: &str = "run_in_transaction = false\n";
/// What a migration has to say to run inside one: nothing.
pub(crate) const INSIDE: &str = "run_in_transaction = true\n";

/// What is found in one migration of a dialect, with this `metadata.toml` and `up.sql`.
pub(crate) fn judged(dialect: Dialect, metadata: &str, up: &str) -> Vec<Finding> {
    let mut raw = self::up(raw(&["1_a"]), 0, up);
    raw.migrations[0].metadata = RawFile::Bytes(metadata.into());
    raw.migrations[0].down = RawFile::Bytes(b"SELECT 1;\n".to_vec());
    let options =
        Options { dialects: Some(vec![dialect]), lock_required: false, ..Options::default() };
    run(&raw, &options).findings.into_iter().collect()
}

/// The same as severity, code, and place, one line a finding: `error[empty-up] 1:1`.
pub(crate) fn places(dialect: Dialect, metadata: &str, up: &str) -> Vec<String> {
    let line = |finding: Finding| {
        let place =
            finding.place.map_or(String::new(), |(line, column)| format!(" {line}:{column}"));
        let severity: Severity = finding.severity;
        format!("{severity}[{}]{place}", finding.code)
    };
    judged(dialect, metadata, up).into_iter().map(line).collect()
}
