//! A migration out of a difference, proved before it is written.

use std::path::Path;
use std::time::SystemTime;

use dbmig_build::{MigrationSet, RawFile, RawMigration, RawSet, Version};
use dbmig_runtime::catalogue::change::{self, CannotSay, Step, Wish};
use dbmig_runtime::catalogue::{Catalogue, Scope};
use dbmig_runtime::proof::{self, Shadow as _};

use super::generating::{self, NewFile, NewMigration};
use super::verifying;
use crate::context::Context;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::render;

/// A migration that turns one schema into another, and back.
pub struct Draft {
    /// Its files, not written yet.
    pub files: Vec<NewFile>,
    /// Its version.
    pub version: Version,
    /// The directory, without what is above.
    pub dir_name: String,
    /// The set with it.
    pub set: MigrationSet,
    /// What either way may lose: the file, and the statement.
    pub destroys: Vec<(&'static str, String)>,
}

/// Two schemas: what the migrations make, and what is wished for.
pub struct Between<'a> {
    /// The first one.
    pub from: &'a Catalogue,
    /// The second one.
    pub to: &'a Catalogue,
    /// Also with the columns in their order.
    pub order: bool,
}

/// Makes the texts of a migration, and the set that has it.
///
/// # Errors
///
/// Something that differs can not be said in SQL, or the name can not be used.
pub fn draft(
    context: &mut Context<'_>,
    label: &str,
    head: &str,
    between: &Between<'_>,
) -> CliResult<Draft> {
    let wish = Wish { order: between.order, ..Wish::default() };
    let up = change::changes(between.from, between.to, &wish).map_err(|all| unsayable(&all))?;
    let down = change::changes(between.to, between.from, &wish).map_err(|all| unsayable(&all))?;
    let dialect = between.to.dialect;
    let mut raw = context.raw_set()?;
    let all = || up.iter().chain(&down);
    let new = NewMigration {
        label: label.to_owned(),
        no_transaction: all().any(|step| step.alone),
        foreign_keys_off: all().any(|step| step.foreign_keys_off),
        up: Some(format!("-- {head}\n{}", change::file(&up, dialect))),
        down: Some(change::file(&down, dialect)),
        ..NewMigration::default()
    };
    let dir = context.migrations_dir()?;
    let files = generating::plan(&dir, &raw, &new, SystemTime::now())?;
    let dir_name = files[0].path.parent().and_then(Path::file_name);
    let dir_name = dir_name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let version = Version::of_directory(&dir_name);
    add(&mut raw, &dir_name, &files);
    let checked = context.judge(&raw)?;
    let Some(set) = checked.set else {
        render::findings(context.output, &checked.findings);
        return Err(CliError::new(Exit::Findings, "the migrations are not in order")
            .note("nothing was written"));
    };
    let lost = |file: &'static str, steps: &[Step]| {
        let steps = steps.iter().filter(|step| step.destroys);
        steps.map(|step| (file, step.sql.clone())).collect::<Vec<_>>()
    };
    let mut destroys = lost("up.sql", &up);
    destroys.extend(lost("down.sql", &down));
    Ok(Draft { files, version, dir_name, set, destroys })
}

/// The migration as if it had been loaded.
fn add(raw: &mut RawSet, dir_name: &str, files: &[NewFile]) {
    let text = |name: &str| {
        let file = files.iter().find(|file| file.path.ends_with(name));
        file.map_or(RawFile::Absent, |file| RawFile::Bytes(file.text.clone().into_bytes()))
    };
    raw.migrations.push(RawMigration {
        dir_name: dir_name.to_owned(),
        up: text("up.sql"),
        down: text("down.sql"),
        metadata: text("metadata.toml"),
        backfill: RawFile::Absent,
    });
    raw.migrations.sort_by(|a, b| a.dir_name.cmp(&b.dir_name));
}

fn unsayable(all: &[CannotSay]) -> CliError {
    let error = CliError::new(Exit::Drift, "no statements are known for all that differs");
    all.iter()
        .fold(error, |error, one| error.cause(one.to_string()))
        .note("nothing was written")
        .help("write them by hand: `cargo dbmig generate <name>`")
}

/// Applies the draft behind what is applied, on a scratch database, and takes it back: both must make what
/// they are to make.
///
/// # Errors
///
/// They do not, or there is no place to try.
pub fn prove(
    context: &mut Context<'_>,
    draft: &Draft,
    scope: &Scope,
    between: &Between<'_>,
    applied: &dyn Fn(&Version) -> bool,
) -> CliResult<()> {
    let dir = context.migrations_dir()?;
    let mut scratch = super::proving::scratch(context)?;
    let mut session = scratch
        .fresh()
        .map_err(|error| failure::of_database("make the scratch database", error))?;
    let files = || Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig drift" };
    let tried = |error: CliError| {
        error.note("it was tried on a scratch database").note("nothing was written")
    };
    let wanted = |version: &Version| applied(version) || *version == draft.version;
    proof::replay(&mut *session, &draft.set, &wanted)
        .map_err(|error| tried(failure::on_scratch(error, files())))?;
    compare(&mut *session, scope, between.to, "up.sql", draft)?;
    proof::revert_only(&mut *session, &draft.set, &draft.version)
        .map_err(|error| tried(failure::on_scratch(error, files())))?;
    compare(&mut *session, scope, between.from, "down.sql", draft)
}

fn compare(
    session: &mut dyn dbmig_runtime::Session,
    scope: &Scope,
    wished: &Catalogue,
    file: &'static str,
    draft: &Draft,
) -> CliResult<()> {
    let made = Catalogue::read(session, scope)
        .map_err(|error| failure::of_database("read the schema", error))?;
    let differences = verifying::differences(&made, wished);
    if differences.is_empty() {
        return Ok(());
    }
    let mut error = CliError::new(
        Exit::Drift,
        format!("the statements found for {file} do not make what they are to make"),
    );
    for difference in &differences {
        error = error.cause(format!("still: {difference}"));
    }
    let text = draft.files.iter().find(|new| new.path.ends_with(file));
    error =
        text.iter().fold(error, |error, new| error.note(format!("tried: {}", new.text.trim_end())));
    Err(error
        .note("it was tried on a scratch database; nothing was written")
        .help("write them by hand: `cargo dbmig generate <name>`"))
}

/// Takes the files of a draft away that was not recorded.
pub fn unwrite(draft: &Draft) {
    for file in &draft.files {
        // What is left is shown by the next command that reads the directory.
        let _ = std::fs::remove_file(&file.path);
    }
    if let Some(folder) = draft.files.first().and_then(|file| file.path.parent()) {
        let _ = std::fs::remove_dir(folder);
    }
}
