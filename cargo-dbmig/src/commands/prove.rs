//! `prove`: whether every `down.sql` undoes its `up.sql`.

use std::collections::BTreeMap;

use clap::Args;
use dbmig_build::lock::Verdict;
use dbmig_build::{Dialect, LockFile, MigrationSet, Version};
use dbmig_runtime::ErrorKind;
use dbmig_runtime::catalogue::Scope;
use dbmig_runtime::proof::{self, Failure, ProofError, Proved, Warning};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::operations::blaming::{self, Blamed};
use crate::operations::{cataloguing, proving, schema_proof};
use crate::render;
use crate::select::Catalog;

/// Prove that every `down.sql` undoes its `up.sql`, schema and data
///
/// On a scratch database: in memory for SQLite, else on the server of `[shadow]` or of the environment, and
/// dropped afterwards. Before each migration every table gets rows that sit on boundaries; then it is
/// applied, reverted, compared with what was there, and applied again. The verdicts go into `dbmig.lock`.
///
/// Without a range: what is not proved yet as it is now; and where `[policy] schema_rs` asks and nothing is a
/// draft, whether `schema.rs` is what the migrations make. Ends with 1 when a way back, or that, is refused.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The migration, or `A..B` for those after A up to B
    #[arg(value_name = "MIGRATION|A..B")]
    range: Option<String>,
    /// Prove also what is proved already
    #[arg(long, conflicts_with = "range")]
    all: bool,
    /// Do not write the verdicts into the lock
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(context: &mut Context<'_>, args: &ProveArgs) -> CliResult<Exit> {
    let set = context.load_set(Purpose::Other)?;
    let lock = context.check()?.lock;
    let mut scratch = proving::scratch(context)?;
    let scope = cataloguing::configured(context, Scope::all())?;
    let dialect = scratch.dialect();
    let wanted = wanted(args, &set, lock.as_ref(), dialect)?;
    let dir = context.migrations_dir()?;
    let cwd = context.cwd.clone();
    let files = Files { dir: &dir, cwd: &cwd, again: "cargo dbmig prove" };
    let proved = {
        let output = &mut *context.output;
        let mut tell = |proved: &Proved| {
            output.progress(format!("  {:<20}  {}", head(proved), proved.name));
        };
        proof::prove(&set, &mut scratch, &scope, &|version| wanted.contains(version), &mut tell)
    };
    drop(scratch);
    let mut proved = proved.map_err(|error| of_proof(error, files))?;
    let values: Vec<_> = proved.iter().map(json_of).collect();
    let kept = match args.dry_run {
        true => 0,
        false => proving::keep(context, &set, lock, &proved, dialect)?,
    };
    let schema_rs = match args.range {
        Some(_) => schema_proof::Outcome::default(),
        None => schema_proof::prove(context, &set, args.dry_run)?,
    };
    let refused = tell_refused(context, &mut proved, (&set, dialect), files);
    tell_hazards(context, &mut proved, files);
    let total = render::count(proved.len(), "migration");
    context.output.line(match (proved.len(), refused) {
        (0, _) => "nothing to prove: every migration has a verdict that holds".to_owned(),
        (_, 0) => format!("{total} proved"),
        (_, refused) => format!("{total} tried, {refused} refused"),
    });
    context.output.json(&json!({
        "dbmig": 1, "command": "prove", "proved": values, "refused": refused, "kept": kept,
    }));
    match schema_rs.refused {
        Some(error) => Err(error),
        None => Ok(if refused == 0 { Exit::Done } else { Exit::Findings }),
    }
}

/// The verdict in a word or two, for a column.
fn head(proved: &Proved) -> &'static str {
    match &proved.verdict {
        _ if proved.unmet.is_some() => "not run",
        Verdict::Lossless => "lossless",
        Verdict::LosslessReordered => "lossless, reordered",
        Verdict::SchemaOnly(_) => "schema only",
        Verdict::None(_) => "no way back",
    }
}

fn wanted(
    args: &ProveArgs,
    set: &MigrationSet,
    lock: Option<&LockFile>,
    dialect: Dialect,
) -> CliResult<Vec<Version>> {
    let all = || set.iter().map(|migration| migration.version.clone());
    let Some(range) = &args.range else {
        return Ok(if args.all { all().collect() } else { proving::unproved(set, lock, dialect) });
    };
    let mut catalog = Catalog::default();
    for migration in set {
        catalog.add(&migration.version, &migration.dir_name);
    }
    let find = |text: &str| match text {
        "" => Ok(None),
        text => catalog.find(text).map(Some),
    };
    let Some((after, through)) = range.split_once("..") else {
        return Ok(vec![catalog.find(range)?]);
    };
    let (after, through) = (find(after)?, find(through)?);
    let within = |version: &Version| {
        after.as_ref().is_none_or(|after| version > after)
            && through.as_ref().is_none_or(|through| version <= through)
    };
    Ok(all().filter(within).collect())
}

/// Shows why ways back are refused; how many.
fn tell_refused(
    context: &mut Context<'_>,
    proved: &mut [Proved],
    (set, dialect): (&MigrationSet, Dialect),
    files: Files<'_>,
) -> usize {
    let mut refused = 0;
    let mut without = BTreeMap::new();
    for proved in proved {
        if let Verdict::SchemaOnly(lost) = &proved.verdict {
            let mut text = format!("{}: the way back loses {}", proved.name, lost.join(", "));
            if let Some(example) = &proved.example {
                text.push_str(&format!(" ({example})"));
            }
            context.output.note(text);
        }
        for (table, why) in proved.no_rows.iter().filter(|(table, _)| table != "*") {
            without.entry(table.clone()).or_insert_with(|| why.clone());
        }
        if let Some(reason) = &proved.unmet {
            let name = &proved.name;
            context.output.note(format!("{name}: it does not run on a scratch database: {reason}"));
        }
        let Some(failure) = proved.failure.take() else { continue };
        refused += 1;
        let dir = files.dir.join(&proved.name);
        let down = crate::project::show(&dir.join("down.sql"), files.cwd);
        let blamed = set.get(&proved.version).zip(failure.differences().first()).and_then(
            |(migration, first)| {
                let texts = (&*migration.up, migration.down.as_deref().unwrap_or_default());
                blaming::blamed(first, texts, dialect)
            },
        );
        let error = pointed(shown(failure, &down, files), blamed);
        context.output.error(&error.message);
        for note in error.causes.iter().chain(&error.notes) {
            context.output.message_line(format!("  note: {note}"));
        }
        let again = set.get(&proved.version).map(|m| m.is_draft()) == Some(true);
        context.output.help(match again {
            true => format!("mend it, and prove it: `cargo dbmig prove {}`", proved.version),
            false => format!(
                "mend it and lock it anew, or declare `irreversible = \"reason\"` in its metadata.toml: `cargo dbmig lock --relock {}`",
                proved.version
            ),
        });
    }
    for (table, why) in without {
        context.output.note(format!("no rows for {table}: {why}"));
    }
    refused
}

/// What fails as soon as there are rows is no matter of the way back, and worth knowing before others
/// find it.
fn tell_hazards(context: &mut Context<'_>, proved: &mut [Proved], files: Files<'_>) {
    for proved in proved {
        for warning in std::mem::take(&mut proved.warnings) {
            match warning {
                Warning::Later(error) => {
                    let error = failure::on_scratch(*error, files);
                    tell_hazard(context, "fails with rows that were written after up.sql", &error);
                }
                other => {
                    context.output.warning(format!("{}/{other}", proved.name));
                    if matches!(other, Warning::Cascaded { .. }) {
                        context.output.help(
                            "write `foreign_keys = \"off\"` below `[dbmig]` in its metadata.toml: \
                             they are off around the transaction, and checked before it ends",
                        );
                    }
                }
            }
        }
        let Some(hazard) = proved.hazard.take() else { continue };
        let Some(error) = hazard.into_error() else { continue };
        if let ErrorKind::Guard(guard) = &error.kind {
            // It says so itself, and shows the rows.
            context.output.note(format!(
                "{}: stops at rows like these: {}",
                proved.name,
                guard.reason()
            ));
            continue;
        }
        tell_hazard(context, "fails when there are rows", &failure::on_scratch(*error, files));
    }
}

/// With the statement, and the row that it fails for where the database names it.
fn tell_hazard(context: &mut Context<'_>, what: &str, error: &CliError) {
    let causes = error.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
    context.output.warning(format!("{what}: {}{causes}", error.message));
    for note in &error.notes {
        context.output.message_line(format!("  note: {note}"));
    }
}

fn shown(failure: Failure, file: &str, files: Files<'_>) -> CliError {
    let short = failure.in_short();
    let differences = match &failure {
        Failure::NotRestored(differences) | Failure::AgainDiffers(differences) => {
            differences.iter().map(ToString::to_string).collect()
        }
        _ => vec![],
    };
    match failure {
        Failure::Up(error)
        | Failure::Down(error)
        | Failure::DownWithRows(error)
        | Failure::Again(error)
        | Failure::AgainWithRows(error) => failure::on_scratch(*error, files).note(short),
        _ => {
            let error = CliError::new(Exit::Findings, format!("{file}: {short}"));
            differences.into_iter().fold(error, CliError::note)
        }
    }
}

/// With the statement that the first difference is about.
fn pointed(mut error: CliError, blamed: Option<Blamed>) -> CliError {
    let Some(blamed) = blamed else { return error };
    let (line, column) = blamed.place;
    let (number, total) = blamed.number;
    if blamed.file == "down.sql" {
        error.message = error.message.replacen("down.sql", &format!("down.sql:{line}:{column}"), 1);
        return error.note(format!("statement {number} of {total}: {}", blamed.excerpt));
    }
    error.note(format!("made at {}:{line}:{column}: {}", blamed.file, blamed.excerpt))
}

fn of_proof(error: ProofError, files: Files<'_>) -> CliError {
    match error {
        ProofError::Apply(failure) => {
            let up = files.dir.display().to_string();
            shown(*failure, &up, files).note("the set can not be applied to an empty database")
        }
        ProofError::Interrupted => {
            CliError::new(Exit::Interrupted, "interrupted: nothing was kept")
                .note("the scratch database was dropped")
        }
        ProofError::Shadow(doing, error) => {
            failure::of_database(&format!("{doing} the scratch database"), error)
        }
        other => CliError::database(other.to_string()),
    }
}

fn json_of(proved: &Proved) -> serde_json::Value {
    let lost = match &proved.verdict {
        Verdict::SchemaOnly(lost) => lost.clone(),
        _ => vec![],
    };
    let reason = match &proved.verdict {
        Verdict::None(reason) => Some(reason.clone()),
        _ => None,
    };
    json!({
        "version": proved.version.as_str(), "name": proved.name, "verdict": proved.verdict.as_str(),
        "lost": lost, "reason": reason, "server": proved.server,
        "refused": proved.failure.is_some(), "unmet": proved.unmet, "fails_with_rows": proved.hazard.is_some(),
        "warnings": proved.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "no_rows": proved.no_rows.iter().map(|(table, why)| json!({ "table": table, "why": why })).collect::<Vec<_>>(),
        "differences": proved.failure.as_ref().map(|failure| {
            failure.differences().iter().map(ToString::to_string).collect::<Vec<_>>()
        }).unwrap_or_default(),
        "error": proved.failure.as_ref().and_then(Failure::error).map(ToString::to_string),
    })
}
