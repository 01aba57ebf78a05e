//! Shows what was written, or would be, and what to do next.

use std::collections::BTreeSet;

use serde_json::json;

use crate::context::Context;
use crate::operations::init::{Facts, Plan};
use crate::scaffold::{Advice, FileChange, relative_path};

pub(super) fn outcome(context: &mut Context<'_>, facts: &Facts, plan: &Plan, dry_run: bool) {
    if plan.changes.is_empty() {
        let config = relative_path(&facts.cwd, &facts.place.config());
        let what = match &facts.package {
            Some(package) => format!("`{}`", package.name),
            None => "the workspace".to_owned(),
        };
        context.output.line(match plan.advice.is_empty() {
            true => format!("nothing to change: {what} is set up ({config})"),
            false => format!("no file to write: {what} is set up ({config}), but for this"),
        });
    } else {
        for line in &plan.facts {
            context.output.progress(line);
        }
        files(context, facts, plan, dry_run);
    }
    for note in &plan.notes {
        context.output.note(note);
    }
    for advice in plan.advice.iter().chain(plan.next.iter().filter(|_| !dry_run)) {
        help(context, advice);
    }
    context.output.json(&json!({
        "dbmig": 1,
        "command": "init",
        "dry_run": dry_run,
        "dialect": facts.dialect.as_str(),
        "migrations": relative_path(&facts.cwd, &facts.place.migrations),
        "seeds": relative_path(&facts.cwd, &facts.place.seeds),
        "found": facts.found.count,
        "changes": plan.changes.iter().map(|change| change_json(facts, change)).collect::<Vec<_>>(),
        "notes": plan.notes,
        "advice": plan.advice.iter().map(advice_json).collect::<Vec<_>>(),
        "next": plan.next.iter().map(advice_json).collect::<Vec<_>>(),
    }));
}

fn files(context: &mut Context<'_>, facts: &Facts, plan: &Plan, dry_run: bool) {
    if dry_run {
        let folders = new_folders(facts, plan);
        if !folders.is_empty() {
            let folders: Vec<_> = folders.into_iter().collect();
            context.output.line(format!("folders to create: {}", folders.join(", ")));
        }
        for change in &plan.changes {
            context.output.line(change.diff(&facts.cwd).trim_end_matches('\n'));
        }
        context.output.line(match plan.changes.len() {
            1 => "dry run: 1 file would be written".to_owned(),
            more => format!("dry run: {more} files would be written"),
        });
        return;
    }
    for change in &plan.changes {
        let path = relative_path(&facts.cwd, &change.path);
        context.output.line(format!("{} {path}", word(change)));
    }
}

fn word(change: &FileChange) -> &'static str {
    if change.before.is_some() { "edited" } else { "created" }
}

fn new_folders(facts: &Facts, plan: &Plan) -> BTreeSet<String> {
    let folders = plan.changes.iter().filter_map(|change| change.path.parent());
    let missing = folders.filter(|folder| !folder.exists());
    missing.map(|folder| relative_path(&facts.cwd, folder)).collect()
}

fn help(context: &mut Context<'_>, advice: &Advice) {
    context.output.help(&advice.text);
    if !advice.lines.is_empty() {
        let lines: Vec<String> = advice
            .lines
            .trim_end()
            .lines()
            .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
            .collect();
        context.output.message_line(lines.join("\n"));
    }
}

fn change_json(facts: &Facts, change: &FileChange) -> serde_json::Value {
    json!({
        "path": relative_path(&facts.cwd, &change.path),
        "action": word(change),
        "diff": change.diff(&facts.cwd),
    })
}

fn advice_json(advice: &Advice) -> serde_json::Value {
    json!({ "text": advice.text, "lines": advice.lines })
}
