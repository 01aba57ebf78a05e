//! `lock`: make drafts final.

use std::path::PathBuf;

use clap::Args;
use dbmig_build::lock::{self, FILE_NAME, LockError, ResolveError};
use dbmig_build::{Code, Finding, Findings, LockFile, Severity, Standing, Version};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::{base, locking};
use crate::render;
use crate::scaffold::FileChange;
use crate::select::Catalog;
use crate::shell;

/// Make drafts final
///
/// Records every draft in `dbmig.lock` with the digests of its files. From then on an edit of it fails
/// `cargo build` and `cargo dbmig check`. Commit the lock file.
#[derive(Debug, Args)]
pub struct LockArgs {
    /// Accept that this locked migration was edited, renamed, or removed (can be repeated)
    ///
    /// Only where no database has applied it yet: others keep what they have.
    #[arg(long, value_name = "MIGRATION")]
    relock: Vec<String>,
    /// Relock also what is on the base branch
    #[arg(long, requires = "relock")]
    force: bool,
    /// Accept late migrations that conflict, or that nobody can judge, for this reason
    #[arg(long, value_name = "REASON", value_parser = super::reason)]
    late_ok: Option<String>,
    /// Put a lock file with merge conflict markers in order: keep the migrations of both sides
    #[arg(long, conflicts_with_all = ["relock", "late_ok"])]
    resolve: bool,
    /// Show what would be locked, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write nothing, and end with 1 when the lock file is not what it would be
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
}

/// What to do with the lock file that a set gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    Write,
    Show,
    Compare,
}

impl LockArgs {
    fn writing(&self) -> Writing {
        match (self.dry_run, self.check) {
            (_, true) => Writing::Compare,
            (true, _) => Writing::Show,
            _ => Writing::Write,
        }
    }
}

pub(crate) fn run(context: &mut Context<'_>, args: &LockArgs) -> CliResult<Exit> {
    if args.resolve {
        return resolve(context, args.writing());
    }
    let checked = context.check()?;
    let relocked = relocked(context, args, checked.lock.as_ref())?;
    let stops = |finding: &Finding| {
        let about =
            |versions: &[Version]| finding.version.as_ref().is_some_and(|v| versions.contains(v));
        finding.severity == Severity::Error
            && match finding.code {
                Code::Draft | Code::LockMissing => false,
                Code::LateConflict => args.late_ok.is_none(),
                Code::Modified | Code::Removed => !about(&relocked),
                _ => true,
            }
    };
    let (stopping, others): (Vec<_>, Vec<_>) = checked.findings.into_iter().partition(|f| stops(f));
    let Some(set) = checked.set.filter(|_| stopping.is_empty()) else {
        let mut findings = Findings::default();
        findings.extend(stopping);
        render::findings(context.output, &findings);
        let summary = render::summary(&findings).unwrap_or_default();
        return Err(CliError::new(Exit::Findings, format!("nothing was locked: {summary}")));
    };
    let Some(dialect) = context.configured_dialect()?.or_else(|| set.dialects().first().copied())
    else {
        return Err(CliError::usage("nobody says which dialect the migrations are written in")
            .help("set the project up: `cargo dbmig init --dialect <sqlite|postgres|mysql>`"));
    };
    let policy = context.policy().or_else(|| checked.lock.as_ref().map(|lock| lock.policy.clone()));
    let mut previous = checked.lock;
    // Where it may stand was decided with its version, not with its text.
    let mut late_before = Vec::new();
    for version in &relocked {
        let removed = previous.as_mut().and_then(|lock| lock.remove(version));
        late_before.extend(removed.and_then(|entry| Some((entry.version, entry.late?))));
    }
    let mut lock =
        locking::lock_of(&set, previous.as_ref(), vec![dialect], policy.unwrap_or_default());
    for (version, reason) in late_before {
        if let Some(mut entry) = lock.get(&version).cloned() {
            entry.late = Some(args.late_ok.clone().unwrap_or(reason));
            lock.insert(entry);
        }
    }
    mark_late(&mut lock, &others, args.late_ok.as_deref());
    let names: Vec<_> = set
        .iter()
        .filter(|m| m.standing == Standing::Draft || relocked.contains(&m.version))
        .map(|m| m.dir_name.clone().into_owned())
        .collect();
    let mut late = Findings::default();
    late.extend(
        others.into_iter().filter(|f| matches!(f.code, Code::LateDraft | Code::LateOpaque)),
    );
    render::findings(context.output, &late);
    write(context, &lock, &names, args.writing())
}

/// Late migrations carry the reason why they may stand where they stand.
fn mark_late(lock: &mut LockFile, findings: &[Finding], accepted: Option<&str>) {
    for finding in findings {
        let reason = match finding.code {
            Code::LateDraft => accepted.unwrap_or("commutes"),
            Code::LateOpaque => accepted.unwrap_or("opaque"),
            Code::LateConflict => accepted.unwrap_or("accepted"),
            _ => continue,
        };
        let entry = finding.version.as_ref().and_then(|version| lock.get(version)).cloned();
        if let Some(mut entry) = entry {
            entry.late = Some(reason.to_owned());
            lock.insert(entry);
        }
    }
}

/// What `--relock` means, removed directories included.
fn relocked(
    context: &Context<'_>,
    args: &LockArgs,
    lock: Option<&LockFile>,
) -> CliResult<Vec<Version>> {
    if args.relock.is_empty() {
        return Ok(vec![]);
    }
    let Some(lock) = lock else {
        let path = context.migrations_dir()?.join(FILE_NAME);
        return Err(CliError::usage(format!(
            "there is no lock file `{}` that could be read",
            context.show(&path)
        ))
        .help("see what is wrong: `cargo dbmig check`"));
    };
    let mut catalog = Catalog::default();
    for entry in lock.entries() {
        catalog.add(&entry.version, &entry.dir_name);
    }
    let versions =
        args.relock.iter().map(|text| catalog.find(text)).collect::<CliResult<Vec<_>>>()?;
    if !args.force {
        refuse_on_base(context, &versions)?;
    }
    Ok(versions)
}

/// What is on the base branch may be in any database.
fn refuse_on_base(context: &Context<'_>, versions: &[Version]) -> CliResult<()> {
    let Some(Ok(base)) = base::read(context, None)? else { return Ok(()) };
    let known = versions.iter().filter_map(|version| base.set.get(version)).find(|m| !m.is_draft());
    match known {
        None => Ok(()),
        Some(migration) => Err(CliError::new(
            Exit::Findings,
            format!(
                "migration `{}` is on `{}`: any database may have it",
                migration.dir_name, base.name
            ),
        )
        .help("restore it, and write a new migration with `cargo dbmig generate <name>`")
        .help("if you know that none has: add `--force`")),
    }
}

fn write(
    context: &mut Context<'_>,
    lock: &LockFile,
    names: &[String],
    writing: Writing,
) -> CliResult<Exit> {
    let path = context.migrations_dir()?.join(FILE_NAME);
    let shown = context.show(&path);
    let change = FileChange::new(&path, FileChange::current(&path)?, lock.render());
    match &change {
        None => context.output.line(format!(
            "{shown}: nothing to lock, {}",
            render::count(lock.len(), "final migration")
        )),
        Some(change) if writing != Writing::Write => context.output.line(change.diff(&context.cwd)),
        Some(change) => {
            change.apply()?;
            for name in names {
                context.output.progress(format!("  locked  {name}"));
            }
            context
                .output
                .line(format!("{shown}: {}", render::count(lock.len(), "final migration")));
            context.output.help(format!("commit it: `git add {}`", shell::quoted(&shown)));
        }
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "lock", "path": shown, "locked": names, "total": lock.len(),
        "changed": change.is_some(), "written": change.is_some() && writing == Writing::Write,
    }));
    Ok(if writing == Writing::Compare && change.is_some() { Exit::Findings } else { Exit::Done })
}

fn resolve(context: &mut Context<'_>, writing: Writing) -> CliResult<Exit> {
    let path: PathBuf = context.migrations_dir()?.join(FILE_NAME);
    let shown = context.show(&path);
    let Some(text) = FileChange::current(&path)? else {
        return Err(CliError::usage(format!("there is no lock file `{shown}`"))
            .help("write it: `cargo dbmig lock`"));
    };
    match lock::resolve(&text) {
        Ok(lock) => write(context, &lock, &[], writing),
        Err(ResolveError::Contradiction(line, version)) => Err(CliError::new(
            Exit::History,
            format!(
                "{shown}:{line}:1: both sides lock migration `{version}`, with different content"
            ),
        )
        .help("keep the line that fits the files, delete the other, and try again")),
        Err(ResolveError::Lost { counted, held }) => Err(CliError::new(
            Exit::History,
            format!("{shown}: the header counts {counted} migrations, the file holds {held}"),
        )
        .note("without conflict markers nothing was merged: the others were lost some other way")
        .help(format!("restore it: `git checkout HEAD -- {shown}`"))),
        Err(ResolveError::Line(LockError::Malformed(line, reason))) => {
            Err(CliError::usage(format!("{shown}:{line}:1: the lock file is damaged: {reason}"))
                .help(format!("restore it: `git checkout HEAD -- {}`", shell::quoted(&shown))))
        }
        Err(ResolveError::Line(LockError::Unsupported(line, what))) => Err(CliError::usage(
            format!("{shown}:{line}:1: the lock file has {what}, which this version does not know"),
        )
        .help("update cargo-dbmig")),
        Err(ResolveError::Line(LockError::Conflict(line))) => {
            Err(CliError::usage(format!("{shown}:{line}:1: the conflict markers are damaged")))
        }
    }
}
