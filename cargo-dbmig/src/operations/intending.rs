//! Migrations from intent: what there is already, the texts, and whether they do what they should.
//!
//! What there is is what the set makes of a scratch database: in memory for SQLite, on a server where one is
//! configured and can be reached. Without, what needs no knowledge of it is written all the same.

use std::path::Path;
use std::time::SystemTime;

use dbmig_build::lock::Verdict;
use dbmig_build::{Dialect, MigrationSet, RawFile, RawMigration, RawSet, Version};
use dbmig_runtime::ErrorKind;
use dbmig_runtime::catalogue::Catalogue;
use dbmig_runtime::proof::{self, ProofError, Shadow as _};

use super::generating::{self, NewFile, NewMigration};
use super::{proving, sources};
use crate::context::Context;
use crate::database::Scratch;
use crate::error::{CliError, CliResult};
use crate::exit::Exit;
use crate::failure::{self, Files};
use crate::generate::Part;
use crate::metadata;
use crate::select::Catalog;

/// What is known before anything is written.
pub struct Seen {
    /// What the database speaks.
    pub dialect: Dialect,
    /// What the set makes.
    pub catalogue: Option<Catalogue>,
    /// Why nothing can be tried.
    pub not_tried: Option<String>,
    scratch: Option<Scratch>,
}

impl Seen {
    /// A place to try, of which nothing is known yet.
    pub fn on(scratch: Scratch) -> Self {
        let dialect = scratch.dialect();
        Self { dialect, catalogue: None, not_tried: None, scratch: Some(scratch) }
    }

    /// The place.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn place(&mut self) -> CliResult<&mut Scratch> {
        let why = self.not_tried.clone().unwrap_or_default();
        self.scratch.as_mut().ok_or_else(|| CliError::usage(format!("not tried: {why}")))
    }
}

/// What came out of a try.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The server and its major version.
    pub server: String,
    /// What the way back loses.
    pub lost: Vec<String>,
    /// What happens when there are rows, where that is bad.
    pub hazards: Vec<String>,
    /// Tables that were tried without rows, with the reason.
    pub no_rows: Vec<(String, String)>,
    /// What happens where the repeatables were applied before, where that is bad.
    pub repeated: Option<String>,
}

/// A migration that is to be written.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its directory.
    pub dir_name: String,
    /// Its files.
    pub files: Vec<NewFile>,
}

/// What the database speaks; `None` where nothing says so. Nothing is opened.
///
/// # Errors
///
/// The database must be named, or is not known.
pub fn dialect(context: &Context<'_>) -> CliResult<Option<Dialect>> {
    if let Some(dialect) = context.configured_dialect()? {
        return Ok(Some(dialect));
    }
    Ok(context.location().ok().map(|location| location.dialect()))
}

/// Finds out what the set makes, on a scratch database.
///
/// # Errors
///
/// The set can not be loaded.
pub fn look(context: &Context<'_>, raw: &RawSet, dialect: Dialect) -> CliResult<Seen> {
    let unseen =
        |why: String| Seen { dialect, catalogue: None, not_tried: Some(why), scratch: None };
    let mut scratch = match proving::scratch(context) {
        Ok(scratch) if scratch.dialect() == dialect => scratch,
        Ok(scratch) => {
            return Ok(unseen(format!("the database at hand is one of {}", scratch.dialect())));
        }
        Err(error) => {
            let why = error.causes.first().map(|cause| format!(" ({cause})")).unwrap_or_default();
            return Ok(unseen(format!("no database for {dialect}: {}{why}", error.message)));
        }
    };
    let set = match set_of(context, raw)? {
        Some(set) => set,
        None => return Ok(unseen("the set is not in order: `cargo dbmig check`".to_owned())),
    };
    let dir = context.migrations_dir()?;
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig prove" };
    let mut session = match scratch.fresh() {
        Ok(session) => session,
        Err(error) => return Ok(unseen(format!("no scratch database: {error}"))),
    };
    if let Err(error) = proof::replay(&mut *session, &set, &|_| true) {
        let error = failure::on_scratch(error, files);
        let why = error.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
        return Ok(unseen(format!(
            "the set does not apply to an empty database: {}{why}",
            error.message
        )));
    }
    let scope = sources::everything(context)?;
    let catalogue = Catalogue::read(&mut *session, &scope)
        .map_err(|error| failure::of_database("read the schema", error))?;
    Ok(Seen { dialect, catalogue: Some(catalogue), not_tried: None, scratch: Some(scratch) })
}

/// Nothing is looked up, and nothing tried.
pub fn unseen(dialect: Dialect, why: &str) -> Seen {
    Seen { dialect, catalogue: None, not_tried: Some(why.to_owned()), scratch: None }
}

/// The set as it runs, without what is repeated: that is made again behind everything.
fn set_of(context: &Context<'_>, raw: &RawSet) -> CliResult<Option<MigrationSet>> {
    let mut raw = raw.clone();
    raw.repeatables.clear();
    Ok(context.judge(&raw)?.set)
}

/// Decides the directories and files; the parts become part of the set.
///
/// # Errors
///
/// The name or the version can not be used.
pub fn plan(
    dir: &Path,
    raw: &mut RawSet,
    new: &NewMigration,
    parts: &[Part],
    now: SystemTime,
) -> CliResult<Vec<Planned>> {
    let mut all = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let label = match part.suffix.as_str() {
            "" => new.label.clone(),
            suffix => format!("{}_{suffix}", new.label),
        };
        let one = NewMigration {
            label,
            version: new.version.as_ref().map(|version| match at {
                0 => version.clone(),
                // Right behind the first one, and before whatever is next.
                _ => format!("{version}-{at:04}"),
            }),
            no_transaction: new.no_transaction || part.no_transaction,
            foreign_keys_off: part.foreign_keys_off,
            up: Some(part.up.clone()),
            down: Some(part.down.clone()),
            ..new.clone()
        };
        let files = generating::plan(dir, raw, &one, now)?;
        let planned = planned(files);
        raw.migrations.push(raw_of(&planned));
        raw.migrations.sort_by(|a, b| a.dir_name.cmp(&b.dir_name));
        all.push(planned);
    }
    Ok(all)
}

/// The files of one migration with their directory.
pub fn planned(files: Vec<NewFile>) -> Planned {
    let folder = files.first().and_then(|file| file.path.parent()).and_then(Path::file_name);
    let dir_name = folder.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Planned { dir_name, files }
}

fn raw_of(planned: &Planned) -> RawMigration {
    let file = |name: &str| {
        let found = planned.files.iter().find(|file| file.path.ends_with(name));
        found.map_or(RawFile::Absent, |file| RawFile::Bytes(file.text.clone().into_bytes()))
    };
    RawMigration {
        dir_name: planned.dir_name.clone(),
        up: file("up.sql"),
        down: file("down.sql"),
        metadata: file("metadata.toml"),
        backfill: file("backfill.sql"),
    }
}

/// Applies the new migrations, reverts them, and compares, on the scratch database. `raw` holds them.
///
/// # Errors
///
/// One can not be applied, or not be reverted.
pub fn attempt(
    context: &Context<'_>,
    seen: &mut Seen,
    raw: &RawSet,
    new: &[Planned],
) -> CliResult<Option<Tried>> {
    let Some(scratch) = &mut seen.scratch else { return Ok(None) };
    let Some(set) = set_of(context, raw)? else {
        return Err(CliError::new(Exit::Findings, "the set would not be in order with it")
            .help("see why: `cargo dbmig check`"));
    };
    let versions: Vec<_> = new.iter().map(|one| Version::of_directory(&one.dir_name)).collect();
    let scope = sources::everything(context)?;
    let wanted = |version: &Version| versions.contains(version);
    let proved = proof::prove(&set, scratch, &scope, &wanted, &mut |_| {});
    let dir = context.migrations_dir()?;
    let files = Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig generate" };
    let mut proved = match proved {
        Ok(proved) => proved,
        Err(ProofError::Apply(refused)) => return Err(refused_as(*refused, files)),
        Err(ProofError::Interrupted) => {
            return Err(CliError::new(Exit::Interrupted, "interrupted: nothing was written"));
        }
        Err(ProofError::Shadow(doing, error)) => {
            return Err(failure::of_database(&format!("{doing} the scratch database"), error));
        }
        Err(other) => return Err(CliError::database(other.to_string())),
    };
    let mut tried = Tried {
        server: String::new(),
        lost: Vec::new(),
        hazards: Vec::new(),
        no_rows: Vec::new(),
        repeated: None,
    };
    for one in &mut proved {
        tried.server.clone_from(&one.server);
        // The way back of a column that is never NULL and has no default: as good as there can be one.
        let of_rows = |refused: &proof::Failure| {
            matches!(refused, proof::Failure::DownWithRows(_) | proof::Failure::AgainWithRows(_))
        };
        if let Some(refused) = one.failure.take_if(|refused| of_rows(refused)) {
            tried.hazards.push(in_a_line(&refused_as(refused, files)));
        }
        if let Some(refused) = one.failure.take() {
            return Err(refused_as(refused, files).note(format!("in {}", one.name)));
        }
        for (table, why) in one.no_rows.iter().filter(|(table, _)| table != "*") {
            if !tried.no_rows.iter().any(|(known, _)| known == table) {
                tried.no_rows.push((table.clone(), why.clone()));
            }
        }
        if let Verdict::SchemaOnly(lost) = &one.verdict {
            tried.lost.extend(lost.iter().cloned());
        }
        if let Some(hazard) = one.hazard.take().filter(|hazard| !is_asserted(hazard)) {
            tried.hazards.push(in_a_line(&refused_as(hazard, files)));
        }
    }
    tried.repeated = beside_repeatables(context, scratch, raw, &versions)?;
    Ok(Some(tried))
}

/// Whether rows stop it because the text says so itself.
fn is_asserted(hazard: &proof::Failure) -> bool {
    hazard.error().is_some_and(|error| matches!(error.kind, ErrorKind::Guard(_)))
}

/// How it fails on a database that has what is repeated, as every one does that is in use: a view may stand on
/// a column that goes. Nothing where it does not.
fn beside_repeatables(
    context: &Context<'_>,
    scratch: &mut Scratch,
    raw: &RawSet,
    new: &[Version],
) -> CliResult<Option<String>> {
    let Some(set) = context.judge(raw)?.set.filter(|_| !raw.repeatables.is_empty()) else {
        return Ok(None);
    };
    let dir = context.migrations_dir()?;
    let files = || Files { dir: &dir, cwd: &context.cwd, again: "cargo dbmig generate" };
    let mut session = scratch
        .fresh()
        .map_err(|error| failure::of_database("make the scratch database", error))?;
    let old = |version: &Version| !new.contains(version);
    if proof::replay(&mut *session, &set, &old).is_err() {
        // They need what is new.
        return Ok(None);
    }
    let done = proof::replay(&mut *session, &set, &|_| true);
    Ok(done.err().map(|error| in_a_line(&failure::on_scratch(error, files()))))
}

fn refused_as(refused: proof::Failure, files: Files<'_>) -> CliError {
    let short = refused.in_short();
    let differences: Vec<_> = refused.differences().iter().map(ToString::to_string).collect();
    let error = match refused {
        proof::Failure::Up(error)
        | proof::Failure::Down(error)
        | proof::Failure::DownWithRows(error)
        | proof::Failure::Again(error)
        | proof::Failure::AgainWithRows(error) => failure::on_scratch(*error, files),
        _ => CliError::new(Exit::Findings, short),
    };
    differences.into_iter().fold(error, CliError::note)
}

fn in_a_line(error: &CliError) -> String {
    let cause = error.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{}{cause}", error.message)
}

/// A migration that undoes another one, and does it again on its way back.
///
/// # Errors
///
/// There is no such migration, or it has no way back.
pub fn revert_of(raw: &RawSet, id: &str) -> CliResult<(String, Part)> {
    let mut catalog = Catalog::default();
    for migration in &raw.migrations {
        catalog.add(&Version::of_directory(&migration.dir_name), &migration.dir_name);
    }
    let version = catalog.find(id)?;
    let found = raw
        .migrations
        .iter()
        .find(|migration| Version::of_directory(&migration.dir_name) == version)
        .ok_or_else(|| CliError::usage(format!("there is no migration `{id}`")))?;
    let text =
        |file: &RawFile| file.bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let (Some(up), Some(down)) = (text(&found.up), text(&found.down)) else {
        return Err(CliError::usage(format!("`{}` has no way back to take", found.dir_name))
            .help("write it by hand: `cargo dbmig generate migration <name>`"));
    };
    let settings = metadata::read(&text(&found.metadata).unwrap_or_default()).settings;
    let label = found.dir_name.split_once('_').map_or(&*found.dir_name, |(_, label)| label);
    let part = Part {
        suffix: String::new(),
        up: down,
        down: up,
        no_transaction: !settings.run_in_transaction,
        foreign_keys_off: settings.foreign_keys_off,
    };
    Ok((format!("revert_{label}"), part))
}
