//! Selectors: a migration by unique prefix of its version, or by name.

use dbmig_build::Version;

use crate::error::{CliError, CliResult};

/// Whether a selector means a migration.
type Fits<'a> = &'a dyn Fn(&Version, &str) -> bool;

/// What can be selected: versions with their directory names.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    entries: Vec<(Version, String)>,
}

impl Catalog {
    /// Adds one, unless its version is there.
    pub fn add(&mut self, version: &Version, name: &str) {
        if self.entries.iter().all(|(known, _)| known != version) {
            self.entries.push((version.clone(), name.to_owned()));
        }
    }

    /// Finds the one that is meant: by version or directory name, by the name behind the version, by a
    /// unique prefix of the first two, or by a unique part of the name, in this order.
    ///
    /// # Errors
    ///
    /// None or several fit: exit 2 with the nearest ones.
    pub fn find(&self, text: &str) -> CliResult<Version> {
        let plain = text.replace('-', "");
        let label = |name: &str| {
            name.split_once('_').map(|(_, label)| label.to_owned()).unwrap_or_default()
        };
        let attempts: [Fits<'_>; 4] = [
            &|version, name| version.as_str() == text || version.as_str() == plain || name == text,
            &|_, name| label(name) == text,
            &|version, name| {
                !text.is_empty() && (version.as_str().starts_with(&plain) || name.starts_with(text))
            },
            &|_, name| !text.is_empty() && label(name).contains(text),
        ];
        for fits in attempts {
            let found: Vec<_> =
                self.entries.iter().filter(|(version, name)| fits(version, name)).collect();
            match found[..] {
                [] => {}
                [(version, _)] => return Ok(version.clone()),
                _ => return Err(ambiguous(text, &found)),
            }
        }
        Err(self.unknown(text))
    }

    fn unknown(&self, text: &str) -> CliError {
        let error = CliError::usage(format!("there is no migration `{text}`"));
        if self.entries.is_empty() {
            return error
                .note("there are no migrations yet")
                .help("write one: `cargo dbmig generate <name>`");
        }
        let likeness = |name: &str| {
            let label = name.split_once('_').map_or(name, |(_, label)| label);
            strsim::jaro_winkler(text, name).max(strsim::jaro_winkler(text, label))
        };
        let mut near: Vec<_> = self.entries.iter().collect();
        near.sort_by(|(_, a), (_, b)| likeness(b).total_cmp(&likeness(a)));
        let names: Vec<_> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
        error
            .note(format!("the nearest are {}", names.join(", ")))
            .help("list them: `cargo dbmig status`")
    }
}

fn ambiguous(text: &str, found: &[&(Version, String)]) -> CliError {
    let mut names: Vec<_> = found.iter().take(4).map(|(_, name)| format!("`{name}`")).collect();
    if found.len() > names.len() {
        names.push(format!("{} more", found.len() - names.len()));
    }
    CliError::usage(format!("`{text}` fits {} migrations", found.len()))
        .note(names.join(", "))
        .help("give more of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let mut catalog = Catalog::default();
        for name in [
            "2024-01-01-000000_create_users",
            "2024-01-02-000000_create_posts",
            "20240301_create_users_index",
            "8_x",
        ] {
            catalog.add(&Version::of_directory(name), name);
        }
        catalog
    }

    #[test]
    fn finds() {
        for (text, version) in [
            ("20240101000000", "20240101000000"),
            ("2024-01-01-000000", "20240101000000"),
            ("2024-01-02-000000_create_posts", "20240102000000"),
            ("create_users", "20240101000000"),
            ("2024-01-02", "20240102000000"),
            ("2024-03", "20240301"),
            ("posts", "20240102000000"),
            ("8", "8"),
        ] {
            assert_eq!(catalog().find(text).unwrap().as_str(), version, "{text}");
        }
    }

    #[test]
    fn refuses() {
        for (text, message) in [
            ("2024", "fits 3 migrations"),
            ("create", "fits 3 migrations"),
            ("nothing", "there is no migration"),
            ("", "there is no migration"),
        ] {
            let error = catalog().find(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error}");
            assert_eq!(error.exit, crate::exit::Exit::Usage);
        }
        let error = catalog().find("create_usres").unwrap_err();
        assert!(
            error.notes[0].contains("nearest are `2024-01-01-000000_create_users`"),
            "{:?}",
            error.notes
        );
    }
}
