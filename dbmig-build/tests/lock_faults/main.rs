//! What happens to migrations after they were locked, in tables: every kind of edit, versions that are
//! one key, line ends.

mod edits;
mod line_ends;
mod pairs;
mod versions;

use dbmig_build::check::{self, Options};
use dbmig_build::lock::Tokens;
use dbmig_build::{Dialect, Findings, LockEntry, LockFile, RawFile, RawMigration, RawSet};

/// A set for a dialect; `lock` as `cargo dbmig lock` would write it.
struct Set {
    raw: RawSet,
    dialect: Dialect,
}

impl Set {
    fn new(dialect: Dialect, names: &[&str]) -> Self {
        let migration = |name: &&str| RawMigration {
            dir_name: (*name).to_owned(),
            up: RawFile::Bytes(format!("CREATE TABLE t_{} (a INT);\n", name.len()).into()),
            down: RawFile::Bytes(format!("DROP TABLE t_{};\n", name.len()).into()),
            metadata: RawFile::Bytes(b"run_in_transaction = true\n".to_vec()),
            backfill: RawFile::Absent,
        };
        let migrations = names.iter().map(migration).collect();
        Self { raw: RawSet { path: "m".into(), migrations, ..RawSet::default() }, dialect }
    }

    fn lock(mut self) -> Self {
        let options = Options {
            dialects: Some(vec![self.dialect]),
            lock_required: false,
            ..Options::default()
        };
        let set = check::run(&self.raw, &options).set.expect("a sound set");
        let mut lock = LockFile::for_dialects(vec![self.dialect]);
        for migration in &set {
            lock.insert(LockEntry::of(migration, Tokens::of(migration, Some(self.dialect))));
        }
        self.raw.lock = RawFile::Bytes(lock.render().into());
        self
    }

    fn findings(&self) -> Findings {
        let locked = self.raw.lock != RawFile::Absent;
        let options = Options {
            dialects: Some(vec![self.dialect]),
            lock_required: locked,
            ..Options::default()
        };
        check::run(&self.raw, &options).findings
    }

    /// Code and path of every finding, in their order.
    fn told(&self) -> Vec<String> {
        self.findings().iter().map(|f| format!("{} {}", f.code, f.path)).collect()
    }
}
