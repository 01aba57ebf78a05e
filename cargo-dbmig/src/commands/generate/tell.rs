//! What `generate` says.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::context::Context;
use crate::generate::{Asked, Model};
use crate::operations::generating::NewFile;
use crate::operations::intending::{Planned, Tried};

/// Files that stand for themselves: what there is now, and what comes next.
pub(super) fn files(context: &mut Context<'_>, files: &[NewFile], dry_run: bool, next: &str) {
    let listed: Vec<_> = files.iter().map(|file| (&file.path, file.text.as_str())).collect();
    created(context, &listed, dry_run);
    if !dry_run {
        context.output.help(next);
    }
    let paths: Vec<_> = files.iter().map(|file| context.show(&file.path)).collect();
    context
        .output
        .json(&json!({ "dbmig": 1, "command": "generate", "files": paths, "dry_run": dry_run }));
}

fn created(context: &mut Context<'_>, files: &[(&PathBuf, &str)], dry_run: bool) {
    for (path, text) in files {
        let shown = context.show(path);
        if dry_run {
            context.output.line(format!("would create {shown}"));
            let lines: Vec<_> = text.trim_end().lines().map(|l| format!("    {l}")).collect();
            context.output.line(lines.join("\n"));
        } else {
            context.output.line(format!("created {shown}"));
        }
    }
}

/// What came out of it.
pub(super) struct Outcome {
    form: Option<&'static str>,
    understood: Option<String>,
    pub(super) planned: Vec<Planned>,
    pub(super) tried: Option<Tried>,
    pub(super) not_tried: Option<String>,
    pub(super) todo: Vec<String>,
    pub(super) notes: Vec<String>,
    pub(super) model: Option<(PathBuf, Model)>,
    /// What goes for good.
    pub(super) losses: Vec<String>,
    /// Files of a draft that were changed instead.
    pub(super) amended: Vec<(PathBuf, String)>,
}

impl Outcome {
    pub(super) fn new(asked: &Asked, planned: Vec<Planned>) -> Self {
        Self {
            form: Some(asked.form()),
            understood: Some(asked.told()),
            planned,
            tried: None,
            not_tried: None,
            todo: Vec::new(),
            notes: Vec::new(),
            model: None,
            losses: Vec::new(),
            amended: Vec::new(),
        }
    }

    /// What came out of a difference, which was told already.
    pub(super) fn of_difference(planned: Vec<Planned>) -> Self {
        Self { form: Some("diff"), ..Self::without_words(planned) }
    }

    pub(super) fn plain(planned: Planned) -> Self {
        Self::without_words(vec![planned])
    }

    fn without_words(planned: Vec<Planned>) -> Self {
        Self {
            form: None,
            understood: None,
            planned,
            tried: None,
            not_tried: None,
            todo: Vec::new(),
            notes: Vec::new(),
            model: None,
            losses: Vec::new(),
            amended: Vec::new(),
        }
    }

    /// What there is now, and what comes next.
    pub(super) fn show(&self, context: &mut Context<'_>, dry_run: bool) {
        self.tell(context, dry_run);
        if dry_run {
            return;
        }
        context.output.help(match (self.form, self.todo.is_empty()) {
            _ if !self.amended.is_empty() => {
                "read it, then apply it: `cargo dbmig migrate`, or `cargo dbmig redo` where it is applied"
            }
            (Some(_), true) => "read it, then apply it: `cargo dbmig migrate`",
            (Some(_), false) => "complete it, then apply it: `cargo dbmig migrate`",
            (None, _) => "write the SQL, then apply it: `cargo dbmig migrate`",
        });
    }

    /// What there is now.
    pub(super) fn tell(&self, context: &mut Context<'_>, dry_run: bool) {
        if let Some(understood) = &self.understood {
            context.output.line(understood);
        }
        created(context, &self.files(), dry_run);
        for (path, _) in &self.amended {
            let shown = context.show(path);
            context
                .output
                .line(format!("{} {shown}", if dry_run { "would change" } else { "changed" }));
        }
        self.tell_tried(context);
        for loss in &self.losses {
            context.output.warning(loss);
        }
        for note in &self.notes {
            context.output.note(note);
        }
        for what in &self.todo {
            context.output.warning(format!("to be completed by hand: {what}"));
        }
        if let Some((path, model)) = &self.model {
            for note in &model.notes {
                context.output.note(note);
            }
            if !model.needs.is_empty() {
                context.output.note(format!("the model needs {}", model.needs.join(", ")));
            }
            if let Some(name) = path.file_stem() {
                let name = name.to_string_lossy();
                context
                    .output
                    .help(format!("make it part of the crate: `pub mod {name};` in `mod models`"));
            }
        }
        let json = self.json(context, dry_run);
        context.output.json(&json);
    }

    fn files(&self) -> Vec<(&PathBuf, &str)> {
        let files = self.planned.iter().flat_map(|one| &one.files);
        let files = files.map(|file| (&file.path, file.text.as_str()));
        let model = self.model.iter().map(|(path, model)| (path, model.text.as_str()));
        files.chain(model).collect()
    }

    fn tell_tried(&self, context: &mut Context<'_>) {
        if let Some(tried) = &self.tried {
            let mut text = format!("tried: up and down on {}", tried.server);
            if !tried.lost.is_empty() {
                text.push_str(&format!(
                    "; the way back loses what was in {}",
                    tried.lost.join(", ")
                ));
            }
            context.output.line(text);
            for (table, why) in &tried.no_rows {
                context.output.note(format!("without rows in {table}: {why}"));
            }
            if let Some(repeated) = &tried.repeated {
                context
                    .output
                    .warning(format!("fails where the repeatables are applied: {repeated}"));
                context.output.help(
                    "drop in it what is in the way: the repeatable makes it again where its text changes too",
                );
            }
            for hazard in &tried.hazards {
                context.output.warning(format!("fails when there are rows: {hazard}"));
            }
        }
        if let Some(why) = &self.not_tried {
            context.output.line(format!("not tried: {why}"));
            if why.starts_with("no database") {
                context.output.help("say where: `[shadow]` in dbmig.toml, with a `url`");
            }
        }
    }

    fn json(&self, context: &Context<'_>, dry_run: bool) -> Value {
        let amended = self.amended.iter().map(|(path, _)| path);
        let files: Vec<_> = self.files().iter().map(|(path, _)| *path).chain(amended).collect();
        let files: Vec<_> = files.into_iter().map(|path| context.show(path)).collect();
        let text = |one: &Planned, name: &str| {
            let found = one.files.iter().find(|file| file.path.ends_with(name));
            let found = found.map(|file| file.text.clone());
            found.or_else(|| {
                let file = self.amended.iter().find(|(path, _)| path.ends_with(name));
                file.map(|(_, text)| text.clone())
            })
        };
        let migrations: Vec<_> = self
            .planned
            .iter()
            .map(|one| {
                json!({
                    "name": one.dir_name, "up": text(one, "up.sql"), "down": text(one, "down.sql"),
                    "metadata": text(one, "metadata.toml"),
                })
            })
            .collect();
        let tried = self.tried.as_ref().map(|tried| {
            json!({ "server": tried.server, "lost": tried.lost, "fails_with_rows": tried.hazards, "no_rows": tried.no_rows, "fails_with_repeatables": tried.repeated })
        });
        json!({
            "dbmig": 1, "command": "generate", "form": self.form, "understood": self.understood,
            "files": files, "migrations": migrations, "tried": tried, "not_tried": self.not_tried,
            "todo": self.todo, "notes": self.notes, "losses": self.losses, "dry_run": dry_run,
        })
    }
}
