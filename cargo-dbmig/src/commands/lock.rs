//! `lock`: make drafts final.

use std::path::Path;

use clap::Args;
use dbmig_build::lock::{
    self, FILE_NAME, FORMAT, Known, LockError, LockedFiles, ResolveError, Resolved,
};
use dbmig_build::{
    Code, Demand, Finding, Findings, LockEntry, LockFile, Severity, Standing, Version,
};
use serde_json::json;

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::operations::proving::WaysBack;
use crate::operations::{base, locking};
use crate::project::tidy;
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
    /// Write the newest format, which older versions may not read; otherwise the format stays
    #[arg(long, conflicts_with_all = ["relock", "late_ok", "resolve"])]
    upgrade: bool,
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
    if args.upgrade {
        return upgrade(context);
    }
    let checked = context.check_for_build()?;
    let relocked = relocked(context, args, checked.lock.as_ref())?;
    let stops = |finding: &Finding| {
        let about =
            |versions: &[Version]| finding.version.as_ref().is_some_and(|v| versions.contains(v));
        finding.severity == Severity::Error
            && match finding.code {
                code if code.is_settled_by_lock() => false,
                Code::LockMissing | Code::SchemaRsChanged => false,
                code if code.is_about_proof() => false,
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
    let mut before = Vec::new();
    for version in &relocked {
        before.extend(previous.as_mut().and_then(|lock| lock.remove(version)));
    }
    let mut lock =
        locking::lock_of(&set, previous.as_ref(), vec![dialect], policy.unwrap_or_default());
    for LockEntry { version, late, proof, .. } in before {
        if let Some(mut entry) = lock.get(&version).cloned() {
            entry.late = late.map(|reason| args.late_ok.clone().unwrap_or(reason));
            entry.proof = proof;
            lock.insert(entry);
        }
    }
    lock.drop_void_proofs();
    lock.schemas = checked.schemas.unwrap_or_default();
    mark_late(&mut lock, &others, args.late_ok.as_deref());
    let mut names: Vec<_> = set
        .iter()
        .filter(|m| m.standing == Standing::Draft || relocked.contains(&m.version))
        .map(|m| m.dir_name.clone().into_owned())
        .collect();
    let changed = |now: &LockedFiles, before: Option<&LockedFiles>| {
        let is_new = |name: &str| before.and_then(|b| b.get(name)) != now.get(name);
        now.keys().filter(|name| is_new(name)).cloned().collect::<Vec<_>>()
    };
    let known = previous.as_ref();
    names.extend(changed(&lock.repeatables, known.map(|lock| &lock.repeatables)));
    names.extend(changed(&lock.seeds, known.map(|lock| &lock.seeds)));
    let schemas = changed(&lock.schemas, known.map(|lock| &lock.schemas));
    let dir = context.migrations_dir()?;
    names.extend(schemas.iter().map(|name| context.show(&tidy(&dir.join(name)))));
    let mut late = Findings::default();
    late.extend(
        others.into_iter().filter(|f| matches!(f.code, Code::LateDraft | Code::LateOpaque)),
    );
    render::findings(context.output, &late);
    let end = write(context, &lock, &names, args.writing())?;
    tell_unproved(context, &lock);
    Ok(end)
}

/// What the policy asks for, and only `prove` can give.
fn tell_unproved(context: &mut Context<'_>, lock: &LockFile) {
    let demand = lock.policy.proof;
    let ways = WaysBack::of(lock, &lock.policy);
    let left = ways.all - ways.proved;
    if left == 0 || demand == Demand::Off {
        return;
    }
    let text = match left {
        1 => "1 way back is not proved".to_owned(),
        more => format!("{more} ways back are not proved"),
    };
    match demand {
        Demand::Strict => context.output.warning(format!("{text}: `cargo build` fails until then")),
        _ => context.output.note(text),
    }
    context.output.help("prove: `cargo dbmig prove`, and commit the lock file with it");
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
        None => context.output.line(format!("{shown}: nothing to lock, {}", counts(lock))),
        Some(change) if writing != Writing::Write => context.output.line(change.diff(&context.cwd)),
        Some(change) => {
            change.apply()?;
            for name in names {
                context.output.progress(format!("  locked  {name}"));
            }
            context.output.line(format!("{shown}: {}", counts(lock)));
            context.output.help(format!("commit it: `git add {}`", shell::quoted(&shown)));
        }
    }
    context.output.json(&json!({
        "dbmig": 1, "command": "lock", "path": shown, "locked": names, "total": lock.len(),
        "changed": change.is_some(), "written": change.is_some() && writing == Writing::Write,
    }));
    Ok(if writing == Writing::Compare && change.is_some() { Exit::Findings } else { Exit::Done })
}

/// How much is final.
fn counts(lock: &LockFile) -> String {
    let mut text = render::count(lock.len(), "final migration");
    for (count, what) in [
        (lock.repeatables.len(), "repeatable"),
        (lock.seeds.len(), "reference seed"),
        (lock.schemas.len(), "schema file"),
    ] {
        if count != 0 {
            text.push_str(&format!(", {}", render::count(count, what)));
        }
    }
    text
}

/// There is one format so far: what can be read has it.
fn upgrade(context: &mut Context<'_>) -> CliResult<Exit> {
    let path = context.migrations_dir()?.join(FILE_NAME);
    let shown = context.show(&path);
    let text = current(&path, &shown)?;
    LockFile::parse(&text).map_err(|error| unreadable(&shown, error))?;
    context.output.line(format!("{shown}: already the newest format ({FORMAT})"));
    context.output.json(&json!({
        "dbmig": 1, "command": "lock", "path": shown, "format": FORMAT, "changed": false,
    }));
    Ok(Exit::Done)
}

fn current(path: &Path, shown: &str) -> CliResult<String> {
    FileChange::current(path)?.ok_or_else(|| {
        CliError::usage(format!("there is no lock file `{shown}`"))
            .help("write it: `cargo dbmig lock`")
    })
}

fn resolve(context: &mut Context<'_>, writing: Writing) -> CliResult<Exit> {
    let path = context.migrations_dir()?.join(FILE_NAME);
    let shown = context.show(&path);
    let text = current(&path, &shown)?;
    let dir = context.migrations_dir()?;
    let on_disk = dbmig_build::load(&dir, &context.show(&dir)).digests();
    match lock::resolve_with(&text, &Known { on_disk, ..Known::default() }) {
        Ok(Resolved { lock, open }) => {
            let end = write(context, &lock, &[], writing)?;
            for name in open {
                context.output.help(format!(
                    "both sides changed `{name}`: lock it as it is now: `cargo dbmig lock`"
                ));
            }
            Ok(end)
        }
        Err(error) => Err(unresolved(&shown, error)),
    }
}

/// Why a conflict can not be resolved, and what to do.
pub(super) fn unresolved(shown: &str, error: ResolveError) -> CliError {
    match error {
        ResolveError::Contradiction(line, version) => CliError::new(
            Exit::History,
            format!(
                "{shown}:{line}:1: both sides lock migration `{version}`, with different content"
            ),
        )
        .help("merge the files first; or keep the line that fits them, delete the other, and try again")
        .help("if two migrations have that version, give yours another: `cargo dbmig rebase`"),
        ResolveError::Lost { what, counted, held } => CliError::new(
            Exit::History,
            format!("{shown}: the header counts {counted} {what}, the file holds {held}"),
        )
        .note("without conflict markers nothing was merged: the others were lost some other way")
        .help(format!("restore it: `git checkout HEAD -- {}`", shell::quoted(shown))),
        ResolveError::Line(error) => unreadable(shown, error),
    }
}

/// Why a lock file can not be read, and what to do.
pub(super) fn unreadable(shown: &str, error: LockError) -> CliError {
    match error {
        LockError::Malformed(line, reason) => {
            CliError::usage(format!("{shown}:{line}:1: the lock file is damaged: {reason}"))
                .help(format!("restore it: `git checkout HEAD -- {}`", shell::quoted(shown)))
        }
        LockError::Unsupported(line, what) => CliError::usage(format!(
            "{shown}:{line}:1: the lock file has {what}, which this version does not know"
        ))
        .help("update cargo-dbmig"),
        LockError::Conflict(line) => {
            CliError::usage(format!("{shown}:{line}:1: the lock file holds merge conflict markers"))
                .help("put it in order: `cargo dbmig lock --resolve`")
        }
    }
}
