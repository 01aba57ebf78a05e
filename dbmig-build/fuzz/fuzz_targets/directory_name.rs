#![no_main]

use dbmig_build::check::{Options, run};
use dbmig_build::{Dialect, RawFile, RawMigration, RawSet, Version};
use libfuzzer_sys::fuzz_target;

// Diesel's rule, and a directory of any name is judged without a panic.
fuzz_target!(|name: &str| {
    let version = Version::of_directory(name);
    assert!(!version.as_str().contains(['_', '-']));
    assert_eq!(Version::of_directory(version.as_str()), version);
    let migration = RawMigration {
        dir_name: name.to_owned(),
        up: RawFile::Bytes(b"SELECT 1".to_vec()),
        down: RawFile::Absent,
        metadata: RawFile::Absent,
    };
    let raw =
        RawSet { path: "migrations".into(), migrations: vec![migration], ..RawSet::default() };
    let dialects = Some(vec![Dialect::Sqlite]);
    let checked = run(&raw, &Options { dialects, lock_required: false, ..Options::default() });
    if let Some(set) = checked.set {
        assert!(set.iter().any(|migration| migration.version == version));
    }
});
