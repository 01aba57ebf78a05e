//! The packages of a workspace, asked from cargo. Only `-p` and `--workspace` pay for it.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

use crate::config::{Env, unknown_name};
use crate::error::{CliError, CliResult};
use crate::project::{CARGO_TOML, DBMIG_TOML, Overrides, Project, discover, show};

/// One set of migrations of a workspace, with the project and the database it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceSet {
    /// The project.
    pub project: Project,
    /// The name of the database; `None` for the one of the top-level keys.
    pub database: Option<String>,
    /// The migrations directory. It need not exist.
    pub migrations: PathBuf,
}

/// Whether the project may have more packages than the one in hand: its root says `[workspace]`. Asks
/// the file, not cargo.
pub fn is_workspace(project: &Project) -> bool {
    let manifest = project.workspace_root.join(CARGO_TOML);
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    // What is no TOML is for cargo to complain about.
    toml_edit::Document::parse(text.as_str()).map_or(true, |toml| toml.contains_key("workspace"))
        && project.manifest.is_some()
}

/// The folder of a package of the workspace that `start` is in.
///
/// # Errors
/// There is no such package, or cargo cannot be asked.
pub fn package_dir(start: &Path, env: &Env, name: &str) -> CliResult<PathBuf> {
    let metadata = metadata(start, env)?;
    let mut packages = metadata.workspace_packages();
    packages.sort_by_key(|package| package.name.as_str());
    if let Some(package) = packages.iter().find(|package| package.name.as_str() == name) {
        return Ok(folder_of(package));
    }
    let known: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    Err(unknown_name("package", name, &known))
}

/// Every set of the workspace that `start` is in, each migrations directory once: the databases of the
/// root, a virtual one too, then those of the members, by path. Only folders with a `dbmig.toml` count.
///
/// Several packages may name one directory; the first of them speaks for it. The variable
/// `MIGRATION_DIRECTORY` is not asked: it would make all sets the same one.
///
/// # Errors
/// Cargo cannot be asked, or a `dbmig.toml` is invalid.
pub fn all_sets(start: &Path, env: &Env) -> CliResult<Vec<WorkspaceSet>> {
    let metadata = metadata(start, env)?;
    let mut folders: Vec<PathBuf> =
        metadata.workspace_packages().into_iter().map(folder_of).collect();
    folders.push(metadata.workspace_root.clone().into_std_path_buf());
    folders.sort();
    folders.dedup();
    let mut seen = BTreeSet::new();
    let mut sets = Vec::new();
    for folder in folders {
        let config = folder.join(DBMIG_TOML);
        if !config.exists() {
            continue;
        }
        let overrides = Overrides { config: Some(config), ..Overrides::default() };
        let project = discover(start, &overrides)?;
        for database in project.config.database_names() {
            let (migrations, _) = project.migrations_dir(start, None, &Env::default(), database)?;
            if seen.insert(identity(&migrations)) {
                let (project, database) = (project.clone(), database.map(str::to_owned));
                sets.push(WorkspaceSet { project, database, migrations });
            }
        }
    }
    Ok(sets)
}

/// The packages of the workspace that `start` is in whose folder has a `dbmig.toml`, sorted.
///
/// # Errors
/// Cargo cannot be asked.
pub fn packages_with_config(start: &Path, env: &Env) -> CliResult<Vec<String>> {
    let metadata = metadata(start, env)?;
    let mut names: Vec<String> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| folder_of(package).join(DBMIG_TOML).exists())
        .map(|package| package.name.to_string())
        .collect();
    names.sort();
    Ok(names)
}

/// Whether the folder in hand belongs to a virtual root alone: a `Cargo.toml` with `[workspace]` and
/// without `[package]`.
pub fn is_at_virtual_root(project: &Project) -> bool {
    let Some(manifest) = &project.manifest else { return false };
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    toml_edit::Document::parse(text.as_str())
        .is_ok_and(|toml| toml.contains_key("workspace") && !toml.contains_key("package"))
}

/// Every project of the workspace that has at least one set which no earlier one has: see [`all_sets`].
///
/// # Errors
/// As for [`all_sets`].
pub fn all_projects(start: &Path, env: &Env) -> CliResult<Vec<Project>> {
    let mut projects: Vec<Project> = Vec::new();
    for set in all_sets(start, env)? {
        if projects.last() != Some(&set.project) {
            projects.push(set.project);
        }
    }
    Ok(projects)
}

/// What makes two directories one: the real path, or as much of it as exists.
fn identity(path: &Path) -> PathBuf {
    let mut missing = Vec::new();
    for ancestor in path.ancestors() {
        if let Ok(real) = ancestor.canonicalize() {
            return missing.iter().rev().fold(real, |path, name| path.join(name));
        }
        missing.extend(ancestor.file_name());
    }
    path.to_owned()
}

fn folder_of(package: &cargo_metadata::Package) -> PathBuf {
    let folder = package.manifest_path.parent().expect("a manifest is in a folder");
    folder.to_owned().into_std_path_buf()
}

fn metadata(start: &Path, env: &Env) -> CliResult<Metadata> {
    // Cargo tells its subcommands which cargo it is.
    let cargo = env.get("CARGO").unwrap_or("cargo");
    let mut command = MetadataCommand::new();
    command.cargo_path(cargo).current_dir(start).no_deps();
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::Io(error) if error.kind() == ErrorKind::NotFound => {
            CliError::usage(format!("could not run `{cargo}`, which knows the packages of a workspace"))
                .cause(error.to_string())
                .help("install cargo, or go to the folder of the package and leave out `-p` and `--workspace`")
        }
        cargo_metadata::Error::CargoMetadata { stderr } => {
            let manifest = show(&start.join(CARGO_TOML), start);
            let error = CliError::usage("`cargo metadata` failed")
                .help(format!("is there a valid `{manifest}` here or above? `cargo metadata --no-deps` tells"));
            let lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.fold(error, |error, line| error.cause(line.trim_start_matches("error: ")))
        }
        error => CliError::usage("`cargo metadata` failed").cause(error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;

    fn write(root: &Path, files: &[(&str, &str)]) {
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    /// A virtual root whose members `a` and `b` share a set; `c` has two of its own, `d` has none.
    fn workspace() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("Cargo.toml", "[workspace]\nresolver = '3'\nmembers = ['?']\n")]);
        for name in ["a", "b", "c", "d"] {
            let manifest = format!("[package]\nname = 'pkg-{name}'\nedition = '2024'\n");
            let files = [("Cargo.toml", manifest.as_str()), ("src/lib.rs", "")];
            write(&folder.path().join(name), &files);
        }
        write(
            folder.path(),
            &[
                ("a/dbmig.toml", "migrations = '../shared'\n"),
                ("b/dbmig.toml", "migrations = '../shared/'\n"),
                (
                    "c/dbmig.toml",
                    "[databases.x]\nmigrations = 'x'\n[databases.y]\nmigrations = 'y'\n",
                ),
            ],
        );
        folder
    }

    fn process() -> Env {
        Env::from_process()
    }

    #[test]
    fn packages_are_found_by_name() {
        let workspace = workspace();
        let dir = package_dir(&workspace.path().join("a"), &process(), "pkg-c").unwrap();
        assert_eq!(identity(&dir), identity(&workspace.path().join("c")));
        let error = package_dir(workspace.path(), &process(), "pkgc").unwrap_err();
        assert_eq!(error.message, "unknown package `pkgc`");
        assert!(error.help[0].starts_with("did you mean `pkg-"), "{:?}", error.help);
    }

    #[test]
    fn each_set_is_visited_once() {
        let workspace = workspace();
        let sets = all_sets(&workspace.path().join("d"), &process()).unwrap();
        let found: Vec<_> = sets
            .iter()
            .map(|set| {
                (set.migrations.file_name().unwrap().to_str().unwrap(), set.database.as_deref())
            })
            .collect();
        assert_eq!(found, [("shared", None), ("x", Some("x")), ("y", Some("y"))]);
        assert_eq!(all_projects(workspace.path(), &process()).unwrap().len(), 2);
    }

    #[test]
    fn a_virtual_root_with_a_dbmig_toml_comes_first() {
        let workspace = workspace();
        write(workspace.path(), &[("dbmig.toml", "migrations = 'shared'\n")]);
        let projects = all_projects(workspace.path(), &process()).unwrap();
        assert_eq!(identity(&projects[0].root), identity(workspace.path()));
        assert_eq!(projects.len(), 2);
    }

    #[test]
    fn without_cargo_the_error_says_what_to_do() {
        let env = Env::from_pairs([("CARGO", "no-such-cargo-program")]);
        let error = package_dir(Path::new("."), &env, "x").unwrap_err();
        assert!(error.message.starts_with("could not run `no-such-cargo-program`"));
        let nowhere = tempfile::tempdir().unwrap();
        let error = package_dir(nowhere.path(), &process(), "x").unwrap_err();
        assert_eq!(error.message, "`cargo metadata` failed");
        assert!(error.causes[0].contains("could not find `Cargo.toml`"), "{:?}", error.causes);
    }
}
