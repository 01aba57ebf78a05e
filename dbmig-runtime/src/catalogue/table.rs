//! `Table`: a table with all that belongs to it.

use super::{Check, Column, Exclusion, ForeignKey, Index, Key, Name, Options};

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<Key>,
    /// Unique constraints.
    pub uniques: Vec<Key>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Conditions on rows.
    pub checks: Vec<Check>,
    /// Exclusion constraints (PostgreSQL).
    pub exclusions: Vec<Exclusion>,
    /// Indexes that no constraint has for itself.
    pub indexes: Vec<Index>,
    /// The comment.
    pub comment: Option<String>,
    /// What one dialect knows beside this: `strict`, `without_rowid`, `unlogged`, `partition_by`,
    /// `partition_of`, `inherits`, `row_security`, `engine`, `charset`, `collation`, `row_format`,
    /// `virtual` (the module of SQLite, and what it is told).
    pub options: Options,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
