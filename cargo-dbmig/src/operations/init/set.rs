//! The migrations that are there: read, judged, and ready to be locked as they are.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use dbmig_build::check::{self, Options};
use dbmig_build::lock::{FILE_NAME, LockedFiles};
use dbmig_build::{
    Dialect, Findings, Group, LockFile, MigrationSet, Policy, RawFile, RawSet, Severity, Version,
};

use crate::config::Config;
use crate::error::{CliError, CliResult};
use crate::metadata;

/// The migrations that are there.
#[derive(Debug, Clone)]
pub struct Found {
    /// How many directories there are.
    pub count: usize,
    /// The newest version.
    pub newest: Option<Version>,
    /// The lock file, if there is one. It is kept as it is.
    pub lock: Option<LockFile>,
    /// The set; always there without a lock file.
    pub set: Option<MigrationSet>,
    /// What the lock and a new `dbmig.toml` say about the whole set.
    pub policy: Policy,
    /// `schema.rs` as the lock is to hold it.
    pub schemas: LockedFiles,
    /// Findings of habit that would be errors under that policy.
    pub habits: usize,
    /// The first plain SQL file, where there are such files and no migration.
    pub plain_sql: Option<String>,
}

/// Reads a migrations directory, which need not exist.
///
/// # Errors
///
/// It is a file, or holds a directory of migrations for each backend.
pub(super) fn read(dir: &Path, shown: &str) -> CliResult<RawSet> {
    match fs::symlink_metadata(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(RawSet { path: shown.to_owned(), ..RawSet::default() });
        }
        _ if dir.is_file() => {
            return Err(CliError::usage(format!("`{shown}` is a file, not a directory"))
                .help("rename it, or name another place: `cargo dbmig init --migrations <DIR>`"));
        }
        _ => {}
    }
    let backends = nested_sets(dir);
    if backends.is_empty() {
        return Ok(dbmig_build::load(dir, shown));
    }
    let names: Vec<String> = backends.iter().map(|name| format!("{shown}/{name}")).collect();
    let listed: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let example = names.iter().find(|name| name.ends_with("/sqlite")).unwrap_or(&names[0]);
    Err(CliError::usage(format!("`{shown}` holds several sets of migrations, not one"))
        .note(format!("found: {}", listed.join(", ")))
        .help(format!("name one of them: `cargo dbmig init --migrations {example}`")))
}

/// Folders without `up.sql` that hold folders with one: a set for each backend.
fn nested_sets(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = folders(dir)
        .into_iter()
        .filter(|folder| !folder.join("up.sql").exists())
        .filter(|folder| folders(folder).iter().any(|inner| inner.join("up.sql").exists()))
        .filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

/// The folders in a folder, hidden ones left out. What cannot be read is reported when the set is loaded.
fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// The lock file of a set.
///
/// # Errors
///
/// It is there and cannot be read: what is wrong with it.
pub(super) fn lock_of(raw: &RawSet) -> Result<Option<LockFile>, Findings> {
    if raw.lock == RawFile::Absent {
        return Ok(None);
    }
    let options = Options { lock_required: false, ..Options::default() };
    let checked = check::run(raw, &options);
    if checked.lock.is_some() {
        return Ok(checked.lock);
    }
    let path = raw.path_of(&[FILE_NAME]);
    let mut findings = Findings::default();
    findings.extend(checked.findings.into_iter().filter(|finding| finding.path == path));
    Err(findings)
}

/// Judges the set as it will be judged once `init` is through.
///
/// Without a lock file everything there is becomes final, so its integrity must be beyond question;
/// habits are not asked about. With one, the state of the set is `check`'s business.
///
/// # Errors
///
/// The findings of integrity.
pub(super) fn judge(
    raw: &RawSet,
    lock: Option<LockFile>,
    dialect: Dialect,
    config: Option<&Config>,
) -> Result<Found, Findings> {
    let versions = raw.migrations.iter().map(|raw| Version::of_directory(&raw.dir_name));
    let newest = versions.max();
    let policy = match (config, &lock) {
        (Some(config), _) => config.policy_of_sets(),
        (None, Some(lock)) => lock.policy.clone(),
        (None, None) => Policy { start_after: newest.clone(), ..Policy::default() },
    };
    let options = Options {
        read_settings: metadata::read,
        dialects: Some(vec![dialect]),
        policy: Some(policy.clone()),
        lock_required: false,
        judge_locked: true,
    };
    let checked = check::run(raw, &options);
    if lock.is_none() && checked.set.is_none() {
        let mut findings = Findings::default();
        let broken = |group| group == Group::Integrity;
        findings.extend(checked.findings.into_iter().filter(|f| broken(f.code.group())));
        return Err(findings);
    }
    let habits = checked
        .findings
        .iter()
        .filter(|f| f.code.group() == Group::Habit && f.severity == Severity::Error)
        .count();
    Ok(Found {
        count: raw.migrations.len(),
        newest,
        lock,
        set: checked.set,
        policy,
        schemas: checked.schemas.unwrap_or_default(),
        habits,
        plain_sql: None,
    })
}

/// The first plain SQL file of a folder: other tools keep their migrations so.
pub(super) fn plain_sql(dir: &Path) -> Option<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .min()
}
