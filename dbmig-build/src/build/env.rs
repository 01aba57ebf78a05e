//! `BuildEnv`: the only reader of the environment in this crate.

use std::path::{Component, Path, PathBuf};

use super::BuildError;

/// Where a build step reads and writes.
#[derive(Debug, Clone)]
pub struct BuildEnv {
    /// The folder of the package's `Cargo.toml`.
    pub manifest_dir: PathBuf,
    /// The folder that build scripts may write to.
    pub out_dir: PathBuf,
}

impl BuildEnv {
    /// Takes both from the variables that cargo sets.
    ///
    /// # Errors
    ///
    /// Outside a build script.
    pub fn from_cargo() -> Result<Self, BuildError> {
        let read = |name| std::env::var_os(name).ok_or(BuildError::NotInBuildScript(name));
        Ok(Self {
            manifest_dir: read("CARGO_MANIFEST_DIR")?.into(),
            out_dir: read("OUT_DIR")?.into(),
        })
    }

    /// How findings call a path: relative to the workspace root, which is where people run cargo and
    /// what terminals make clickable.
    pub(super) fn shown(&self, path: &Path) -> String {
        let root = self
            .manifest_dir
            .ancestors()
            .find(|dir| is_workspace_root(dir))
            .unwrap_or(&self.manifest_dir);
        let path = without_dots(path);
        let shown = path.strip_prefix(root).unwrap_or(&path);
        shown.display().to_string().replace('\\', "/")
    }
}

/// Cargo.lock stands at the root of a workspace, or in the package when it is its own.
fn is_workspace_root(dir: &Path) -> bool {
    dir.join("Cargo.lock").is_file() && dir.join("Cargo.toml").is_file()
}

/// Takes `..` out without asking the file system.
fn without_dots(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}
