//! The nearest `Cargo.toml` and the folder that nothing is searched above, as cargo would decide it.

use std::path::{Path, PathBuf};

use toml_edit::Table;

use super::{CARGO_TOML, folder_of, read_if_exists, show};
use crate::config::Source;
use crate::error::CliResult;

/// What cargo's files say about a folder.
#[derive(Debug, Default)]
pub(super) struct CargoRoot {
    /// The nearest manifest.
    pub(super) manifest: Option<PathBuf>,
    /// The workspace root, or the package if it is in no workspace; `None` without any manifest.
    pub(super) boundary: Option<PathBuf>,
}

/// Walks up from `start`. Workspaces do not nest, so the first `[workspace]` table decides.
///
/// `package.workspace = "…"`, the pointer of a member that is not below its root, is not followed: a
/// project reaches the files above its package then only with `--manifest-path` or `--config`.
pub(super) fn find(start: &Path, cwd: &Path) -> CliResult<CargoRoot> {
    let mut manifest: Option<PathBuf> = None;
    for folder in start.ancestors() {
        let path = folder.join(CARGO_TOML);
        let Some(text) = read_if_exists(&path, cwd)? else { continue };
        let shown = show(&path, cwd);
        let document = Source::new(&shown, &text).parse_toml()?;
        let package = manifest.get_or_insert(path);
        if let Some(workspace) = document.get("workspace") {
            let excluded = workspace
                .as_table()
                .is_some_and(|table| is_excluded(folder_of(package), folder, table));
            let boundary = if excluded { folder_of(package) } else { folder }.to_owned();
            return Ok(CargoRoot { manifest, boundary: Some(boundary) });
        }
    }
    let boundary = manifest.as_deref().map(|path| folder_of(path).to_owned());
    Ok(CargoRoot { manifest, boundary })
}

/// Cargo's rule: below an `exclude` entry, unless below a `members` entry that is written out as well.
fn is_excluded(package: &Path, root: &Path, workspace: &Table) -> bool {
    let below = |key: &str| {
        let entries = workspace.get(key).and_then(|item| item.as_array());
        entries.is_some_and(|entries| {
            entries
                .iter()
                .filter_map(toml_edit::Value::as_str)
                .any(|entry| package.starts_with(root.join(entry)))
        })
    };
    below("exclude") && !below("members")
}
