//! `backfill`: rows that are changed window by window.

use clap::{Args, Subcommand};
use dbmig_build::Version;
use dbmig_runtime::backfill::{self, End, Outcome, Standing, Way};
use serde_json::json;

use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::operations::running::{self, Sides};
use crate::render::{self, Live};

/// Change rows window by window
///
/// A migration with a `backfill.sql` changes the rows of a table in windows of its key. Each window is a
/// small transaction that also moves the cursor, so that it can be stopped at any moment and goes on where
/// it was.
#[derive(Debug, Subcommand)]
pub enum BackfillCommand {
    /// Run what is not done yet
    Run(RunArgs),
    /// Show how far they have come
    Status,
    /// Let one rest: its run ends after the window
    Pause(OneArgs),
    /// Go on with one that was paused
    Resume(OneArgs),
    /// Give one up: what was changed stays
    Cancel(OneArgs),
    /// Look whether anything is left to do
    Verify(VerifyArgs),
}

/// Run what is not done yet
///
/// Goes on where it stopped. Ctrl-C ends it after the window, and nothing is lost.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// This one alone: its version, or its name
    backfill: Option<String>,
    /// Begin at the start of the table, whatever was done before
    #[arg(long, requires = "backfill")]
    again: bool,
}

/// One backfill.
#[derive(Debug, Args)]
pub struct OneArgs {
    /// Its version, or its name
    backfill: String,
}

/// Look whether anything is left to do
///
/// Asks the query of the header (`dbmig:until`), and records the answer. Ends with 1 when rows are left.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// This one alone: its version, or its name
    backfill: Option<String>,
}

pub(crate) fn run(context: &mut Context<'_>, command: &BackfillCommand) -> CliResult<Exit> {
    match command {
        BackfillCommand::Run(args) => start(context, args),
        BackfillCommand::Status => show(context),
        BackfillCommand::Pause(args) => {
            let name = decide(context, &args.backfill, backfill::pause)?;
            context.output.line(format!("`{name}` is paused: a run of it ends after its window"));
            context.output.help(format!("go on: `cargo dbmig backfill resume {}`", args.backfill));
            Ok(Exit::Done)
        }
        BackfillCommand::Resume(args) => {
            decide(context, &args.backfill, |session, set, version| {
                backfill::resume(session, set, version).map(drop)
            })?;
            start(context, &RunArgs { backfill: Some(args.backfill.clone()), again: false })
        }
        BackfillCommand::Cancel(args) => {
            let name = decide(context, &args.backfill, backfill::cancel)?;
            context.output.line(format!("`{name}` is cancelled: what was changed stays"));
            let again = format!("cargo dbmig backfill run {} --again", args.backfill);
            context.output.help(format!("begin anew: `{again}`"));
            Ok(Exit::Done)
        }
        BackfillCommand::Verify(args) => verify(context, args),
    }
}

/// The set and the database, for something that is written.
fn sides(context: &mut Context<'_>, purpose: Purpose, access: Access) -> CliResult<Sides> {
    super::revert::existing_only(context)?;
    running::sides(context, purpose, access)
}

/// The version of a backfill that is named.
fn named(sides: &Sides, text: &str) -> CliResult<Version> {
    let version = sides.find(text)?;
    match sides.set.get(&version).filter(|migration| migration.backfill.is_some()) {
        Some(_) => Ok(version),
        None => Err(CliError::usage(format!("migration `{text}` has no backfill"))
            .help("list those there are: `cargo dbmig backfill status`")),
    }
}

fn decide(
    context: &mut Context<'_>,
    text: &str,
    decision: fn(
        &mut dyn dbmig_runtime::Session,
        &dyn dbmig_runtime::Migrations,
        &Version,
    ) -> Result<(), dbmig_runtime::Error>,
) -> CliResult<String> {
    let mut sides = sides(context, Purpose::Other, Access::Write)?;
    let version = named(&sides, text)?;
    let name = render::name_of(&sides.set, &sides.history, &version).to_owned();
    decision(&mut *sides.session, &sides.set, &version)
        .map_err(|error| worded(context, error, "cargo dbmig backfill status"))?;
    context.output.json(&json!({ "dbmig": 1, "command": "backfill", "name": name }));
    Ok(name)
}

fn worded(context: &Context<'_>, error: dbmig_runtime::Error, again: &str) -> CliError {
    match context.migrations_dir() {
        Ok(dir) => failure::of_run(error, Files { dir: &dir, cwd: &context.cwd, again }),
        Err(error) => error,
    }
}

fn start(context: &mut Context<'_>, args: &RunArgs) -> CliResult<Exit> {
    let mut sides = sides(context, Purpose::Apply, Access::Write)?;
    let due = match &args.backfill {
        Some(text) => vec![named(&sides, text)?],
        None => backfill::due(&sides.set, &sides.history),
    };
    let database = context.database_name()?;
    if due.is_empty() {
        context.output.line(format!("{database}: nothing to backfill"));
        let resting = backfill::standings(&sides.set, &sides.history);
        let paused = resting.iter().find(|standing| standing.word() == "paused");
        if let Some(standing) = paused {
            context.output.help(format!(
                "`{}` is paused: `cargo dbmig backfill resume {}`",
                standing.name, standing.version
            ));
        }
    }
    let way = Way { again: args.again, ..Way::default() };
    let mut outcomes = Vec::new();
    for version in &due {
        let mut live = Live::new(context.output, 1);
        let Sides { set, session, options, .. } = &mut sides;
        let result = backfill::run(&mut **session, set, version, way, options, &mut live);
        drop(live);
        let again = format!("cargo dbmig backfill run {version}");
        let outcome = result.map_err(|error| worded(context, error, &again))?;
        let stops = !matches!(outcome.end, End::Done { .. } | End::DoneBefore);
        outcomes.push(outcome);
        if stops {
            break;
        }
    }
    let list: Vec<_> = outcomes.iter().map(render::backfill_json).collect();
    context.output.json(&json!({ "dbmig": 1, "command": "backfill run", "backfills": list }));
    conclude(context, &database, &outcomes)
}

fn conclude(context: &mut Context<'_>, database: &str, outcomes: &[Outcome]) -> CliResult<Exit> {
    let mut exit = Exit::Done;
    for Outcome { version, name, end, .. } in outcomes {
        match end {
            End::Done { left: false } => {
                context.output.line(format!("{database}: `{name}` is done"));
            }
            End::DoneBefore => {
                context.output.line(format!("{database}: `{name}` was done before"));
            }
            End::Done { left: true } => {
                left(context, version, name);
                exit = Exit::Findings;
            }
            End::Paused | End::Cancelled => {
                context.output.note(format!("somebody asked for it: `{name}` does not go on"));
                context.output.help("see how far it came: `cargo dbmig backfill status`");
                exit = Exit::History;
            }
            End::Interrupted => {
                return Err(CliError::new(Exit::Interrupted, "interrupted")
                    .note(
                        "every window that was committed stays, and the next run goes on behind it",
                    )
                    .help(format!("go on: `cargo dbmig backfill run {version}`")));
            }
            End::Deferred | End::Rests => {}
        }
    }
    Ok(exit)
}

/// It came to the end of the table, and its query still finds rows.
pub(super) fn left(context: &mut Context<'_>, version: &Version, name: &str) {
    context
        .output
        .warning(format!("`{name}` came to the end of its table, and its query still finds rows"));
    context.output.note("they were written behind it, or its statement does not change them");
    context
        .output
        .help(format!("go over the table once more: `cargo dbmig backfill run {version} --again`"));
}

fn verify(context: &mut Context<'_>, args: &VerifyArgs) -> CliResult<Exit> {
    let mut sides = sides(context, Purpose::Other, Access::Write)?;
    let versions = match &args.backfill {
        Some(text) => vec![named(&sides, text)?],
        None => {
            let all = backfill::standings(&sides.set, &sides.history).into_iter();
            all.filter(|standing| standing.applied).map(|standing| standing.version).collect()
        }
    };
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    for version in &versions {
        let name = render::name_of(&sides.set, &sides.history, version).to_owned();
        let Sides { set, session, .. } = &mut sides;
        let found = backfill::verify(&mut **session, set, version)
            .map_err(|error| worded(context, error, "cargo dbmig backfill verify"))?;
        let word = match found {
            Some(true) => "nothing left",
            Some(false) => "rows left",
            None => "no query",
        };
        context.output.line(format!("{word:<12}  {name}"));
        match found {
            Some(true) => {}
            Some(false) => {
                exit = Exit::Findings;
                context.output.help(format!("run it: `cargo dbmig backfill run {version}`"));
            }
            None => context.output.note(
                "without `-- dbmig:until` nobody can tell: what counts is that it came to its end",
            ),
        }
        rows.push(json!({ "version": version.as_str(), "name": name, "verified": found }));
    }
    if versions.is_empty() {
        context.output.line("there is no backfill that is applied");
    }
    context.output.json(&json!({ "dbmig": 1, "command": "backfill verify", "backfills": rows }));
    Ok(exit)
}

fn show(context: &mut Context<'_>) -> CliResult<Exit> {
    let sides = sides(context, Purpose::Other, Access::Read)?;
    let standings = backfill::standings(&sides.set, &sides.history);
    for standing in &standings {
        context.output.line(line(standing));
    }
    if standings.is_empty() {
        context.output.line("there is no backfill");
        context.output.help("write one: `cargo dbmig generate backfill <name> --table <table> --set \"<column> = <expression>\"`");
    }
    let due = backfill::due(&sides.set, &sides.history);
    if !due.is_empty() {
        context.output.help("go on with what is not done: `cargo dbmig backfill run`");
    }
    let rows: Vec<_> = standings.iter().map(standing_json).collect();
    context.output.json(&json!({ "dbmig": 1, "command": "backfill status", "backfills": rows }));
    Ok(Exit::Done)
}

/// One line: where it stands, how far it came, its name.
fn line(standing: &Standing) -> String {
    let mut marks = Vec::new();
    if !standing.applied {
        marks.push("its migration is pending");
    }
    if standing.changed {
        marks.push("edited since");
    }
    let far = match &standing.record {
        None => "-".to_owned(),
        Some(record) => {
            let share = record.total.filter(|total| *total > 0 && *total >= record.seen);
            let share = share.map(|total| format!(" ({} %)", record.seen * 100 / total));
            if record.state == backfill::BackfillState::Done && !record.verified {
                marks.push("rows left");
            }
            format!("{} of {} rows changed{}", record.rows, record.seen, share.unwrap_or_default())
        }
    };
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    format!("{:<9}  {far:<32}  {}{marks}", standing.word(), standing.name)
}

/// As JSON.
pub(super) fn standing_json(standing: &Standing) -> serde_json::Value {
    let record = standing.record.as_ref();
    json!({
        "version": standing.version.as_str(), "name": standing.name, "state": standing.word(),
        "applied": standing.applied, "changed": standing.changed,
        "seen": record.map(|r| r.seen), "rows": record.map(|r| r.rows),
        "windows": record.map(|r| r.batches), "total": record.and_then(|r| r.total),
        "started": record.map(|r| r.started.as_str()),
        "verified": record.map(|r| r.is_verified()),
    })
}
