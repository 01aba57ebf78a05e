//! Diesel's table as a script: what a dump of the schema says of the migrations that are in it.

use dbmig_build::{Dialect, Version};
use diesel::migration::CREATE_MIGRATIONS_TABLE;

use super::DIESEL_TABLE;
use crate::sql::literal;

/// The statements that make Diesel's table with these versions, each with its semicolon and on lines of its
/// own, so that two dumps differ by the versions that differ.
pub fn versions_script<'a>(
    dialect: Dialect,
    versions: impl IntoIterator<Item = &'a Version>,
) -> String {
    let create = CREATE_MIGRATIONS_TABLE.trim().trim_end_matches(';');
    let mut text = format!("{create};\n");
    for version in versions {
        let version = literal(dialect, version.as_str());
        text.push_str(&format!("INSERT INTO {DIESEL_TABLE} (version) VALUES ({version});\n"));
    }
    text
}
