//! The build step without cargo: what it tells, what it writes.

use std::fs;
use std::path::Path;

use super::*;
use crate::check::test_support::{locked, raw};
use crate::{Demand, LockFile, blob};

struct Package {
    dir: tempfile::TempDir,
}

impl Package {
    /// A package with these migrations, all of them locked.
    fn with(names: &[&str]) -> Self {
        let package = Self { dir: tempfile::tempdir().unwrap() };
        let set = raw(names);
        fs::write(package.path("Cargo.toml"), "").unwrap();
        fs::write(package.path("Cargo.lock"), "").unwrap();
        fs::create_dir(package.path("out")).unwrap();
        fs::create_dir(package.path("migrations")).unwrap();
        for migration in &set.migrations {
            let dir = package.path("migrations").join(&migration.dir_name);
            fs::create_dir(&dir).unwrap();
            fs::write(dir.join("up.sql"), migration.up.bytes().unwrap()).unwrap();
            fs::write(dir.join("down.sql"), migration.down.bytes().unwrap()).unwrap();
        }
        fs::write(package.path("migrations/dbmig.lock"), locked(&set).render()).unwrap();
        package
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    fn build(&self) -> Vec<String> {
        let env = BuildEnv { manifest_dir: self.dir.path().into(), out_dir: self.path("out") };
        let outcome = Builder::new().try_build(&env).unwrap();
        outcome.directives.iter().map(ToString::to_string).collect()
    }

    fn modified(path: &Path) -> std::time::SystemTime {
        fs::metadata(path).unwrap().modified().unwrap()
    }
}

#[test]
fn a_sound_set_is_embedded_and_nothing_is_said() {
    let package = Package::with(&["1_a", "2_b"]);
    assert_eq!(package.build(), ["cargo::rerun-if-changed=migrations"]);
    let blob = fs::read_to_string(package.path("out/dbmig.blob")).unwrap();
    assert_eq!(blob::parse(blob.leak()).unwrap().len(), 2);
    let source = fs::read_to_string(package.path("out/dbmig.rs")).unwrap();
    assert!(!source.contains(package.dir.path().to_str().unwrap()), "an absolute path");
}

#[test]
fn an_unchanged_set_is_not_written_again() {
    let package = Package::with(&["1_a"]);
    let _ = package.build();
    let blob = package.path("out/dbmig.blob");
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&blob).unwrap().set_modified(old).unwrap();
    let _ = package.build();
    assert_eq!(Package::modified(&blob), old);
}

#[test]
fn findings_are_one_line_each_with_path_and_way_out() {
    let package = Package::with(&["1_a", "2_b"]);
    fs::write(package.path("migrations/1_a/up.sql"), "DROP TABLE x;").unwrap();
    fs::remove_dir_all(package.path("migrations/2_b")).unwrap();
    let lines = package.build();
    let errors: Vec<_> = lines.iter().filter(|l| l.starts_with("cargo::error=")).collect();
    assert_eq!(errors.len(), 2, "{lines:?}");
    assert!(
        errors[0].starts_with("cargo::error=migrations/1_a/up.sql: error[modified]: "),
        "{}",
        errors[0]
    );
    assert!(
        errors[1].starts_with("cargo::error=migrations/dbmig.lock: error[removed]: "),
        "{}",
        errors[1]
    );
    assert!(!package.path("out/dbmig.blob").exists(), "a refused set was embedded");
}

#[test]
fn drafts_are_one_warning_and_embedded() {
    let package = Package::with(&["1_a"]);
    for name in ["2_b", "3_c"] {
        let dir = package.path("migrations").join(name);
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("up.sql"), format!("CREATE TABLE t{name} (a INT);")).unwrap();
        fs::write(dir.join("down.sql"), format!("DROP TABLE t{name};")).unwrap();
    }
    let lines = package.build();
    let told: Vec<_> = lines.iter().filter(|l| !l.starts_with("cargo::rerun")).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("cargo::warning=migrations/2_b: "), "{}", told[0]);
    assert!(told[0].contains("and 1 more"));
    let blob = fs::read_to_string(package.path("out/dbmig.blob")).unwrap();
    assert_eq!(blob::parse(blob.leak()).unwrap().iter().filter(|m| m.is_draft()).count(), 2);
}

#[test]
fn many_findings_are_counted() {
    let names: Vec<String> = (10..40).map(|n| format!("{n}_x")).collect();
    let package = Package::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    for name in &names {
        fs::write(package.path("migrations").join(name).join("up.sql"), "SELECT 1").unwrap();
    }
    let lines = package.build();
    let errors: Vec<_> = lines.iter().filter(|l| l.starts_with("cargo::error=")).collect();
    assert_eq!(errors.len(), SHOWN_AT_MOST + 1);
    assert_eq!(errors[SHOWN_AT_MOST], "cargo::error=and 10 more: run `cargo dbmig check`");
}

#[test]
fn a_missing_directory_is_a_finding_and_not_watched() {
    let package = Package::with(&[]);
    fs::remove_dir_all(package.path("migrations")).unwrap();
    let lines = package.build();
    assert_eq!(lines.iter().filter(|l| l.contains("rerun-if-changed=migrations")).count(), 0);
    assert!(
        lines.iter().any(|l| l.starts_with("cargo::error=migrations: error[unreadable]: ")),
        "{lines:?}"
    );
}

#[test]
fn plain_files_that_changed_warn_and_are_embedded() {
    let package = Package::with(&["1_a"]);
    fs::write(package.path("migrations/R__v.sql"), "CREATE VIEW v AS SELECT 1;").unwrap();
    fs::create_dir_all(package.path("data/reference")).unwrap();
    fs::write(package.path("data/reference/1_a.csv"), "a\n").unwrap();
    let env = BuildEnv { manifest_dir: package.path(""), out_dir: package.path("out") };
    let outcome = Builder::new().seeds("data").try_build(&env).unwrap();
    let lines: Vec<_> = outcome.directives.iter().map(ToString::to_string).collect();
    assert_eq!(lines[1], "cargo::rerun-if-changed=data");
    let path = "cargo::warning=migrations/R__v.sql: warning[repeatable-changed]: ";
    assert!(lines[3].starts_with(path), "{lines:?}");
    let path = "cargo::warning=data/reference/1_a.csv: warning[seed-changed]: ";
    assert!(lines[2].starts_with(path), "{lines:?}");
    let blob = fs::read_to_string(package.path("out/dbmig.blob")).unwrap();
    let set = blob::parse(blob.leak()).unwrap();
    assert_eq!(set.repeatables()[0].sql, "CREATE VIEW v AS SELECT 1;");
    assert_eq!(set.seeds()[0].name, "reference/1_a.csv");
}

/// Changes the lock file of a package.
fn edit_lock(package: &Package, edit: impl FnOnce(&mut LockFile)) {
    let path = package.path("migrations/dbmig.lock");
    let mut lock = LockFile::parse(&fs::read_to_string(&path).unwrap()).unwrap();
    edit(&mut lock);
    fs::write(path, lock.render()).unwrap();
}

#[test]
fn what_is_not_proved_is_one_line() {
    let package = Package::with(&["1_a", "2_b", "3_c"]);
    edit_lock(&package, |lock| lock.policy.proof = Demand::Warn);
    let line = "migrations/1_a: warning[proof-missing]: migrations `1_a` and 2 more have ways back that \
                nobody has proved; prove with `cargo dbmig prove`";
    assert_eq!(package.build()[1..], [format!("cargo::warning={line}")]);
    assert!(package.path("out/dbmig.blob").exists());
    fs::remove_file(package.path("out/dbmig.blob")).unwrap();
    edit_lock(&package, |lock| {
        lock.policy.proof = Demand::Strict;
        lock.policy.start_after = Some(crate::Version::new("2"));
    });
    let line = "migrations/3_c: error[proof-missing]: migration `3_c` has a way back that nobody has proved; \
                prove with `cargo dbmig prove`";
    assert_eq!(package.build()[1..], [format!("cargo::error={line}")]);
    assert!(!package.path("out/dbmig.blob").exists(), "a refused set was embedded");
}

#[test]
fn schema_rs_is_watched_and_compared() {
    let package = Package::with(&["1_a"]);
    let watched = ["migrations", "src/schema.rs"].map(|p| format!("cargo::rerun-if-changed={p}"));
    let schema = package.path("src/schema.rs");
    fs::create_dir(package.path("src")).unwrap();
    fs::write(&schema, "table! { a (id) {} }").unwrap();
    edit_lock(&package, |lock| {
        let digest = crate::schema_rs::digest("table! { a (id) {} }");
        let file = crate::lock::LockedFile { digest, tokens: None };
        lock.schemas.insert("../src/schema.rs".into(), file);
        lock.policy.schema_rs = Demand::Strict;
    });
    assert_eq!(package.build(), watched);
    fs::write(&schema, "// by hand\ntable! {\n    a (id) {}\n}\n").unwrap();
    assert_eq!(package.build(), watched);
    fs::write(&schema, "table! { b (id) {} }").unwrap();
    let error = "src/schema.rs: error[schema-rs-changed]: `schema.rs` is not what was locked; write what \
                 the database holds: `cargo dbmig schema rs`";
    assert_eq!(package.build()[2..], [format!("cargo::error={error}")]);
    edit_lock(&package, |lock| lock.policy.schema_rs = Demand::Off);
    assert_eq!(package.build(), watched);
}

#[test]
fn seeds_stand_beside_the_migrations() {
    for (migrations, seeds) in
        [("migrations", "seeds"), ("db/migrations/", "db/seeds"), ("../m", "../seeds")]
    {
        assert_eq!(seeds_of(Path::new(migrations)), Path::new(seeds));
    }
}

/// Judged when it was locked: a release with more rules does not stop a build.
#[test]
fn what_is_locked_is_not_judged_again() {
    let package = Package::with(&["1_a"]);
    let up = package.path("migrations/1_a/up.sql");
    fs::write(&up, "-- dbmig:todo\nVACUUM;\n").unwrap();
    let judged = |lines: Vec<String>| -> Vec<String> {
        lines
            .into_iter()
            .filter(|line| line.contains("todo-left") || line.contains("needs-no"))
            .collect()
    };
    assert_eq!(judged(package.build()).len(), 2, "not what was locked");
    let raw = load(&package.path("migrations"), "migrations");
    fs::write(package.path("migrations/dbmig.lock"), locked(&raw).render()).unwrap();
    assert_eq!(package.build(), ["cargo::rerun-if-changed=migrations"]);
}
