//! `rebase`: give migrations that nobody else has a version after the newest.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use clap::Args;
use dbmig_build::lock::{self, FILE_NAME, Known, LockError};
use dbmig_build::{Digest, LockFile, RawFile, RawMigration, RawSet, Version};
use dbmig_runtime::Session;
use dbmig_runtime::history::{self, Repoint, Repointing};
use serde_json::json;

use super::lock::{unreadable, unresolved};
use crate::config::Kind;
use crate::context::Context;
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::base;
use crate::operations::rebasing::{self, Rename};
use crate::scaffold::FileChange;
use crate::select::Catalog;

/// Give migrations that nobody else has a version after the newest
///
/// Renames the directory of each draft, and of each locked migration that is not on the base branch, that
/// sorts before what others have, and of those behind it, so that they keep their order. Works in the
/// middle of a merge or a rebase: the lock file is put in order as `lock --resolve` does, and what was
/// renamed is a draft. A development database that has applied one with this text gets the new version.
#[derive(Debug, Args)]
pub struct RebaseArgs {
    /// The migrations [default: all that are late, and those behind them]
    migrations: Vec<String>,
    /// Give the new versions also to a database that is not known to be one of development
    #[arg(long)]
    repoint: bool,
    /// Show the new names and change nothing
    #[arg(long)]
    dry_run: bool,
}

/// A database that follows, and what it has to do.
struct Database {
    name: String,
    session: Box<dyn Session>,
    moves: Vec<(Repoint, Repointing)>,
}

pub(crate) fn run(context: &mut Context<'_>, args: &RebaseArgs) -> CliResult<Exit> {
    let dir = context.migrations_dir()?;
    let raw = dbmig_build::load(&dir, &context.show(&dir));
    if let Some((path, reason)) = raw.unreadable.first() {
        return Err(CliError::usage(format!("{path}: {reason}")));
    }
    let theirs = base::directories(context)?;
    let path = dir.join(FILE_NAME);
    let shown = context.show(&path);
    let lock = lock_of(&raw, &shown, theirs.as_ref())?;
    let unmerged = rebasing::unmerged(&raw, lock.as_ref(), theirs.as_ref());
    let mut everything = raw.clone();
    // What the other side has and is not merged here yet counts as well.
    everything.migrations.extend(
        theirs
            .iter()
            .flatten()
            .map(|name| RawMigration { dir_name: name.clone(), ..RawMigration::default() }),
    );
    let names = match args.migrations.is_empty() {
        true => rebasing::late(&everything, lock.as_ref(), &unmerged),
        false => named(args, &unmerged)?,
    };
    let renames = rebasing::plan(&dir, &everything, &names, SystemTime::now())?;
    let requirements = rebasing::requirements(&raw, &renames);
    let drafts = renames.iter().map(|rename| &rename.from);
    let drafts = drafts.chain(requirements.iter().map(|one| &one.dir)).cloned().collect();
    let lock = lock_without(&raw, &shown, drafts)?;
    let before = text_of(&raw, &shown)?.map(str::to_owned);
    let locked = lock.and_then(|lock| FileChange::new(&path, before, lock.render()));
    let mut changes: Vec<_> = requirements
        .into_iter()
        .filter_map(|one| {
            let rename = renames.iter().find(|rename| rename.from == one.dir);
            let now = rename.map_or(&one.dir, |rename| &rename.to);
            let file = dir.join(now).join("metadata.toml");
            FileChange::new(file, Some(one.before), one.after)
        })
        .collect();
    let followed: Vec<_> = changes.iter().map(|change| context.show(&change.path)).collect();
    let lock_changed = locked.is_some();
    changes.extend(locked);
    let mut database = database(context, args, &raw, &renames)?;
    if !args.dry_run {
        apply(&dir, &renames, &changes, database.as_mut())?;
    }
    let lock = lock_changed.then_some(shown.as_str());
    report(context, args, &renames, (&followed, lock), database.as_ref());
    Ok(Exit::Done)
}

/// The lock as it is, or as it will be once its conflict is resolved.
fn lock_of(
    raw: &RawSet,
    shown: &str,
    theirs: Option<&BTreeSet<String>>,
) -> CliResult<Option<LockFile>> {
    let Some(text) = text_of(raw, shown)? else { return Ok(None) };
    match LockFile::parse(text) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Conflict(_)) => {
            // Of two with the same version, ours is the one that will move.
            let ours = theirs.map(|theirs| {
                let names = raw.migrations.iter().map(|migration| &migration.dir_name);
                let ours: BTreeSet<_> = names.filter(|name| !theirs.contains(*name)).collect();
                let taken = |name: &String| {
                    let version = Version::of_directory(name);
                    theirs.iter().any(|theirs| Version::of_directory(theirs) == version)
                };
                ours.into_iter().filter(|name| taken(name)).cloned().collect()
            });
            let without = ours.unwrap_or_default();
            lock::resolve_with(text, &Known { on_disk: raw.digests(), without })
                .map(|resolved| Some(resolved.lock))
                .map_err(|error| unresolved(shown, error))
        }
        Err(error) => Err(unreadable(shown, error)),
    }
}

/// The lock without what becomes a draft, and without conflict markers.
fn lock_without(
    raw: &RawSet,
    shown: &str,
    drafts: BTreeSet<String>,
) -> CliResult<Option<LockFile>> {
    let Some(text) = text_of(raw, shown)? else { return Ok(None) };
    let conflict = matches!(LockFile::parse(text), Err(LockError::Conflict(_)));
    if drafts.is_empty() && !conflict {
        return Ok(None);
    }
    lock::resolve_with(text, &Known { on_disk: raw.digests(), without: drafts })
        .map(|resolved| Some(resolved.lock))
        .map_err(|error| unresolved(shown, error))
}

/// The text of the lock. One that can not be read is not taken for none: everything would be a draft.
fn text_of<'a>(raw: &'a RawSet, shown: &str) -> CliResult<Option<&'a str>> {
    let damaged = |reason: &str| unreadable(shown, LockError::Malformed(1, reason.to_owned()));
    match &raw.lock {
        RawFile::Absent => Ok(None),
        RawFile::Unreadable(reason) => Err(damaged(reason)),
        RawFile::Bytes(bytes) => {
            std::str::from_utf8(bytes).map(Some).map_err(|_| damaged("the file is not UTF-8"))
        }
    }
}

fn named(args: &RebaseArgs, unmerged: &BTreeSet<String>) -> CliResult<Vec<String>> {
    let mut catalog = Catalog::default();
    for name in unmerged {
        catalog.add(&Version::of_directory(name), name);
    }
    let mut versions = Vec::new();
    for selector in &args.migrations {
        versions.push(catalog.find(selector).map_err(|error| {
            error.note("only drafts, and what is not on the base branch, get another version")
        })?);
    }
    versions.sort();
    versions.dedup();
    let of = |name: &&String| versions.contains(&Version::of_directory(name));
    let mut names: Vec<_> = unmerged.iter().filter(of).cloned().collect();
    names.sort_by_key(|name| Version::of_directory(name));
    Ok(names)
}

/// Renames, writes what follows from it, the lock as well, and lets the database follow; what fails takes all of it back.
fn apply(
    dir: &Path,
    renames: &[Rename],
    changes: &[FileChange],
    database: Option<&mut Database>,
) -> CliResult<()> {
    let mut done: Vec<&Rename> = Vec::new();
    let mut written: Vec<&FileChange> = Vec::new();
    let all = || -> CliResult<()> {
        for rename in renames {
            let (from, to) = (dir.join(&rename.from), dir.join(&rename.to));
            std::fs::rename(&from, &to).map_err(|error| CliError::io("rename", &from, &error))?;
            done.push(rename);
        }
        for change in changes {
            change.apply()?;
            written.push(change);
        }
        if let Some(database) = database {
            let moves: Vec<_> = database.moves.iter().map(|(one, _)| one.clone()).collect();
            let judged = history::repoint(&mut *database.session, &moves).map_err(|error| {
                failure::of_database("give applied migrations a version", error)
            })?;
            for ((_, seen), judged) in database.moves.iter_mut().zip(judged) {
                *seen = judged;
            }
        }
        Ok(())
    };
    let result = all();
    if let Err(mut error) = result {
        for change in written.into_iter().rev() {
            if change.inverse().is_some_and(|back| back.apply().is_err()) {
                let file = change.path.display();
                error = error.note(format!("`{file}` could not be put back as it was"));
            }
        }
        for rename in done.into_iter().rev() {
            let back = std::fs::rename(dir.join(&rename.to), dir.join(&rename.from));
            if back.is_err() {
                let (from, to) = (&rename.from, &rename.to);
                error = error.note(format!("`{from}` is called `{to}` now: rename it back"));
            }
        }
        return Err(error);
    }
    Ok(())
}

/// The database of the environment, where it may follow and can be reached.
fn database(
    context: &mut Context<'_>,
    args: &RebaseArgs,
    raw: &RawSet,
    renames: &[Rename],
) -> CliResult<Option<Database>> {
    let environment = context.environment()?;
    if renames.is_empty() {
        return Ok(None);
    }
    if environment.protected {
        return match args.repoint {
            false => Ok(None),
            true => Err(CliError::usage(format!(
                "environment `{}` is protected: its versions are not changed",
                environment.name
            ))
            .help("leave `--repoint` out")),
        };
    }
    if environment.kind != Kind::Development && !args.repoint {
        return Ok(None);
    }
    let opened = open(context);
    let (mut session, history) = match opened {
        Ok(opened) => opened,
        Err(error) if args.repoint => return Err(error),
        Err(_) => return Ok(None),
    };
    let moves = renames.iter().filter_map(|rename| {
        let migration = raw.migrations.iter().find(|m| m.dir_name == rename.from)?;
        let RawFile::Bytes(up) = &migration.up else { return None };
        let one = Repoint {
            from: Version::of_directory(&rename.from),
            to: Version::of_directory(&rename.to),
            name: rename.to.clone(),
            up_digest: Digest::of_file("up", up),
        };
        // Of two with the same version the database may have applied the other one.
        let judged = one.judge(&history);
        let other = raw
            .migrations
            .iter()
            .any(|m| m.dir_name != rename.from && Version::of_directory(&m.dir_name) == one.from);
        (judged == Repointing::Follows || judged == Repointing::Differs && !other)
            .then_some((one, judged))
    });
    let moves: Vec<_> = moves.collect();
    if moves.is_empty() {
        return Ok(None);
    }
    let name = context.database_name()?;
    if !args.dry_run {
        session = context.connect(Access::Write)?;
    }
    Ok(Some(Database { name, session, moves }))
}

/// Opens the database without creating it.
fn open(context: &mut Context<'_>) -> CliResult<(Box<dyn Session>, history::History)> {
    let mut session = context.connect(Access::Read)?;
    let history = history::read(&mut *session)
        .map_err(|error| failure::of_database("read the history", error))?;
    Ok((session, history))
}

fn report(
    context: &mut Context<'_>,
    args: &RebaseArgs,
    renames: &[Rename],
    (followed, lock): (&[String], Option<&str>),
    database: Option<&Database>,
) {
    let would = |done: &str, planned: &str| match args.dry_run {
        true => format!("would {planned}"),
        false => done.to_owned(),
    };
    for Rename { from, to } in renames {
        context.output.line(format!("{} {from} → {to}", would("renamed", "rename")));
    }
    if renames.is_empty() {
        context.output.line("nothing that only this branch has sorts before what others have");
    }
    for file in followed {
        let verb = would("changed", "change");
        context.output.line(format!("{verb} {file}: the backfill it requires has another version"));
    }
    if let Some(lock) = lock {
        context.output.line(format!("{} {lock}", would("put in order", "put in order")));
    }
    let mut pairs = Vec::new();
    for (one, judged) in database.iter().flat_map(|database| &database.moves) {
        let (from, to) = (&one.from, &one.to);
        let name = database.map_or("", |database| database.name.as_str());
        if *judged == Repointing::Follows {
            let verb = would("re-pointed", "re-point");
            context.output.line(format!("{name}: {verb} {from} → {to}"));
            pairs.push(json!({ "from": from.as_str(), "to": to.as_str() }));
        } else {
            context.output.message_line(format!(
                "{name}: `{from}` was applied with another text, and stays as it is there"
            ));
            context.output.help("take it out there: `cargo dbmig revert --missing`");
        }
    }
    if !renames.is_empty() && !args.dry_run {
        context.output.help("make the new versions final: `cargo dbmig lock`");
    }
    let renamed: Vec<_> =
        renames.iter().map(|rename| json!({ "from": rename.from, "to": rename.to })).collect();
    context.output.json(&json!({
        "dbmig": 1, "command": "rebase", "renamed": renamed, "repointed": pairs,
        "dry_run": args.dry_run,
    }));
}
