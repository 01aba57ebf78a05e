//! `Version`: what identifies a migration, exactly as Diesel sees it.

use std::borrow::Cow;
use std::fmt;

/// The version of a migration: its directory name up to the first `_`, every `-` removed.
///
/// Versions are compared as text, byte by byte, as Diesel does (`10` sorts before `9`). A name without
/// `_` is a version as a whole, and a name that begins with `_` has the empty version.
/// Source: `version_from_string` of Diesel's migrations_internals.
///
/// ```
/// use dbmig_build::Version;
/// assert_eq!(Version::of_directory("2024-01-31-120000_add_email").as_str(), "20240131120000");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Cow<'static, str>);

impl Version {
    /// Longest version that every backend stores: Diesel's column is `VARCHAR(50)`.
    pub const MAX_BYTES: usize = 50;

    /// Takes a version as it stands in a database or a lock file.
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }

    /// Takes the version out of a directory name.
    pub fn of_directory(name: &str) -> Self {
        let prefix = name.split('_').next().unwrap_or(name);
        Self(Cow::Owned(prefix.replace('-', "")))
    }

    /// The text that is stored in `__diesel_schema_migrations`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The part of a directory name after the version: what a reader calls the migration.
pub(crate) fn label_of(dir_name: &str) -> &str {
    dir_name.split_once('_').map_or("", |(_, label)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_version_as_diesel_does() {
        for (name, version) in [
            ("2024-01-31-120000_x", "20240131120000"),
            ("20240131120000_x_y", "20240131120000"),
            ("2026-11-21-002741-0000_x", "202611210027410000"),
            ("2019-09-11-164500", "20190911164500"),
            ("foo", "foo"),
            ("_x", ""),
            ("2024-06-21_v0.7.1", "20240621"),
            ("2025-07-14-add_dispute", "20250714add"),
        ] {
            assert_eq!(Version::of_directory(name).as_str(), version, "{name}");
        }
    }

    #[test]
    fn compares_as_text() {
        let mut all: Vec<_> = ["9_b", "10_a", "abc_c"].map(Version::of_directory).into();
        all.sort();
        assert_eq!(all.iter().map(Version::as_str).collect::<Vec<_>>(), ["10", "9", "abc"]);
    }
}
