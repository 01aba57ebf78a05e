//! What `Cargo.toml` says about the backends of Diesel. Pure.

use dbmig_build::Dialect;
use toml_edit::{Item, TableLike};

use crate::config::Source;
use crate::error::CliResult;

/// The crates whose features name backends.
const CRATES: [&str; 2] = ["diesel", "diesel-async"];

/// What the manifests say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Backends {
    /// Diesel is a dependency.
    pub(super) has_diesel: bool,
    /// The dialects of its features, sorted.
    pub(super) dialects: Vec<Dialect>,
}

/// Reads the manifest of a package or of a virtual root, and that of its workspace for the dependencies
/// that are taken from there.
///
/// # Errors
///
/// One of them is no TOML.
pub(super) fn read(manifest: (&str, &str), workspace: (&str, &str)) -> CliResult<Backends> {
    let document = Source::new(manifest.0, manifest.1).parse_toml()?;
    let root = Source::new(workspace.0, workspace.1).parse_toml()?;
    let shared = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Item::as_table_like);
    let mut found = Backends::default();
    let mut features = Vec::new();
    if document.contains_key("package") {
        for table in dependency_tables(document.as_item()) {
            for (key, item) in diesel_in(table) {
                found.has_diesel = true;
                features.extend(strings(item.get("features")));
                if item.get("workspace").and_then(Item::as_bool) == Some(true) {
                    let item = shared.and_then(|table| table.get(key));
                    features.extend(strings(item.and_then(|item| item.get("features"))));
                }
                features.extend(forwarded(document.get("features"), key));
            }
        }
    } else if let Some(shared) = shared {
        for (_, item) in diesel_in(shared) {
            found.has_diesel = true;
            features.extend(strings(item.get("features")));
        }
    }
    found.dialects = Dialect::ALL
        .into_iter()
        .filter(|dialect| features.iter().any(|feature| feature.contains(dialect.as_str())))
        .collect();
    Ok(found)
}

/// `[dependencies]`, and those of `[target.….dependencies]`.
fn dependency_tables(document: &Item) -> Vec<&dyn TableLike> {
    let targets = document.get("target").and_then(Item::as_table_like);
    let targets = targets.into_iter().flat_map(|table| table.iter()).map(|(_, item)| item);
    std::iter::once(document)
        .chain(targets)
        .filter_map(|item| item.get("dependencies").and_then(Item::as_table_like))
        .collect()
}

/// The entries of Diesel, under its own name or renamed.
fn diesel_in(table: &dyn TableLike) -> impl Iterator<Item = (&str, &Item)> {
    table.iter().filter(|(key, item)| {
        let name = item.get("package").and_then(Item::as_str).unwrap_or(key);
        CRATES.contains(&name.replace('_', "-").as_str())
    })
}

/// What the features of the package switch on in a dependency: `sqlite = ["diesel/sqlite"]`.
fn forwarded(features: Option<&Item>, key: &str) -> Vec<String> {
    let prefixes = [format!("{key}/"), format!("{key}?/")];
    let table = features.and_then(Item::as_table_like);
    let all = table.into_iter().flat_map(|table| table.iter());
    all.flat_map(|(_, item)| strings(Some(item)))
        .filter_map(|text| {
            prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).map(str::to_owned)
        })
        .collect()
}

fn strings(item: Option<&Item>) -> Vec<String> {
    let array = item.and_then(Item::as_array);
    let values = array.into_iter().flat_map(|array| array.iter());
    values.filter_map(|value| value.as_str()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_name_the_backends() {
        use Dialect::{Mysql, Postgres, Sqlite};
        let cases: &[(&str, bool, &[Dialect])] = &[
            ("[package]\n", false, &[]),
            ("[package]\n[dependencies]\ndiesel = '2'\n", true, &[]),
            (
                "[package]\n[dependencies]\ndiesel = { version = '2', features = ['r2d2', 'sqlite'] }\n",
                true,
                &[Sqlite],
            ),
            (
                "[package]\n[dependencies.diesel]\nfeatures = ['postgres_backend']\n",
                true,
                &[Postgres],
            ),
            (
                "[package]\n[dependencies]\nd = { package = 'diesel', features = ['mysql'] }\n",
                true,
                &[Mysql],
            ),
            (
                "[package]\n[target.'cfg(unix)'.dependencies]\ndiesel_async = { features = ['postgres', 'bb8'] }\n",
                true,
                &[Postgres],
            ),
            (
                "[package]\n[dependencies]\ndiesel = '2'\n[features]\nlite = ['diesel/sqlite']\npg = ['diesel?/postgres', 'x/mysql']\n",
                true,
                &[Sqlite, Postgres],
            ),
            ("[package]\n[dependencies]\ndiesel.workspace = true\n", true, &[Mysql]),
            ("[workspace]\n", true, &[Mysql]),
        ];
        let root = "[workspace.dependencies]\ndiesel = { version = '2', features = ['mysql'] }\n";
        for (manifest, has_diesel, dialects) in cases {
            let found = read(("Cargo.toml", manifest), ("Cargo.toml", root)).unwrap();
            let expected = Backends { has_diesel: *has_diesel, dialects: dialects.to_vec() };
            assert_eq!(found, expected, "{manifest}");
        }
    }
}
