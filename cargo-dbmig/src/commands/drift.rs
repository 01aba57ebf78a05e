//! `drift`: whether a database is what its migrations make.

use clap::Args;
use dbmig_build::Version;
use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::plan::Decision;
use dbmig_runtime::session::Session;
use serde_json::json;

use super::ConsentArgs;
use super::diff::{show, values};
use crate::context::{Context, Purpose};
use crate::database::Access;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure;
use crate::operations::drafting::{self, Between, Draft};
use crate::operations::running::{self, Sides};
use crate::operations::verifying::{self, Seen};
use crate::operations::{deciding, generating, sources};
use crate::render;
use crate::shell;

/// Show what somebody changed in a database by hand
///
/// The migrations that are applied there are applied to a scratch database as well, and the two schemas
/// compared. Ends with 5 when they differ. Reads the database and writes nothing.
///
/// With `--generate` the difference becomes a migration, up and down, tried on a scratch database first. It is
/// written as a draft, and recorded in this database as applied, for its statements are in it already.
#[derive(Debug, Args)]
pub struct DriftArgs {
    /// Also tell columns that stand in another order
    #[arg(long)]
    order: bool,
    /// Write a migration of this name that makes the difference, and record it as applied here
    #[arg(long, value_name = "NAME")]
    generate: Option<String>,
    /// Show the migration, and write and record nothing
    #[arg(long, requires = "generate")]
    dry_run: bool,
    /// Consent.
    #[command(flatten)]
    consent: ConsentArgs,
}

pub(crate) fn run(context: &mut Context<'_>, args: &DriftArgs) -> CliResult<Exit> {
    super::revert::existing_only(context)?;
    let scope = sources::everything(context)?;
    let writes = args.generate.is_some() && !args.dry_run;
    let access = if writes { Access::Write } else { Access::Read };
    let mut sides = running::sides(context, Purpose::Other, access)?;
    let live = Catalogue::read(&mut *sides.session, &scope)
        .map_err(|error| failure::of_database("read the schema", error))?;
    warn_of_missing(context, &sides);
    let applied = |version: &Version| sides.history.applied.contains_key(version);
    let expected = sources::produced(context, &scope, &applied)?;
    let mut differences = expected.differences(&live);
    differences.retain(|difference| args.order || !difference.is_order());
    show(context, &differences);
    let database = context.database_name()?;
    context.output.line(match differences.len() {
        0 => format!("{database}: no drift"),
        some => format!("{database}: {} from its migrations", render::count(some, "difference")),
    });
    let mut json = json!({
        "dbmig": 1, "command": "drift", "differences": values(&differences),
    });
    let Some(label) = args.generate.as_deref().filter(|_| !differences.is_empty()) else {
        if !differences.is_empty() {
            context
                .output
                .help("undo it, or make it a migration: `cargo dbmig drift --generate <name>`");
        }
        context.output.json(&json);
        return Ok(if differences.is_empty() { Exit::Done } else { Exit::Drift });
    };
    let between = Between { from: &expected, to: &live, order: args.order };
    let head = "what `cargo dbmig drift` found: changed by hand, and recorded as applied there";
    let draft = drafting::draft(context, label, head, &between)?;
    drafting::prove(context, &draft, &scope, &between, &applied)?;
    warn_of_losses(context, &draft);
    warn_of_pending(context, &sides);
    json["migration"] = draft.dir_name.as_str().into();
    json["dry_run"] = args.dry_run.into();
    if args.dry_run {
        for file in &draft.files {
            context.output.line(format!("would create {}", context.show(&file.path)));
            for line in file.text.trim_end().lines() {
                context.output.line(format!("    {line}"));
            }
        }
    } else {
        keep(context, &mut sides, args, &draft, &Seen::new(scope, &live))?;
    }
    context.output.json(&json);
    Ok(Exit::Done)
}

fn warn_of_missing(context: &mut Context<'_>, sides: &Sides) {
    let history = &sides.history;
    for version in history.applied.keys().filter(|version| sides.set.get(version).is_none()) {
        let name = render::name_of(&sides.set, history, version);
        context.output.warning(format!(
            "{name} is applied and has no directory: what it made is told as a difference"
        ));
    }
}

fn warn_of_losses(context: &mut Context<'_>, draft: &Draft) {
    for (file, sql) in &draft.destroys {
        let first = sql.lines().next().unwrap_or_default();
        context.output.warning(format!("{file} may lose rows, or what is in a column: `{first}`"));
    }
}

fn warn_of_pending(context: &mut Context<'_>, sides: &Sides) {
    let pending = sides.set.iter().filter(|m| !sides.history.applied.contains_key(&m.version));
    let count = pending.count();
    if count > 0 {
        let count = render::count(count, "migration");
        context.output.warning(format!(
            "{count} before it, not applied here: elsewhere it runs after them, and was not tried so"
        ));
    }
}

/// Writes the files, and records them in the database unless that was changed meanwhile.
fn keep(
    context: &mut Context<'_>,
    sides: &mut Sides,
    args: &DriftArgs,
    draft: &Draft,
    seen: &Seen,
) -> CliResult<()> {
    let label = args.generate.as_deref().unwrap_or_default();
    let order = if args.order { " --order" } else { "" };
    let command = format!("cargo dbmig drift{order} --generate {}", shell::quoted(label));
    let what = format!("recording `{}` as applied", draft.dir_name);
    deciding::ask(context, sides, what, args.consent.confirm(), command.clone())?;
    generating::write(&draft.files)?;
    sides.set = draft.set.clone();
    let decisions = [Decision::Applied(draft.version.clone())];
    let mut holds = |session: &mut dyn Session| seen.still_holds(session);
    let recorded = deciding::record_if(context, sides, &decisions, "drift", &command, &mut holds);
    let refused = match recorded {
        Ok(true) => None,
        Ok(false) => Some(verifying::changed_meanwhile(&context.database_name()?, &command)),
        Err(error) => Some(error),
    };
    if let Some(error) = refused {
        drafting::unwrite(draft);
        return Err(CliError::note(error, "no migration was written"));
    }
    for file in &draft.files {
        context.output.line(format!("created {}", context.show(&file.path)));
    }
    context.output.line(format!("{}: recorded as applied, and not run", draft.dir_name));
    context.output.help("read it, then make it final: `cargo dbmig lock`");
    Ok(())
}
