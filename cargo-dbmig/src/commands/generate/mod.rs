//! `generate`: a new migration, from what it is to do, or empty.

mod args;
mod ask;
mod backfill;
mod diff;
mod seed;
mod tell;

use std::time::SystemTime;

use dbmig_build::RawSet;

pub use args::GenerateArgs;
use args::GenerateKind;
use diff::Made;

use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::generate::{Asked, Known, Part, Understood, understand};
use crate::operations::generating::{self, NewMigration};
use crate::operations::intending::{self, Planned, Seen};
use crate::operations::modelling;
use tell::Outcome;

pub(crate) fn run(context: &mut Context<'_>, args: &GenerateArgs) -> CliResult<Exit> {
    if let Some(kind) = &args.kind {
        return match kind {
            GenerateKind::Seed(args) => seed::run(context, args),
            GenerateKind::Backfill(args) => backfill::run(context, args),
        };
    }
    if args.diff.diff {
        return diff::run(context, args);
    }
    args.has_condition()?;
    let dir = context.migrations_dir()?;
    let mut raw = present(context)?;
    let options = args.options();
    let understood = understand(&args.words, &options)?;
    let (asked, certain) = match understood {
        Understood::Name(name) => return plain(context, args, &raw, &name, None),
        Understood::Does(asked) => (asked, true),
        Understood::Perhaps(asked) => (asked, false),
    };
    if let Some(id) = asked.revert_of() {
        let (label, part) = intending::revert_of(&raw, id)?;
        let new = args.new_migration(label);
        let Some(dialect) = intending::dialect(context)? else {
            let seen = None;
            return finish(context, args, &mut raw, (&asked, new), vec![part], seen);
        };
        let seen = see(context, args, &raw, dialect)?;
        return finish(context, args, &mut raw, (&asked, new), vec![part], Some(seen));
    }
    let name = match args.words.first() {
        Some(first) if *first != asked.form() || args.words.len() == 1 => first.clone(),
        _ => asked.name(),
    };
    let Some(dialect) = intending::dialect(context)? else {
        if args.words.len() == 1 && !args.says_more() {
            let note = "nothing says what the database speaks, so this is a name and no more; `dialect = \"sqlite\"` in dbmig.toml does";
            return plain(context, args, &raw, &name, Some(note.to_owned()));
        }
        return Err(CliError::usage("nothing says what the database speaks")
            .help("write `dialect = \"sqlite\"` (`postgres`, `mysql`) in dbmig.toml")
            .help("or name the database: `--database-url <URL>`"));
    };
    let seen = see(context, args, &raw, dialect)?;
    let there = seen.catalogue.as_ref().is_some_and(|catalogue| asked.fits(catalogue));
    if !certain && !there {
        let form = asked.told();
        let note = match seen.catalogue {
            Some(_) => {
                format!("the migrations so far make nothing to {form}: this is a name and no more")
            }
            None => format!("what there is to {form} is not known: this is a name and no more"),
        };
        return plain(context, args, &raw, &name, Some(note));
    }
    let known = seen.catalogue.as_ref().map_or(Known::Dialect(dialect), Known::All);
    let written = asked.write(known, &options)?;
    let model = match (args.wants_model(), asked.table()) {
        (true, Some(table)) => {
            Some(modelling::plan(context, &written.after, table, args.model_out())?)
        }
        (true, None) => {
            return Err(CliError::usage(format!("`generate {}` makes no model", asked.form()))
                .help("leave `--model` out"));
        }
        (false, _) => None,
    };
    let new = args.new_migration(name);
    let planned = intending::plan(&dir, &mut raw, &new, &written.parts, SystemTime::now())?;
    let mut outcome = Outcome::new(&asked, planned);
    outcome.todo.clone_from(&written.todo);
    outcome.notes.clone_from(&written.notes);
    outcome.model = model;
    complete(context, args, &raw, outcome, Some(seen))
}

/// `generate --diff`, for who goes on with what comes out: what goes for good by it; `None` where nothing
/// differs.
pub(crate) fn difference(
    context: &mut Context<'_>,
    name: Option<&str>,
) -> CliResult<Option<Vec<String>>> {
    let args = GenerateArgs::difference(name);
    match diff::made(context, &args)? {
        Made::Nothing(_) => Ok(None),
        Made::Files(outcome) => {
            outcome.tell(context, false);
            Ok(Some(outcome.losses.clone()))
        }
    }
}

/// The migrations so far; none where the directory is not there yet.
fn present(context: &Context<'_>) -> CliResult<RawSet> {
    let dir = context.migrations_dir()?;
    if dir.exists() && !dir.is_dir() {
        let shown = context.show(&dir);
        return Err(CliError::usage(format!("`{shown}` is not a directory"))
            .help("rename it, or name another place: `--migrations-dir <DIR>`"));
    }
    Ok(match dir.is_dir() {
        true => dbmig_build::load(&dir, &context.show(&dir)),
        false => RawSet::default(),
    })
}

/// What there is, as far as it is to be looked up.
fn see(
    context: &Context<'_>,
    args: &GenerateArgs,
    raw: &RawSet,
    dialect: dbmig_build::Dialect,
) -> CliResult<Seen> {
    match args.no_try() {
        true => Ok(intending::unseen(dialect, "`--no-try`")),
        false => intending::look(context, raw, dialect),
    }
}

fn finish(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    raw: &mut RawSet,
    (asked, new): (&Asked, NewMigration),
    parts: Vec<Part>,
    seen: Option<Seen>,
) -> CliResult<Exit> {
    let dir = context.migrations_dir()?;
    let planned = intending::plan(&dir, raw, &new, &parts, SystemTime::now())?;
    complete(context, args, raw, Outcome::new(asked, planned), seen)
}

/// Tries, writes, tells.
fn complete(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    raw: &RawSet,
    mut outcome: Outcome,
    seen: Option<Seen>,
) -> CliResult<Exit> {
    if let Some(mut seen) = seen {
        outcome.not_tried.clone_from(&seen.not_tried);
        let tried = intending::attempt(context, &mut seen, raw, &outcome.planned);
        outcome.tried = tried.map_err(|error| {
            error
                .note("that is what it would have done, so nothing was written")
                .help("to have it written all the same, and mend it: `--no-try`")
        })?;
    }
    if !args.dry_run() {
        for one in &outcome.planned {
            generating::write(&one.files)?;
        }
        if let Some((path, model)) = &outcome.model {
            modelling::write(path, model)?;
        }
    }
    outcome.show(context, args.dry_run());
    Ok(Exit::Done)
}

/// A frame, with nothing in it.
fn plain(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    raw: &RawSet,
    name: &str,
    note: Option<String>,
) -> CliResult<Exit> {
    let dir = context.migrations_dir()?;
    let new = args.new_migration(name.to_owned());
    let files = generating::plan(&dir, raw, &new, SystemTime::now())?;
    if !args.dry_run() {
        generating::write(&files)?;
    }
    let planned: Planned = intending::planned(files);
    let mut outcome = Outcome::plain(planned);
    outcome.notes.extend(note);
    outcome.show(context, args.dry_run());
    Ok(Exit::Done)
}

impl GenerateArgs {
    fn new_migration(&self, label: String) -> NewMigration {
        NewMigration {
            label,
            version: self.version.clone(),
            irreversible: self.irreversible.clone(),
            no_transaction: self.no_transaction,
            ..NewMigration::default()
        }
    }
}
