//! A plan for people and as JSON.

use dbmig_build::{Assertion, Assertions, MigrationSet, Precondition, Version, sql};
use dbmig_runtime::history::History;
use dbmig_runtime::plan::{Backfills, DownSource, Note, Plan, Step};
use dbmig_runtime::{Dialect, OnFail};
use serde_json::{Value, json};

use super::json::{asked_json, note_json};
use super::words::count;
use crate::output::Output;

/// The name of a version, as set or history know it.
pub fn name_of<'a>(set: &'a MigrationSet, history: &'a History, version: &'a Version) -> &'a str {
    set.get(version)
        .map(|migration| &*migration.dir_name)
        .or_else(|| history.records.get(version).map(|record| record.name.as_str()))
        .unwrap_or_else(|| version.as_str())
}

/// One line a step.
pub fn plan_lines(
    plan: &Plan,
    set: &MigrationSet,
    history: &History,
    dialect: Dialect,
) -> Vec<String> {
    let statements =
        |text: Option<&str>| match text.map(|text| sql::split(text, dialect).statements.len()) {
            Some(some) => count(some, "statement"),
            None => "recorded down".to_owned(),
        };
    let line = |step: &Step| {
        let version = step.version();
        let name = name_of(set, history, version);
        let migration = set.get(version);
        let (verb, text, mode) = match step {
            Step::Apply(_) => ("apply", migration.map(|m| &*m.up), migration),
            Step::Revert(_, DownSource::File) => {
                ("revert", migration.and_then(|m| m.down.as_deref()), migration)
            }
            Step::Revert(_, DownSource::Recorded) => ("revert", None, migration),
        };
        let outside = mode.is_some_and(|m| !m.settings.run_in_transaction);
        let mode = if outside { ", outside a transaction" } else { "" };
        format!("{verb:>8}  {name}  ({}{mode})", statements(text))
    };
    let again = |name: &String| if plan.again.contains(name) { ", again" } else { "" };
    let repeat = |name: &String| {
        let repeatable = set.repeatables().iter().find(|repeatable| repeatable.name == *name);
        let text = repeatable.map(|repeatable| &*repeatable.sql);
        format!("{:>8}  {name}  ({}{})", "repeat", statements(text), again(name))
    };
    let fill = |version: &Version| {
        let large = match plan.large {
            Backfills::Run => "",
            Backfills::Defer => "  (if its table fits into one window)",
        };
        format!("{:>8}  {}/backfill.sql{large}", "fill", name_of(set, history, version))
    };
    let is_step = |version: &Version| plan.steps.iter().any(|step| step.version() == version);
    let before = plan.backfills.iter().filter(|version| !is_step(version)).map(fill);
    let steps = plan.steps.iter().flat_map(|step| {
        let fills = matches!(step, Step::Apply(version) if plan.backfills.contains(version));
        let asked = asked(step, set, dialect);
        std::iter::once(line(step)).chain(asked).chain(fills.then(|| fill(step.version())))
    });
    before.chain(steps).chain(plan.repeatables.iter().map(repeat)).collect()
}

/// The text that a step runs, and the preconditions that it asks.
fn of_step<'a>(step: &Step, set: &'a MigrationSet) -> (Option<&'a str>, &'a [Precondition]) {
    let migration = set.get(step.version());
    match step {
        Step::Apply(_) => (
            migration.filter(|m| m.backfill.is_none()).map(|m| &*m.up),
            migration.map_or(&[], |m| &m.settings.preconditions),
        ),
        Step::Revert(_, DownSource::File) => (migration.and_then(|m| m.down.as_deref()), &[]),
        Step::Revert(_, DownSource::Recorded) => (None, &[]),
    }
}

/// What is asked before a step, and after it.
fn asked(step: &Step, set: &MigrationSet, dialect: Dialect) -> Vec<String> {
    let (text, preconditions) = of_step(step, set);
    let shown = |query: &str| {
        let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
        crate::failure::excerpt(&query)
    };
    let precondition = |one: &Precondition| {
        let (query, expected) = (shown(&one.query), one.expected());
        let otherwise = match one.on_fail {
            OnFail::Halt => "or the run stops",
            OnFail::Skip => "or it is skipped",
            OnFail::MarkApplied => "or it is recorded as applied, and not run",
            OnFail::Warn => "or it runs with a warning",
        };
        format!("{:>8}  {query}  (expected {expected}, {otherwise})", "ask")
    };
    let assertions = text.map(|text| Assertions::read(text, dialect)).unwrap_or_default();
    let assertion = |one: &Assertion| {
        let (query, when) = (shown(&one.query), one.when.as_str());
        format!("{:>8}  {query}  ({when} it, or the run stops: no rows)", "assert")
    };
    let all = preconditions.iter().map(precondition);
    all.chain(assertions.list.iter().map(assertion)).collect()
}

/// A plan as JSON.
pub fn plan_json(plan: &Plan, set: &MigrationSet, history: &History, dialect: Dialect) -> Value {
    let step = |step: &Step| {
        let (action, source) = match step {
            Step::Apply(_) => ("apply", "file"),
            Step::Revert(_, DownSource::File) => ("revert", "file"),
            Step::Revert(_, DownSource::Recorded) => ("revert", "recorded"),
        };
        let (text, preconditions) = of_step(step, set);
        let assertions = text.map(|text| Assertions::read(text, dialect)).unwrap_or_default();
        json!({
            "action": action,
            "version": step.version().as_str(),
            "name": name_of(set, history, step.version()),
            "source": source,
            "asked": asked_json(preconditions, &assertions),
        })
    };
    json!({
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "repeatables": plan.repeatables,
        "backfills": plan.backfills.iter().map(Version::as_str).collect::<Vec<_>>(),
        "notes": plan.notes.iter().map(note_json).collect::<Vec<_>>(),
    })
}

/// Says what a plan noted.
pub fn notes(output: &mut Output, notes: &[Note], set: &MigrationSet, history: &History) {
    let name = |version| name_of(set, history, version);
    let missing: Vec<_> = notes
        .iter()
        .filter_map(|note| if let Note::Missing(v) = note { Some(v) } else { None })
        .collect();
    if let Some((first, rest)) = missing.split_first() {
        let more =
            if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        output
            .note(format!("the database has `{}`{more}, which has no directory here", name(first)));
        output.help("take it out of the database: `cargo dbmig revert --missing`");
    }
    for note in notes {
        match note {
            Note::Missing(_) => {}
            Note::Modified { version, draft: true } => {
                output.note(format!("draft `{}` was edited since it was applied", name(version)));
                output.help(format!(
                    "revert and apply it again: `cargo dbmig redo --through {version}`"
                ));
            }
            Note::Modified { version, draft: false } => {
                output.warning(format!(
                    "migration `{}` was edited since it was applied",
                    name(version)
                ));
                output.help(
                    "restore the file, and write a new migration: `cargo dbmig generate <name>`",
                );
            }
            Note::Late(version) => {
                output
                    .note(format!("`{}` sorts before migrations that are applied", name(version)));
            }
            Note::DownDiffers(version) => output.note(format!(
                "the `down.sql` of `{}` is not the one it was applied with",
                name(version)
            )),
            Note::DownRecorded(version) => output.note(format!(
                "`{}` is reverted with the down that was recorded when it was applied",
                name(version)
            )),
            Note::RepeatableOlder(name) => {
                output.note(format!("`{name}` was replaced by a later text, and is not run"));
                output.help(format!("run it all the same: `cargo dbmig migrate --repeat {name}`"));
            }
            Note::RepeatableWaits(name) => output.note(format!(
                "`{name}` waits: repeatables run once all is applied and the database has nothing unknown"
            )),
            Note::StaysApplied(versions) => {
                let (first, more) = (name(&versions[0]), versions.len() - 1);
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                output.note(format!("applied later, and not reverted: `{first}`{more}"));
            }
            Note::Beyond(newest, beyond) => output.note(format!(
                "{} beyond `{newest}`, the `target_version` of the environment: not applied here",
                count(*beyond, "migration")
            )),
        }
    }
}
