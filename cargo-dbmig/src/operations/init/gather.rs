//! Reads everything that `init` has to know, and writes nothing.

use std::path::{Path, PathBuf};

use dbmig_build::{Demand, Dialect, SEED_SETS};

use super::dialect::{self, Clues};
use super::{Checkout, Found, Inputs, Place, Stop, backends, git, place, set};
use crate::config::Env;
use crate::error::{CliError, CliResult};
use crate::project::{CARGO_TOML, DBMIG_TOML};
use crate::scaffold::build_script::{self, BuildSetting};
use crate::scaffold::manifest_edit::BUILD_CRATE;
use crate::scaffold::{DependencySource, FileChange, gitignore, relative_path};

/// Everything that is there.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The current folder, for paths in messages.
    pub cwd: PathBuf,
    /// Where everything goes.
    pub place: Place,
    /// The package; `None` for the root of a virtual workspace.
    pub package: Option<Package>,
    /// The dialect.
    pub dialect: Dialect,
    /// Who says so.
    pub dialect_from: String,
    /// Diesel is a dependency.
    pub has_diesel: bool,
    /// The migrations.
    pub found: Found,
    /// The seed sets whose folder is missing.
    pub missing_seeds: Vec<&'static str>,
    /// `schema.rs` as `diesel.toml` names it, if it is there.
    pub schema: Option<PathBuf>,
    /// `DATABASE_URL` is set, as a variable or in `.env`.
    pub has_database_url: bool,
    /// The database that is named now is of another dialect: which, and who names it.
    pub url_of_other: Option<(Dialect, String)>,
    /// The default branch of `origin`.
    pub base: Option<String>,
    /// The folder of the SQLite file. Packages that share a set share its file as well.
    pub owner: PathBuf,
    /// `.gitattributes`.
    pub git_attributes: TextFile,
    /// `.gitignore`; `None` outside a work tree of git.
    pub git_ignore: Option<TextFile>,
    /// Where the crates come from.
    pub source: DependencySource,
    /// What was said about that, as typed.
    pub checkout: Option<Checkout>,
    /// What to put behind `cargo dbmig <command>` so that it works from the current folder.
    pub selector: String,
}

/// The package that embeds the migrations.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// `Cargo.toml`.
    pub manifest: TextFile,
    /// What that says about the build script.
    pub build: BuildSetting,
    /// The build script.
    pub script: TextFile,
}

/// A file that may be changed: its text, if there is one.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it says now.
    pub text: Option<String>,
}

impl TextFile {
    fn read(path: PathBuf, cwd: &Path) -> CliResult<Self> {
        if path.is_dir() {
            let shown = relative_path(cwd, &path);
            return Err(CliError::usage(format!("`{shown}` is a directory, not a file"))
                .help("rename the directory"));
        }
        Ok(Self { text: FileChange::current(&path)?, path })
    }
}

/// Reads and judges everything.
///
/// # Errors
///
/// See [`Stop`].
pub fn gather(inputs: &Inputs<'_>) -> Result<Facts, Stop> {
    let cwd = inputs.cwd;
    let place = place::find(inputs)?;
    let shown = relative_path(cwd, &place.migrations);
    let mut raw = set::read(&place.migrations, &shown)?;
    dbmig_build::load_reference(&mut raw, &place.seeds, &relative_path(cwd, &place.seeds));
    let lock = set::lock_of(&raw).map_err(Stop::Findings)?;

    let manifest = TextFile::read(place.package.join(CARGO_TOML), cwd)?;
    let package = package_of(&manifest, &place.package, cwd)?;
    let clues = Clues {
        flag: inputs.request.dialect,
        config: config_dialect(inputs, &place)?,
        lock: lock.as_ref().and_then(|lock| lock.dialects.first().copied()),
        directory: place
            .migrations
            .file_name()
            .and_then(|name| name.to_str()?.parse::<Dialect>().ok()),
        backends: backends_of(&manifest, &place, cwd)?,
        url: url_of(inputs),
        has_migrations: !raw.migrations.is_empty(),
    };
    let (dialect, dialect_from) = dialect::choose(&clues)?;

    let has_config = place.project.config_path.is_some();
    let config = has_config.then_some(&place.project.config);
    if config.is_some_and(|config| config.policy.schema_rs != Demand::Off) {
        // Where there are several databases, each gets its lock from `lock`.
        let schema = place.project.schema_file(None).ok().flatten();
        let names = schema.iter().map(|(path, _)| relative_path(&place.migrations, path));
        dbmig_build::load_schemas(&mut raw, &place.migrations, names);
    }
    let mut found = set::judge(&raw, lock, dialect, config).map_err(Stop::Findings)?;
    if found.count == 0 {
        found.plain_sql = set::plain_sql(&place.migrations);
    }

    let top = &place.project.workspace_root;
    let shared = git::common(&place.home, &[&place.migrations, &place.seeds], top);
    let git_attributes = TextFile::read(git::nearest(".gitattributes", &shared, top), cwd)?;
    let owner = owner_of(&place);
    let git_ignore = match gitignore::in_work_tree(&owner) {
        true => Some(TextFile::read(git::nearest(".gitignore", &owner, top), cwd)?),
        false => None,
    };
    Ok(Facts {
        cwd: cwd.to_owned(),
        missing_seeds: missing_seeds(&place.seeds, cwd)?,
        schema: schema_of(&place)?,
        has_database_url: is_set(inputs.env, "DATABASE_URL"),
        has_diesel: clues.backends.has_diesel,
        url_of_other: clues.url.filter(|(of_url, _)| *of_url != dialect),
        base: if has_config { None } else { git::base_branch(&place.home) },
        source: source_of(inputs, &place.package)?,
        checkout: inputs.request.source.clone(),
        selector: selector_of(inputs, &place),
        place,
        package,
        dialect,
        dialect_from,
        found,
        owner,
        git_attributes,
        git_ignore,
    })
}

/// The folder that a set belongs to: of the `dbmig.toml` that was there first, or the one it lies in.
fn owner_of(place: &Place) -> PathBuf {
    if place.migrations.starts_with(&place.home) {
        return place.home.clone();
    }
    place
        .migrations
        .ancestors()
        .take_while(|folder| folder.starts_with(&place.project.workspace_root))
        .find(|folder| folder.join(DBMIG_TOML).is_file())
        .or(place.seeds.parent())
        .unwrap_or(&place.home)
        .to_owned()
}

fn package_of(manifest: &TextFile, folder: &Path, cwd: &Path) -> CliResult<Option<Package>> {
    let shown = relative_path(cwd, &manifest.path);
    let text = manifest.text.as_deref().unwrap_or_default();
    let document = crate::config::Source::new(&shown, text).parse_toml()?;
    let Some(package) = document.get("package") else { return Ok(None) };
    let name = package.get("name").and_then(|name| name.as_str()).unwrap_or("the package");
    let build = build_script::setting(text, &shown)?;
    let script = match &build {
        BuildSetting::File(path) => folder.join(path),
        BuildSetting::Disabled => folder.join("build.rs"),
    };
    Ok(Some(Package {
        name: name.to_owned(),
        manifest: manifest.clone(),
        build,
        script: TextFile::read(script, cwd)?,
    }))
}

fn config_dialect(inputs: &Inputs<'_>, place: &Place) -> CliResult<Option<Dialect>> {
    if place.project.config_path.is_none() {
        return Ok(None);
    }
    let (_, database) = place.project.config.database(inputs.request.database.as_deref())?;
    Ok(database.dialect)
}

fn backends_of(manifest: &TextFile, place: &Place, cwd: &Path) -> CliResult<backends::Backends> {
    let root = TextFile::read(place.project.workspace_root.join(CARGO_TOML), cwd)?;
    let text = |file: &TextFile| file.text.clone().unwrap_or_default();
    let shown = |file: &TextFile| relative_path(cwd, &file.path);
    backends::read((&shown(manifest), &text(manifest)), (&shown(&root), &text(&root)))
}

fn is_set(env: &Env, name: &str) -> bool {
    env.get(name).is_some_and(|value| !value.trim().is_empty())
}

/// The URL that the commands would take, and what it is called.
fn url_of(inputs: &Inputs<'_>) -> Option<(Dialect, String)> {
    if let Some(url) = &inputs.request.database_url {
        return Some((dialect::of_url(url.reveal())?, "`--database-url`".into()));
    }
    let name =
        ["DBMIG_DATABASE_URL", "DATABASE_URL"].into_iter().find(|n| is_set(inputs.env, n))?;
    Some((dialect::of_url(inputs.env.get(name)?)?, format!("`{name}`")))
}

fn missing_seeds(seeds: &Path, cwd: &Path) -> CliResult<Vec<&'static str>> {
    let folders = SEED_SETS.iter().map(|set| seeds.join(set));
    for path in std::iter::once(seeds.to_owned()).chain(folders) {
        if path.exists() && !path.is_dir() {
            let shown = relative_path(cwd, &path);
            return Err(CliError::usage(format!("`{shown}` is a file, not a directory"))
                .help("rename it, or name another place: `--seeds-dir <DIR>`"));
        }
    }
    Ok(SEED_SETS.into_iter().filter(|set| !seeds.join(set).exists()).collect())
}

fn schema_of(place: &Place) -> CliResult<Option<PathBuf>> {
    if place.project.config_path.is_some() {
        return Ok(None);
    }
    let schema = place.project.schema_file(None)?;
    Ok(schema.map(|(path, _)| path).filter(|path| path.is_file()))
}

/// Where the crates come from: the registry, in the version of this command, unless told otherwise.
fn source_of(inputs: &Inputs<'_>, package: &Path) -> CliResult<DependencySource> {
    Ok(match &inputs.request.source {
        None => DependencySource::Registry(
            concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR")).into(),
        ),
        Some(Checkout::Git(url)) => DependencySource::Git(url.clone()),
        Some(Checkout::Path(given)) => {
            if !inputs.cwd.join(given).join(BUILD_CRATE).join(CARGO_TOML).is_file() {
                return Err(CliError::usage(format!(
                    "`{}` is no checkout of cargo-dbmig: there is no `{BUILD_CRATE}` in it",
                    given.display()
                ))
                .help("name the folder that was cloned: `--path <CHECKOUT>`"));
            }
            DependencySource::path(package, inputs.cwd, given)
        }
    })
}

/// From inside the project nothing is needed; from elsewhere the package, as it was named.
fn selector_of(inputs: &Inputs<'_>, place: &Place) -> String {
    if inputs.cwd.starts_with(&place.home) {
        return String::new();
    }
    match &inputs.request.package {
        Some(package) => format!(" -p {package}"),
        None => {
            let manifest = relative_path(inputs.cwd, &place.package.join(CARGO_TOML));
            format!(" --manifest-path {}", crate::shell::quoted(&manifest))
        }
    }
}
