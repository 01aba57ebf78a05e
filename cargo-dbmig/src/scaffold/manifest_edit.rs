//! `Cargo.toml`: adds our two dependencies and touches nothing else.

use std::path::Path;

use dbmig_build::Dialect;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::relative::relative_path;
use crate::config::Source;
use crate::error::{CliError, CliResult};

/// The crate of the build script.
pub const BUILD_CRATE: &str = "dbmig-build";

/// The crate of the application.
pub const RUNTIME_CRATE: &str = "dbmig-runtime";

/// Where the two crates come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DependencySource {
    /// The registry, with this version requirement.
    Registry(String),
    /// A checkout: the folder that has both, as it is written into the manifest.
    Path(String),
    /// A git repository.
    Git(String),
}

impl DependencySource {
    /// A checkout at `given`, relative to `cwd`, as seen from the folder of the manifest.
    pub fn path(manifest_folder: &Path, cwd: &Path, given: &Path) -> Self {
        Self::Path(relative_path(manifest_folder, &cwd.join(given)))
    }
}

/// The manifest with `dbmig-build` in `[build-dependencies]` and `dbmig-runtime` in `[dependencies]`;
/// `None` if both are there, or if it is a virtual one, which has no dependencies. The runtime is left
/// out where it serves none of the dialects.
///
/// Comments, order, and format are kept. A new entry takes its place in a sorted table, and the last one
/// in any other. An entry that is there is changed in one case only: it names a version and nothing else
/// to take the crate from, and `source` is a checkout or a repository.
///
/// # Errors
/// The manifest is no TOML, or `dependencies` is no table.
pub fn add_dependencies(
    manifest: &str,
    display_path: &str,
    source: &DependencySource,
    dialects: &[Dialect],
) -> CliResult<Option<String>> {
    let place = Source::new(display_path, manifest);
    let mut document = place.parse_toml()?.into_mut();
    if !document.contains_key("package") {
        return Ok(None);
    }
    let runtime = ("dependencies", RUNTIME_CRATE, dependency(source, RUNTIME_CRATE, dialects));
    let build = ("build-dependencies", BUILD_CRATE, dependency(source, BUILD_CRATE, &[]));
    let runtime = (!dialects.is_empty()).then_some(runtime);
    let mut changed = false;
    for (table, name, value) in runtime.into_iter().chain([build]) {
        let not_a_table =
            || CliError::usage(format!("{display_path}: `{table}` is not a table of dependencies"));
        match document.get_mut(table) {
            Some(item) => {
                let entries = item.as_table_like_mut().ok_or_else(not_a_table)?;
                if !is_listed(entries, name) {
                    insert(entries, name, value);
                    tidy_inline(item);
                    show_header(item);
                    changed = true;
                } else if let Some(entry) = entries.get_mut(name) {
                    changed |= redirect(entry, source, name);
                }
            }
            None => {
                add_table(&mut document, table, name, value);
                changed = true;
            }
        }
    }
    Ok(changed.then(|| document.to_string()))
}

fn dependency(source: &DependencySource, name: &str, dialects: &[Dialect]) -> Value {
    let mut entry = InlineTable::new();
    match source {
        DependencySource::Registry(version) if dialects.is_empty() => return version.into(),
        DependencySource::Registry(version) => entry.insert("version", version.into()),
        DependencySource::Path(path) => {
            entry.insert("path", format!("{}/{name}", path.trim_end_matches('/')).into())
        }
        DependencySource::Git(url) => entry.insert("git", url.into()),
    };
    if !dialects.is_empty() {
        let mut features: Vec<Dialect> = dialects.to_vec();
        features.sort_unstable();
        features.dedup();
        let features: Array = features.into_iter().map(Dialect::as_str).collect();
        entry.insert("features", features.into());
    }
    entry.into()
}

/// Takes a crate from a checkout or a repository where the entry says no more than a version, as this
/// command writes it: there may be no such version yet. Features and all else are kept.
fn redirect(entry: &mut Item, source: &DependencySource, name: &str) -> bool {
    if matches!(source, DependencySource::Registry(_)) {
        return false;
    }
    let source = dependency(source, name, &[]);
    if entry.is_str() {
        let Some(value) = entry.as_value_mut() else { return false };
        let decor = value.decor().clone();
        *value = source;
        *value.decor_mut() = decor;
        return true;
    }
    let Some(table) = entry.as_table_like_mut() else { return false };
    let elsewhere = ["path", "git", "registry", "workspace", "package"];
    if !table.contains_key("version") || elsewhere.iter().any(|key| table.contains_key(key)) {
        return false;
    }
    table.remove("version");
    let place = source.as_inline_table().into_iter().flat_map(InlineTable::iter);
    for (key, value) in place {
        table.insert(key, toml_edit::value(value.clone()));
    }
    if let Some(table) = entry.as_inline_table_mut() {
        // Where it comes from stands in front, as in a new entry.
        let first = |key: &toml_edit::Key| !matches!(key.get(), "path" | "git");
        table.sort_values_by(|a, _, b, _| first(a).cmp(&first(b)));
        let single_line = !table.to_string().contains('\n');
        if single_line {
            table.fmt();
        }
    }
    true
}

/// Whether a crate is in the table, under its own name or renamed.
fn is_listed(entries: &dyn TableLike, name: &str) -> bool {
    entries.iter().any(|(key, item)| {
        key == name
            || item.get("package").and_then(Item::as_str).is_some_and(|package| package == name)
    })
}

fn insert(entries: &mut dyn TableLike, name: &str, value: Value) {
    let sorted = {
        // Sub-tables stand below the lines of the table, in an order of their own.
        let lines: Vec<&str> = entries.get_values().iter().map(|(path, _)| path[0].get()).collect();
        lines.is_sorted()
    };
    entries.insert(name, toml_edit::value(value));
    if sorted {
        entries.sort_values();
    }
}

/// An inline table on one line gets the blanks that such a line has.
fn tidy_inline(item: &mut Item) {
    let single_line = |table: &&mut InlineTable| !table.to_string().contains('\n');
    if let Some(table) = item.as_inline_table_mut().filter(single_line) {
        table.fmt();
    }
}

/// A table that had only `[dependencies.x]` below it gets its own header, in front of them.
fn show_header(item: &mut Item) {
    let first = positions(item).into_iter().min();
    let hidden = |table: &&mut Table| table.is_implicit() && !table.is_dotted();
    if let Some(table) = item.as_table_mut().filter(hidden) {
        table.set_implicit(false);
        table.set_position(first);
    }
}

/// Adds a table with one entry: `[build-dependencies]` behind the other dependencies, `[dependencies]`
/// in front of them, and either at the end of a file that has none.
fn add_table(document: &mut DocumentMut, name: &str, entry: &str, value: Value) {
    let place = |key: &str| document.get(key).map(positions).unwrap_or_default();
    let position = if name == "dependencies" {
        let others = [place("dev-dependencies"), place("build-dependencies")].concat();
        others.into_iter().min().and_then(|first| {
            let all = document.iter().flat_map(|(_, item)| positions(item));
            all.filter(|position| *position < first).max()
        })
    } else {
        [place("dependencies"), place("dev-dependencies")].concat().into_iter().max()
    };
    let last = document.iter().flat_map(|(_, item)| positions(item)).max();

    let mut table = Table::new();
    table.insert(entry, toml_edit::value(value));
    table.set_position(position.or(last));
    if position.is_none_or(|position| Some(position) == last) {
        // What stands at the end of the file belongs to the table that was the last one.
        let trailing = document.trailing().as_str().unwrap_or_default().trim_end().to_owned();
        document.set_trailing("");
        if !trailing.is_empty() {
            table.decor_mut().set_prefix(format!("{trailing}\n\n"));
        }
    }
    document.insert(name, Item::Table(table));
}

/// The positions of all headers of an item. A table that is written as a header has one.
fn positions(item: &Item) -> Vec<isize> {
    match item {
        Item::Table(table) => {
            let own = table.position().filter(|_| !table.is_implicit() && !table.is_dotted());
            own.into_iter().chain(table.iter().flat_map(|(_, item)| positions(item))).collect()
        }
        Item::ArrayOfTables(array) => array
            .iter()
            .flat_map(|table| {
                table
                    .position()
                    .into_iter()
                    .chain(table.iter().flat_map(|(_, item)| positions(item)))
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[path = "manifest_edit_tests.rs"]
mod tests;
