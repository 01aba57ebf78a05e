//! `Tables`: where the three tables are.

use dbmig_build::Dialect;

use crate::sql;

/// Diesel's table.
pub const DIESEL_TABLE: &str = "__diesel_schema_migrations";
/// Our evidence.
pub const HISTORY_TABLE: &str = "__dbmig_history";
/// Our state.
pub const STATE_TABLE: &str = "__dbmig_state";

/// The names of the three tables, with their schema: whatever a migration does to the search path or
/// the current database, they are found where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// Quoted, with the dot; empty where nobody has looked yet.
    prefix: String,
}

impl Tables {
    /// In a schema of PostgreSQL, a database of MySQL, or an attached one of SQLite.
    pub(crate) fn in_schema(dialect: Dialect, schema: &str) -> Self {
        Self { prefix: format!("{}.", sql::quoted(dialect, schema)) }
    }

    /// Diesel's.
    pub(crate) fn diesel(&self) -> String {
        format!("{}{DIESEL_TABLE}", self.prefix)
    }

    /// The attempts.
    pub(crate) fn history(&self) -> String {
        format!("{}{HISTORY_TABLE}", self.prefix)
    }

    /// Seeds, format, and what else is neither.
    pub(crate) fn state(&self) -> String {
        format!("{}{STATE_TABLE}", self.prefix)
    }

    /// Nobody has looked where they are.
    pub(crate) fn is_unknown(&self) -> bool {
        self.prefix.is_empty()
    }

    /// What distinguishes the history of one schema from that of another, in the name of a lock.
    pub(crate) fn place(&self) -> &str {
        &self.prefix
    }
}
