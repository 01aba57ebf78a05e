//! `Project`: where a project starts, and the files that configure it.
//!
//! Found by reading files only: no `cargo metadata`, so that a run with nothing to do stays cheap and a
//! deployment image needs neither cargo nor `Cargo.toml`.

mod cargo_root;
mod dirs;

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use crate::config::{Config, DieselToml, Env, dotenv};
use crate::error::{CliError, CliResult};
use crate::scaffold::relative_path;

pub use dirs::{MIGRATION_DIRECTORY, Origin};

/// The name of our configuration file.
pub const DBMIG_TOML: &str = "dbmig.toml";

/// The name of Diesel's.
pub const DIESEL_TOML: &str = "diesel.toml";

/// The name of cargo's.
pub const CARGO_TOML: &str = "Cargo.toml";

/// A project, found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// The folder that relative paths of `dbmig.toml` are resolved from.
    pub root: PathBuf,
    /// The folder the search began in: the current one, or that of `--manifest-path`.
    pub start: PathBuf,
    /// `dbmig.toml`, if there is one.
    pub config_path: Option<PathBuf>,
    /// What it says; the defaults without one.
    pub config: Config,
    /// What `diesel.toml` says, if there is one.
    pub diesel: Option<DieselToml>,
    /// Where that one is.
    pub diesel_path: Option<PathBuf>,
    /// The nearest `Cargo.toml` above `start`: the package in hand, or a virtual root.
    pub manifest: Option<PathBuf>,
    /// Nothing above this folder is ever looked at.
    pub workspace_root: PathBuf,
}

/// What the command line says about the place of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--manifest-path`: the search begins in its folder.
    pub manifest_path: Option<PathBuf>,
    /// `--config`: this `dbmig.toml`, wherever it is.
    pub config: Option<PathBuf>,
    /// `--config-file` or `DIESEL_CONFIG_FILE`: this `diesel.toml`.
    pub diesel_config: Option<PathBuf>,
}

/// Finds the project of a folder: the nearest one with `dbmig.toml`, else with `diesel.toml`, else with
/// `Cargo.toml`, else the folder itself; never above the workspace root. `cwd` is absolute.
///
/// So a package without `dbmig.toml` in a workspace whose root has one belongs to the root's project.
///
/// # Errors
/// A file that is named does not exist, or one that is found cannot be read or is invalid.
pub fn discover(cwd: &Path, overrides: &Overrides) -> CliResult<Project> {
    let start = match (&overrides.config, &overrides.manifest_path) {
        (_, Some(manifest)) => manifest_folder(cwd, manifest)?,
        (Some(config), None) => named_file(cwd, config)?.1,
        (None, None) => cwd.to_owned(),
    };
    let cargo = cargo_root::find(&start, cwd)?;
    let within =
        |folder: &&Path| cargo.boundary.as_deref().is_none_or(|top| folder.starts_with(top));
    let nearest = |name: &str, from: &Path| {
        // What exists but is no file is found as well, and reported when it is read.
        from.ancestors()
            .take_while(within)
            .map(|folder| folder.join(name))
            .find(|path| path.exists())
    };

    let config_path = match &overrides.config {
        Some(config) => Some(named_file(cwd, config)?.0),
        None => nearest(DBMIG_TOML, &start),
    };
    // From the root and not from `start`: one dbmig.toml means the same wherever it is used from.
    let diesel_from = config_path.as_deref().map_or(start.as_path(), folder_of);
    let diesel_path = match &overrides.diesel_config {
        // Like Diesel: one that is named and not there yet is one with the defaults.
        Some(diesel) => Some(tidy(&cwd.join(diesel))),
        None => nearest(DIESEL_TOML, diesel_from),
    };
    let root = match (&config_path, &diesel_path, &cargo.manifest) {
        (Some(path), _, _) => folder_of(path),
        // A diesel.toml that was named may be anywhere; only one that was found marks a root.
        (None, Some(path), _) if overrides.diesel_config.is_none() => folder_of(path),
        (None, _, Some(path)) => folder_of(path),
        (None, _, None) => &start,
    }
    .to_owned();

    let config = match &config_path {
        Some(path) => Config::parse(&read(path, cwd)?, &show(path, cwd))?,
        None => Config::defaults(),
    };
    let diesel = match &diesel_path {
        Some(path) => match read_if_exists(path, cwd)? {
            Some(text) => Some(DieselToml::parse(&text, &show(path, cwd))?),
            None => None,
        },
        None => None,
    };
    let workspace_root = cargo.boundary.clone().unwrap_or_else(|| root.clone());
    Ok(Project {
        root,
        start,
        config_path,
        config,
        diesel,
        diesel_path,
        manifest: cargo.manifest,
        workspace_root,
    })
}

impl Project {
    /// Adds the nearest `.env` from `cwd` up to the workspace root to the variables, and says which one.
    ///
    /// # Errors
    /// The file cannot be read, or has a line that cannot be understood.
    pub fn with_dotenv(&self, cwd: &Path, env: Env) -> CliResult<(Env, Option<PathBuf>)> {
        let Some(path) = dotenv::find(cwd, &self.workspace_root) else { return Ok((env, None)) };
        let lookup = |name: &str| env.get(name).map(str::to_owned);
        let pairs = dotenv::parse(&read(&path, cwd)?, &show(&path, cwd), &lookup)?;
        Ok((env.with_dotenv(pairs), Some(path)))
    }
}

/// A path as it is shown: relative to `cwd` if it is below or near it, as it is otherwise.
pub fn show(path: &Path, cwd: &Path) -> String {
    match path.strip_prefix(cwd) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => below.display().to_string(),
        Err(_) => {
            let near = relative_path(cwd, path);
            // More steps up than this tell a reader less than the whole path.
            if near.starts_with("../../../../") { path.display().to_string() } else { near }
        }
    }
}

/// Resolves `.` and `..` in a path, except behind a symbolic link, where `..` leads elsewhere.
pub(crate) fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(tidied.components().next_back(), Some(Component::Normal(_)))
                    && !tidied.is_symlink() =>
            {
                tidied.pop();
            }
            component => tidied.push(component),
        }
    }
    tidied
}

/// The text of a file that exists.
pub(crate) fn read(path: &Path, cwd: &Path) -> CliResult<String> {
    let shown = show(path, cwd);
    if path.is_dir() {
        return Err(CliError::usage(format!("`{shown}` is a directory, not a file"))
            .help("rename the directory"));
    }
    std::fs::read_to_string(path).map_err(|error| CliError::io("read", Path::new(&shown), &error))
}

/// The text of a file, `None` if there is none.
pub(crate) fn read_if_exists(path: &Path, cwd: &Path) -> CliResult<Option<String>> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read(path, cwd).map(Some),
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().expect("a file that was joined to a folder has one")
}

/// A file that the command line names, and its folder.
fn named_file(cwd: &Path, path: &Path) -> CliResult<(PathBuf, PathBuf)> {
    let path = tidy(&cwd.join(path));
    if !path.exists() {
        return Err(CliError::usage(format!("`{}` does not exist", show(&path, cwd))));
    }
    let folder = path.parent().unwrap_or(cwd).to_owned();
    Ok((path, folder))
}

fn manifest_folder(cwd: &Path, manifest: &Path) -> CliResult<PathBuf> {
    if manifest.file_name().is_none_or(|name| name != CARGO_TOML) {
        return Err(CliError::usage(format!(
            "`{}` is not the path of a Cargo.toml file",
            manifest.display()
        ))
        .help("`--manifest-path` takes a path that ends in `Cargo.toml`"));
    }
    Ok(named_file(cwd, manifest)?.1)
}

#[cfg(test)]
mod tests;
