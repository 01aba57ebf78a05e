//! `Index`: an index that no constraint has for itself.

use super::{Label, Options};

/// An index that no constraint has for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// What it is called.
    pub label: Label,
    /// Whether no two rows may be equal in it.
    pub unique: bool,
    /// The method, where it is not the usual one: `gin`, `hash`, `FULLTEXT`, `SPATIAL`.
    pub method: Option<String>,
    /// What it is over, in order.
    pub parts: Vec<IndexPart>,
    /// Columns that it carries along.
    pub include: Vec<String>,
    /// The condition of a partial index, as the server writes it.
    pub predicate: Option<String>,
    /// Whether it is used: `false` after a `CREATE INDEX CONCURRENTLY` that failed.
    pub valid: bool,
    /// What one dialect knows beside this: `nulls_not_distinct`, `fillfactor`, `invisible`, `parser`.
    pub options: Options,
    /// The comment.
    pub comment: Option<String>,
}

/// One part of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPart {
    /// What is sorted.
    pub key: IndexKey,
    /// Whether it is sorted downwards.
    pub descending: bool,
    /// What one dialect knows beside this, where it is not the default: `nulls` (`first`, `last`), `opclass`,
    /// `collation`, `length`.
    pub options: Options,
}

/// What a part of an index is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An expression, as the server writes it, without outer parentheses.
    Expression(String),
}
