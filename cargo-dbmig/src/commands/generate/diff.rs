//! `generate --diff`: a migration out of what differs.

use std::io::{self, IsTerminal as _};
use std::time::SystemTime;

use clap::Args;
use dbmig_build::RawSet;
use serde_json::json;

use super::args::GenerateArgs;
use super::tell::Outcome;
use super::{ask, present};
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::generate::Part;
use crate::generate::diff::{Answers, Change, Question};
use crate::operations::amending::{self, Amended};
use crate::operations::differing::{self, Sides};
use crate::operations::generating;
use crate::operations::intending::{self, Planned};
use crate::operations::sources::Origin;
use crate::render;
use crate::shell;

/// What is wished for, and what no schema tells.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "From a difference (--diff)")]
pub(super) struct DiffArgs {
    /// Write what is missing between the migrations and `schema.rs`; the only word is a name for it
    #[arg(long, conflicts_with_all = [
        "columns", "table", "id", "no_id", "no_timestamps", "name", "unique", "using", "predicate", "include",
        "pk", "fk", "on_delete", "on_update", "materialized", "model", "model_out", "no_try", "irreversible",
    ])]
    pub(super) diff: bool,
    /// What is wished for, instead of `schema.rs`: as `diff --to`
    #[arg(long, value_name = "SCHEMA", requires = "diff", value_parser = Origin::parse)]
    from: Option<Origin>,
    /// What is called in another way from now on: `users.name=full_name`, `users=people`
    #[arg(long, value_name = "OLD=NEW", requires = "diff")]
    rename: Vec<String>,
    /// What goes, whatever like it comes: `users.name`, `users`
    #[arg(long, value_name = "NAME", requires = "diff")]
    drop: Vec<String>,
    /// What rows get that have nothing in a column, in SQL: `users.age=0`
    #[arg(long, value_name = "COLUMN=SQL", requires = "diff")]
    fill: Vec<String>,
    /// A column for which there are no such rows
    #[arg(long, value_name = "COLUMN", requires = "diff")]
    no_fill: Vec<String>,
    /// The type of a column, where `schema.rs` says too little: `users.price=numeric(10,2)`
    #[arg(long = "type", value_name = "COLUMN=TYPE", requires = "diff")]
    types: Vec<String>,
    /// The values of a new enum type: `mood=happy,sad`
    #[arg(long, value_name = "TYPE=VALUES", requires = "diff")]
    values: Vec<String>,
    /// A column that the database numbers
    #[arg(long, value_name = "COLUMN", requires = "diff")]
    auto_increment: Vec<String>,
    /// A `joinable!` asks for no foreign key
    #[arg(long, requires = "diff")]
    no_joins: bool,
    /// Into the newest migration, which must be a draft, instead of a new one
    #[arg(long, requires = "diff", conflicts_with = "version")]
    amend: bool,
}

impl DiffArgs {
    /// `--diff` and nothing else.
    pub(super) fn alone() -> Self {
        Self { diff: true, ..Self::default() }
    }

    fn answers(&self) -> CliResult<Answers> {
        let mut answers = Answers::default();
        answers.no_joins = self.no_joins;
        self.rename.iter().try_for_each(|text| answers.rename(text))?;
        self.drop.iter().for_each(|text| answers.drop(text));
        self.fill.iter().try_for_each(|text| answers.fill(text))?;
        self.no_fill.iter().for_each(|text| answers.leave(text));
        self.types.iter().try_for_each(|text| answers.typed(text))?;
        self.values.iter().try_for_each(|text| answers.values(text))?;
        self.auto_increment.iter().for_each(|text| answers.count(text));
        Ok(answers)
    }
}

impl DiffArgs {
    /// What was typed, as words for a shell.
    pub(super) fn typed_again(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.from.iter().map(|from| match from {
            // It may hold a password.
            Origin::Url(_) => "--from <URL>".to_owned(),
            other => format!("--from {}", shell::quoted(&other.to_string())),
        }));
        for (option, values) in [
            ("--rename", &self.rename),
            ("--drop", &self.drop),
            ("--fill", &self.fill),
            ("--no-fill", &self.no_fill),
            ("--type", &self.types),
            ("--values", &self.values),
            ("--auto-increment", &self.auto_increment),
        ] {
            words.extend(values.iter().map(|value| format!("{option} {}", shell::quoted(value))));
        }
        words.extend(self.no_joins.then(|| "--no-joins".to_owned()));
        words.extend(self.amend.then(|| "--amend".to_owned()));
        words
    }
}

pub(super) fn run(context: &mut Context<'_>, args: &GenerateArgs) -> CliResult<Exit> {
    Ok(match made(context, args)? {
        Made::Nothing(exit) => exit,
        Made::Files(outcome) => {
            outcome.show(context, args.dry_run());
            Exit::Done
        }
    })
}

/// What came of it.
pub(super) enum Made {
    /// No file: nothing differs, or somebody only wanted to know.
    Nothing(Exit),
    /// Files, which nobody was told of yet.
    Files(Box<Outcome>),
}

/// Writes them.
pub(super) fn made(context: &mut Context<'_>, args: &GenerateArgs) -> CliResult<Made> {
    let name = match &args.words[..] {
        [] => None,
        [name] => Some(name.clone()),
        [_, more, ..] => {
            return Err(CliError::usage(format!(
                "a migration has one name, and `{more}` is another word"
            ))
            .help("put the name in quotes"));
        }
    };
    let check = args.form.checks()?;
    let mut raw = present(context)?;
    let mut answers = args.diff.answers()?;
    let mut so_far = raw.clone();
    if args.diff.amend {
        amending::leave_out_empty(&mut so_far);
    }
    let mut sides = differing::sides(context, &so_far, args.diff.from.as_ref())?;
    let differences = sides.wished.differences(&sides.before, &answers);
    show(context, &sides, &differences);
    if check {
        return Ok(Made::Nothing(checked(context, &sides, &differences)));
    }
    if differences.is_empty() && !answers.says_types() {
        return Ok(Made::Nothing(nothing(context, &sides)));
    }
    let change = settled(context, args, &so_far, &mut sides, &mut answers)?;
    let base = match args.diff.amend {
        true => Some(base(context, &mut sides, &raw)?),
        false => None,
    };
    // Nobody else has the tables of a draft.
    let own = base.as_ref().is_some_and(|(_, others)| change.is_new_to(others));
    let written = change.write(args.short() || own)?;
    if written.parts.is_empty() {
        return Ok(Made::Nothing(nothing(context, &sides)));
    }
    let draft = base.map(|(draft, _)| draft);
    let label = name.unwrap_or_else(|| change.label());
    let outcome = complete(
        context,
        args,
        &mut raw,
        (&mut sides, &answers),
        Written { change: &change, parts: &written.parts, label, draft },
    )?;
    Ok(Made::Files(Box::new(outcome)))
}

/// What is about to become files.
struct Written<'a> {
    change: &'a Change,
    parts: &'a [Part],
    label: String,
    draft: Option<String>,
}

/// Tries, and writes.
fn complete(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    raw: &mut RawSet,
    (sides, answers): (&mut Sides, &Answers),
    written: Written<'_>,
) -> CliResult<Outcome> {
    let dir = context.migrations_dir()?;
    let mut amended = None;
    let planned = match &written.draft {
        Some(draft) => {
            let found = amending::plan(&dir, raw, draft, written.parts, sides.before.dialect)?;
            let planned = Planned { dir_name: found.dir_name.clone(), files: Vec::new() };
            amended = Some(found);
            vec![planned]
        }
        None => {
            let new = args.new_migration(written.label);
            intending::plan(&dir, raw, &new, written.parts, SystemTime::now())?
        }
    };
    let remaining = differing::remaining(context, sides, raw, answers)?;
    if !remaining.is_empty() {
        let texts: Vec<_> =
            written.parts.iter().map(|part| ("up.sql".to_owned(), part.up.clone())).collect();
        return Err(differing::refused(&sides.shown, &remaining, &texts));
    }
    let tried = intending::attempt(context, &mut sides.seen, raw, &planned)
        .map_err(|error| error.note("nothing was written"))?;
    let mut outcome = Outcome::of_difference(planned);
    outcome.tried = tried;
    outcome.notes.clone_from(&written.change.notes);
    outcome.losses = written.change.losses();
    match amended {
        Some(Amended { changes, .. }) => {
            for change in &changes {
                if context.output.format != crate::output::Format::Json {
                    let diff = change.diff(&context.cwd);
                    context.output.raw(&diff);
                }
                if !args.dry_run() {
                    change.apply()?;
                }
            }
            outcome.amended =
                changes.into_iter().map(|change| (change.path, change.after)).collect();
        }
        None if !args.dry_run() => {
            for one in &outcome.planned {
                generating::write(&one.files)?;
            }
        }
        None => {}
    }
    Ok(outcome)
}

/// The draft, and what the migrations before it make.
fn base(
    context: &mut Context<'_>,
    sides: &mut Sides,
    raw: &RawSet,
) -> CliResult<(String, dbmig_runtime::catalogue::Catalogue)> {
    let checked = context.judge(raw)?;
    let Some(set) = checked.set else {
        render::findings(context.output, &checked.findings);
        return Err(CliError::new(Exit::Findings, "the migrations are not in order"));
    };
    let draft = amending::newest_draft(raw, &set)?;
    let mut others = raw.clone();
    others.migrations.retain(|one| one.dir_name != draft);
    Ok((draft, differing::without(context, sides, &others)?))
}

/// The change, once every question has its answer.
fn settled(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    raw: &RawSet,
    sides: &mut Sides,
    answers: &mut Answers,
) -> CliResult<Change> {
    loop {
        let change = sides.wished.change(&sides.before, None, answers)?;
        let Some(first) = change.questions.first() else {
            return match answers.unused().first() {
                None => differing::as_told(context, raw, sides, change, answers),
                Some(option) => Err(CliError::usage(format!("`{option}` answers nothing here"))
                    .note("what differs is told above, by the names that it goes by")),
            };
        };
        if !io::stdin().is_terminal() || context.global.no_input {
            let all = all_questions(sides, answers)?;
            return Err(needed(context, args, sides, &all));
        }
        let mut say = |text: &str| context.output.message_line(text);
        ask::ask(&mut say, &mut io::stdin().lock(), first, answers)?;
    }
}

/// Every question, taken that those before it are answered in the likeliest way: together these answers
/// settle all of it.
fn all_questions(sides: &Sides, answers: &Answers) -> CliResult<Vec<Question>> {
    let (mut answers, mut all) = (answers.clone(), Vec::new());
    loop {
        let change = sides.wished.change(&sides.before, None, &answers)?;
        let Some(next) = change.questions.into_iter().next().filter(|next| !all.contains(next))
        else {
            return Ok(all);
        };
        next.settle(&mut answers)?;
        all.push(next);
    }
}

/// Every question with its answers, each as an option; and the command with the likeliest of them.
fn needed(
    context: &mut Context<'_>,
    args: &GenerateArgs,
    sides: &Sides,
    questions: &[Question],
) -> CliError {
    let values: Vec<_> = questions
        .iter()
        .map(|one| json!({ "kind": one.kind(), "text": one.text(), "options": one.options() }))
        .collect();
    context.output.json(&json!({ "questions": values }));
    let count = render::count(questions.len(), "thing");
    let mut error =
        CliError::new(Exit::History, format!("{count} that {} does not tell", sides.shown));
    for one in questions {
        let options: Vec<_> = one.options().iter().map(|option| format!("`{option}`")).collect();
        error = error.note(format!("{}? {}", one.text(), options.join(" or ")));
    }
    let mut command = "cargo dbmig generate --diff".to_owned();
    for word in args.typed_again() {
        command.push(' ');
        command.push_str(&word);
    }
    for one in questions {
        command.extend(one.options().first().map(|option| format!(" {option}")));
    }
    error.note("nothing was written").help(format!("answer them: `{command}`"))
}

fn show(context: &mut Context<'_>, sides: &Sides, differences: &[String]) {
    for difference in differences {
        difference.lines().for_each(|line| context.output.line(line));
    }
    let unseen = sides.wished.unseen(&sides.before);
    context.output.note(&unseen.text);
    let there: Vec<_> =
        unseen.there.iter().map(|(kind, count)| json!({ "kind": kind, "count": count })).collect();
    context.output.json(&json!({
        "dbmig": 1, "command": "generate", "form": "diff", "source": sides.shown,
        "differences": differences, "unseen": there,
    }));
}

fn checked(context: &mut Context<'_>, sides: &Sides, differences: &[String]) -> Exit {
    if differences.is_empty() {
        return nothing(context, sides);
    }
    let count = render::count(differences.len(), "difference");
    context.output.line(format!("{count} between the migrations and {}", sides.shown));
    context.output.help("make a migration of it: `cargo dbmig generate --diff`");
    Exit::Findings
}

fn nothing(context: &mut Context<'_>, sides: &Sides) -> Exit {
    context.output.line(format!("nothing to do: the migrations make what {} tells", sides.shown));
    let empty: [&str; 0] = [];
    context.output.json(&json!({ "files": empty, "migrations": empty }));
    Exit::Done
}
