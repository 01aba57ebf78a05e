//! What is to be written, and what is to be said. Pure.

use std::path::Path;

use dbmig_build::lock::FILE_NAME;
use dbmig_build::{Dialect, Version};

use super::{Checkout, Facts, Package};
use crate::config::DEFAULT_SEEDS;
use crate::error::CliResult;
use crate::operations::locking;
use crate::scaffold::dbmig_toml::SQLITE_FILE;
use crate::scaffold::{
    Advice, BuildScript, DependencySource, FileChange, Template, add_dependencies, build_script,
    git_attributes, gitignore, manifest_edit, relative_path,
};
use crate::shell;

/// What `init` would do.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What was found and decided, a line each.
    pub facts: Vec<String>,
    /// The files, in the order in which they are written.
    pub changes: Vec<FileChange>,
    /// What is worth knowing.
    pub notes: Vec<String>,
    /// What is left to do by hand, or nothing works.
    pub advice: Vec<Advice>,
    /// What to do next.
    pub next: Vec<Advice>,
}

/// Plans.
///
/// # Errors
///
/// `Cargo.toml` has no place for a dependency.
pub fn plan(facts: &Facts) -> CliResult<Plan> {
    let mut plan = Plan::default();
    plan.changes.extend(config(facts));
    plan.changes.extend(lock(facts));
    for set in &facts.missing_seeds {
        // Git keeps no empty folders.
        let keep = facts.place.seeds.join(set).join(".gitkeep");
        plan.changes.extend(FileChange::new(keep, None, String::new()));
    }
    let mut embeds = false;
    if let Some(package) = &facts.package {
        embeds = dependencies(facts, package, &mut plan)?;
        script(facts, package, &mut plan);
    }
    plan.changes.extend(attributes(facts));
    plan.changes.extend(ignored(facts));
    plan.facts = described(facts);
    notes(facts, &mut plan);
    if !plan.changes.is_empty() {
        plan.next = next(facts, embeds);
    }
    Ok(plan)
}

/// A new `dbmig.toml`; one that is there is never edited.
fn config(facts: &Facts) -> Option<FileChange> {
    let place = &facts.place;
    if place.project.config_path.is_some() {
        return None;
    }
    let seen = |path: &Path| relative_path(&place.home, path);
    let schema = facts.schema.as_deref().map(seen);
    let sqlite_file = seen(&facts.owner.join(SQLITE_FILE));
    let text = Template {
        dialect: facts.dialect,
        migrations: &seen(&place.migrations),
        seeds: &seen(&place.seeds),
        schema: schema.as_deref(),
        sqlite_file: (!facts.has_database_url).then_some(&sqlite_file),
        start_after: facts.found.policy.start_after.as_ref().map(Version::as_str),
        base: facts.base.as_deref(),
        lints: &facts.found.policy.lints,
    };
    FileChange::new(place.config(), None, text.render())
}

/// The lock in which everything that is there is final; one that is there is kept.
fn lock(facts: &Facts) -> Option<FileChange> {
    if facts.found.lock.is_some() {
        return None;
    }
    let set = facts.found.set.as_ref()?;
    let mut lock = locking::lock_of(set, None, vec![facts.dialect], facts.found.policy.clone());
    lock.schemas.clone_from(&facts.found.schemas);
    FileChange::new(facts.place.migrations.join(FILE_NAME), None, lock.render())
}

/// The two crates; `true` if the runtime is new.
fn dependencies(facts: &Facts, package: &Package, plan: &mut Plan) -> CliResult<bool> {
    let shown = relative_path(&facts.cwd, &package.manifest.path);
    let text = package.manifest.text.clone().unwrap_or_default();
    let edited = add_dependencies(&text, &shown, &facts.source, &[facts.dialect])?;
    let Some(edited) = edited else {
        let wanted = match &facts.source {
            DependencySource::Path(text) | DependencySource::Git(text) => text.as_str(),
            DependencySource::Registry(_) => "",
        };
        if !text.contains(wanted) {
            plan.notes.push(format!(
                "`{shown}` takes the crates from elsewhere already, and is left as it is"
            ));
        }
        return Ok(false);
    };
    let runtime = manifest_edit::RUNTIME_CRATE;
    let embeds = edited.contains(runtime) && !text.contains(runtime);
    plan.changes.extend(FileChange::new(&package.manifest.path, Some(text), edited));
    Ok(embeds)
}

fn script(facts: &Facts, package: &Package, plan: &mut Plan) {
    let migrations = relative_path(&facts.place.package, &facts.place.migrations);
    let place = &facts.place;
    let beside = place.migrations.with_file_name(DEFAULT_SEEDS);
    let seeds = (place.seeds != beside).then(|| relative_path(&place.package, &place.seeds));
    let existing = package.script.text.as_deref();
    match build_script::plan(&package.build, existing, &migrations, seeds.as_deref()) {
        BuildScript::Done => {}
        BuildScript::Create(text) => {
            plan.changes.extend(FileChange::new(&package.script.path, None, text));
        }
        BuildScript::Advise(advice) => plan.advice.push(advice),
    }
}

fn attributes(facts: &Facts) -> Option<FileChange> {
    let file = &facts.git_attributes;
    let folder = file.path.parent()?;
    let migrations = relative_path(folder, &facts.place.migrations);
    let seeds = relative_path(folder, &facts.place.seeds);
    let text = git_attributes::add_attributes(file.text.as_deref(), &[&migrations], &[&seeds])?;
    FileChange::new(&file.path, file.text.clone(), text)
}

/// The SQLite file is ignored where this run gives the project its name.
fn ignored(facts: &Facts) -> Option<FileChange> {
    let file = facts.git_ignore.as_ref()?;
    let named_here = facts.place.project.config_path.is_none()
        && facts.dialect == Dialect::Sqlite
        && !facts.has_database_url;
    let text = gitignore::add_entries(file.text.as_deref(), &[gitignore::SQLITE_FILES])
        .filter(|_| named_here)?;
    FileChange::new(&file.path, file.text.clone(), text)
}

fn described(facts: &Facts) -> Vec<String> {
    let dir = relative_path(&facts.cwd, &facts.place.migrations);
    let mut lines = vec![format!("dialect: {} ({})", facts.dialect, facts.dialect_from)];
    let found = &facts.found;
    let count = found.count;
    lines.push(match &found.lock {
        Some(_) if count == 0 => format!("migrations: none yet in `{dir}`, which has a lock file"),
        Some(lock) if lock.len() == count => {
            format!("migrations: {count} in `{dir}`, locked already")
        }
        Some(lock) => {
            format!("migrations: {count} in `{dir}`, of which the lock file knows {}", lock.len())
        }
        None if count == 0 => format!("migrations: none yet in `{dir}`"),
        None if found.policy.start_after == found.newest => format!(
            "migrations: {count} in `{dir}`, locked as they are; rules such as `missing-down` hold \
             for new ones only"
        ),
        None => format!("migrations: {count} in `{dir}`, locked as they are"),
    });
    if let (Some(package), true) = (&facts.package, facts.place.home != facts.place.package) {
        let config = relative_path(&facts.cwd, &facts.place.config());
        lines.push(format!("project: `{}` joins that of `{config}`", package.name));
    }
    lines
}

fn notes(facts: &Facts, plan: &mut Plan) {
    if plan.changes.is_empty() && plan.advice.is_empty() {
        return;
    }
    let dialect = facts.dialect;
    if let Some((other, who)) = &facts.url_of_other {
        plan.notes
            .push(format!("{who} names a {other} database, and the migrations are {dialect}"));
    }
    if let Some(file) = &facts.found.plain_sql {
        let dir = relative_path(&facts.cwd, &facts.place.migrations);
        plan.notes.push(format!(
            "`{dir}/{file}` and files like it are not read: a migration is a folder with `up.sql`"
        ));
    }
    if let (None, Some(newest), 1..) = (&facts.found.lock, &facts.found.newest, facts.found.habits)
    {
        let config = relative_path(&facts.cwd, &facts.place.config());
        plan.advice.push(Advice {
            text: format!(
                "{} in the migrations that are there will fail the build: mend them, or add this \
                 to {config} and run `cargo dbmig lock{}`",
                plural(facts.found.habits, "finding"),
                facts.selector
            ),
            lines: format!("[policy]\nstart_after = \"{newest}\"\n"),
        });
    }
}

fn next(facts: &Facts, embeds: bool) -> Vec<Advice> {
    let step = |text: String| Advice { text, lines: String::new() };
    let selector = &facts.selector;
    let mut next = Vec::new();
    if embeds {
        let more = match (facts.has_diesel, facts.found.count) {
            (false, _) => {
                format!(", on a connection of Diesel: `cargo add diesel -F {}`", facts.dialect)
            }
            (true, 0) => String::new(),
            (true, _) => "; `embed_migrations!` may also stay as it is".to_owned(),
        };
        next.push(Advice {
            text: format!("let the application apply its migrations when it starts{more}"),
            lines: "// outside of all functions, such as at the top of `main.rs`\n\
                    dbmig_runtime::include_migrations!();\n\n\
                    // in the function that has the connection\n\
                    dbmig_runtime::Migrator::new(&MIGRATIONS).run(&mut conn)?;\n"
                .into(),
        });
    }
    if facts.package.is_none() {
        let source = match &facts.checkout {
            Some(Checkout::Path(path)) => {
                format!(" --path {}", shell::quoted(&path.to_string_lossy()))
            }
            Some(Checkout::Git(url)) => format!(" --git {}", shell::quoted(url)),
            None => String::new(),
        };
        next.push(step(format!(
            "set up the package that embeds the migrations, as a virtual workspace builds nothing: \
             `cargo dbmig init -p <PKG>{source}`"
        )));
    }
    if facts.found.count == 0 {
        next.push(step(format!(
            "write the first migration: `cargo dbmig generate create_users{selector}`"
        )));
    } else {
        next.push(step(format!("compare with the database: `cargo dbmig status{selector}`")));
    }
    if facts.found.count > 0 && facts.package.is_some() {
        next.push(step("let the build check them: `cargo build`".into()));
    }
    next
}

fn plural(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        more => format!("{more} {word}s"),
    }
}
