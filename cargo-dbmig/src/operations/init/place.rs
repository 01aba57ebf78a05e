//! Where everything goes: the package, the folder of `dbmig.toml`, the migrations, the seeds.

use std::path::{Path, PathBuf};

use super::Inputs;
use crate::config::{Config, DEFAULT_MIGRATIONS, DieselToml, Env};
use crate::error::{CliError, CliResult};
use crate::project::{DBMIG_TOML, DIESEL_TOML, Project, read, show, tidy};
use crate::scaffold::relative_path;

/// Where everything goes.
#[derive(Debug, Clone)]
pub struct Place {
    /// The project that is set up. Its `config_path` is `None` if `dbmig.toml` is still to be written.
    pub project: Project,
    /// The folder of `dbmig.toml`.
    pub home: PathBuf,
    /// The folder of `Cargo.toml`.
    pub package: PathBuf,
    /// The migrations directory. It need not exist.
    pub migrations: PathBuf,
    /// The seeds directory. It need not exist.
    pub seeds: PathBuf,
}

/// Decides.
///
/// # Errors
///
/// There is no package, or `dbmig.toml` says something else than the command line.
pub(super) fn find(inputs: &Inputs<'_>) -> CliResult<Place> {
    let Some(manifest) = &inputs.project.manifest else { return Err(no_package()) };
    let package = manifest.parent().unwrap_or(inputs.cwd).to_owned();
    let flag = inputs.request.migrations.as_deref().map(|given| named(inputs, &package, given));
    let project = project_of(inputs, &package, flag.as_deref())?;
    let database = inputs.request.database.as_deref();
    let (home, migrations) = match &project.config_path {
        Some(config) => {
            let migrations = configured(&project, inputs.cwd, database, flag.as_deref(), config)?;
            (project.root.clone(), migrations)
        }
        None => match flag {
            Some(dir) => (package.clone(), dir),
            None => {
                let (dir, _) = project.migrations_dir(inputs.cwd, None, &Env::default(), None)?;
                (package.clone(), dir)
            }
        },
    };
    let seeds = seeds_of(inputs, &project, &migrations)?;
    Ok(Place { project, home, package, migrations, seeds })
}

fn no_package() -> CliError {
    CliError::usage("there is no `Cargo.toml` here or above, and `init` sets up a package")
        .note("every other command works without one")
        .help("create a package first: `cargo init`")
        .help("or go to the folder of yours, or name it: `--manifest-path <PATH>`")
}

/// The directory that `--migrations` means: below the current folder, as for every command.
///
/// With `-p` people also write it as it will stand in `dbmig.toml`, as seen from the package. That is
/// taken where the first reading leads out of the workspace, to a place where nothing is.
fn named(inputs: &Inputs<'_>, package: &Path, given: &Path) -> PathBuf {
    let top = &inputs.project.workspace_root;
    let here = tidy(&inputs.cwd.join(given));
    let beside_package = tidy(&package.join(given));
    if !here.exists() && !here.starts_with(top) && beside_package.starts_with(top) {
        beside_package
    } else {
        here
    }
}

/// The project to set up.
///
/// A package below somebody's `dbmig.toml` joins that project, as it does for every other command. It
/// gets a project of its own if it has migrations of its own, or is told to.
fn project_of(inputs: &Inputs<'_>, package: &Path, flag: Option<&Path>) -> CliResult<Project> {
    let project = inputs.project;
    let outer = project.config_path.is_some()
        && package != project.root
        && package.starts_with(&project.root);
    if !outer {
        return Ok(project.clone());
    }
    let mut known = Vec::new();
    for name in project.config.database_names() {
        known.push(project.migrations_dir(inputs.cwd, None, &Env::default(), name)?.0);
    }
    let own_dir = package.join(DEFAULT_MIGRATIONS);
    let apart = match flag {
        Some(dir) => !known.iter().any(|known| known == dir),
        None => {
            package.join(DIESEL_TOML).exists() || (own_dir.is_dir() && !known.contains(&own_dir))
        }
    };
    if !apart {
        return Ok(project.clone());
    }
    let diesel_path = package
        .ancestors()
        .take_while(|folder| folder.starts_with(&project.workspace_root))
        .map(|folder| folder.join(DIESEL_TOML))
        .find(|path| path.exists());
    let diesel = match &diesel_path {
        Some(path) => Some(DieselToml::parse(&read(path, inputs.cwd)?, &show(path, inputs.cwd))?),
        None => None,
    };
    Ok(Project {
        root: package.to_owned(),
        start: package.to_owned(),
        config_path: None,
        config: Config::defaults(),
        diesel,
        diesel_path,
        ..project.clone()
    })
}

/// The directory of an existing `dbmig.toml`, which is never edited: the command line must agree.
fn configured(
    project: &Project,
    cwd: &Path,
    database: Option<&str>,
    flag: Option<&Path>,
    config: &Path,
) -> CliResult<PathBuf> {
    let of = |name| project.migrations_dir(cwd, None, &Env::default(), name);
    let Some(flag) = flag else { return Ok(of(database)?.0) };
    let mut known = Vec::new();
    for name in project.config.database_names() {
        known.push(of(name)?.0);
    }
    if known.iter().any(|dir| dir == flag) {
        return Ok(flag.to_owned());
    }
    let shown: Vec<_> =
        known.iter().map(|dir| format!("`{}`", relative_path(&project.root, dir))).collect();
    let name = relative_path(cwd, config);
    Err(CliError::usage(format!("`{name}` names other migrations: {}", shown.join(", ")))
        .help(format!("leave out `--migrations`, or edit `migrations` in `{name}`")))
}

fn seeds_of(inputs: &Inputs<'_>, project: &Project, migrations: &Path) -> CliResult<PathBuf> {
    let flag = inputs.request.seeds.as_deref();
    let database = inputs.request.database.as_deref().filter(|_| project.config_path.is_some());
    // `migrations/sqlite` beside `migrations/postgres`: seeds in between would be taken for a third.
    let nested = migrations.parent().filter(|parent| {
        project.config_path.is_none()
            && parent.file_name().is_some_and(|name| name == DEFAULT_MIGRATIONS)
    });
    let (dir, _) = project.seeds_dir(inputs.cwd, flag, nested.unwrap_or(migrations), database)?;
    Ok(dir)
}

impl Place {
    /// `dbmig.toml`, there or to be written.
    pub fn config(&self) -> PathBuf {
        self.project.config_path.clone().unwrap_or_else(|| self.home.join(DBMIG_TOML))
    }
}
