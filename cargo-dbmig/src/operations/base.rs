//! The set of the base branch, as it was where this branch left it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use dbmig_build::check::{self, Checked, Options};
use dbmig_build::{
    Code, Finding, Findings, MigrationSet, RawFile, RawMigration, RawNamed, RawSet, Repeatable,
    Severity, backfill, lock,
};

use crate::context::Context;
use crate::error::CliResult;
use crate::git::{Git, Unknown};
use crate::metadata;

/// How the reason ends when the base is there and its set is broken.
const NOT_IN_ORDER: &str = "are not in order";

/// A base branch, read.
#[derive(Debug, Clone)]
pub struct Base {
    /// How messages call it.
    pub name: String,
    /// Its migrations.
    pub set: MigrationSet,
}

/// Reads the base of a set: `asked`, else `[policy] base`, else the default branch of `origin`.
///
/// `None` when there is none and nobody asked for one.
///
/// # Errors
///
/// The inner error says why a base that was named can not be read.
pub fn read(
    context: &Context<'_>,
    asked: Option<&str>,
) -> CliResult<Option<Result<Base, Unknown>>> {
    let dir = context.migrations_dir()?;
    let configured = context.project.config.policy.base.as_deref();
    let named = asked.filter(|name| !name.is_empty()).or(configured).map(str::to_owned);
    let Some(git) = Git::of(&dir) else {
        let unknown = || Unknown("this is not a git repository, or git is missing".into());
        return Ok((asked.is_some() || named.is_some()).then(|| Err(unknown())));
    };
    let Some(name) = named.or_else(|| git.default_branch()) else {
        let unknown = || Unknown("`origin` has no default branch here".into());
        return Ok(asked.is_some().then(|| Err(unknown())));
    };
    let base = git.merge_base(&name).and_then(|commit| {
        let raw = raw_set(&context.show(&dir), git.files(&commit, &dir)?);
        let options = Options {
            read_settings: metadata::read,
            dialects: context.configured_dialect().ok().flatten().map(|dialect| vec![dialect]),
            policy: None,
            lock_required: false,
            judge_locked: true,
        };
        let set = check::run(&raw, &options).set;
        let set =
            set.ok_or_else(|| Unknown(format!("the migrations of `{name}` {NOT_IN_ORDER}")))?;
        Ok(Base { name, set })
    });
    Ok(Some(base))
}

/// Compares a checked set with its base and returns what is found.
///
/// # Errors
///
/// The database must be named, or is not known.
pub fn findings(context: &Context<'_>, ours: &Checked, asked: Option<&str>) -> CliResult<Findings> {
    let path = context.show(&context.migrations_dir()?);
    let mut findings = Findings::default();
    match read(context, asked)? {
        None => {}
        Some(Ok(base)) => findings.extend(check::against(ours, &base.set, &base.name, &path)),
        Some(Err(Unknown(reason))) => {
            let name = asked.filter(|name| !name.is_empty());
            let name =
                name.or(context.project.config.policy.base.as_deref()).unwrap_or("origin/HEAD");
            let broken = reason.ends_with(NOT_IN_ORDER);
            let mut finding = Finding::new(
                Code::BaseUnknown,
                path,
                format!("not compared with the base branch: {reason}"),
            );
            finding = match broken {
                true => finding.note("a branch that puts them in order is not stopped by it"),
                false => finding.help(fetch(name)),
            };
            // In CI nobody reads warnings, and who asks wants an answer.
            let ci = context.env.get("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
            if asked.is_some() || ci && !broken {
                finding.severity = Severity::Error;
            }
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// The directories that the other side has, at its tip: `[policy] base`, else the default branch of
/// `origin`, else what a merge or a rebase that stands still brings in. `None` where there is no such side.
///
/// # Errors
///
/// The database must be named, or is not known.
pub fn directories(context: &Context<'_>) -> CliResult<Option<BTreeSet<String>>> {
    let dir = context.migrations_dir()?;
    let Some(git) = Git::of(&dir) else { return Ok(None) };
    let named = context.project.config.policy.base.clone().or_else(|| git.default_branch());
    let commit = named.and_then(|name| git.commit(&name)).or_else(|| git.other_side());
    let files = commit.and_then(|commit| git.files(&commit, &dir).ok());
    let names = |files: Vec<(String, Vec<u8>)>| {
        files.iter().filter_map(|(file, _)| Some(file.split_once('/')?.0.to_owned())).collect()
    };
    Ok(files.map(names))
}

/// The command that brings a base branch here.
fn fetch(name: &str) -> String {
    match name.split_once('/') {
        Some((remote, "HEAD")) => format!(
            "fetch it: `git fetch --unshallow {remote}`, then `git remote set-head {remote} --auto`"
        ),
        Some((remote, branch)) => format!(
            "fetch it: `git fetch {remote} {branch}` (in a shallow clone with `--unshallow`)"
        ),
        None => {
            format!("name one that is here: `cargo dbmig check --against <branch>` (not `{name}`)")
        }
    }
}

/// The files of a commit in the shape of a directory.
pub(super) fn raw_set(path: &str, files: Vec<(String, Vec<u8>)>) -> RawSet {
    let mut migrations: BTreeMap<String, RawMigration> = BTreeMap::new();
    let mut raw = RawSet { path: path.to_owned(), ..RawSet::default() };
    for (file, content) in files {
        let content = RawFile::Bytes(content);
        match file.split_once('/') {
            None if file == lock::FILE_NAME => raw.lock = content,
            None if Repeatable::is_name(&file) => {
                raw.repeatables.push(RawNamed { name: file, content });
            }
            Some((dir, name))
                if !dir.starts_with('.') && Path::new(name).components().count() == 1 =>
            {
                let migration = migrations.entry(dir.to_owned()).or_insert_with(|| RawMigration {
                    dir_name: dir.to_owned(),
                    ..RawMigration::default()
                });
                match name {
                    "up.sql" => migration.up = content,
                    "down.sql" => migration.down = content,
                    "metadata.toml" => migration.metadata = content,
                    backfill::FILE_NAME => migration.backfill = content,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    raw.migrations = migrations.into_values().collect();
    raw
}
