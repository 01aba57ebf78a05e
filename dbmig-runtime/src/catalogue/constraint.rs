//! Keys and conditions of a table.

use super::{Name, Options};

/// What a constraint is called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// Its name; `None` where it has none (SQLite).
    pub name: Option<String>,
    /// Whether the server chose the name, by the rules it has for that: then it is no part of a comparison.
    pub generated: bool,
}

impl Label {
    /// A name that somebody chose.
    pub fn chosen(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), generated: false }
    }

    /// The name where somebody chose it.
    pub fn as_chosen(&self) -> Option<&str> {
        self.name.as_deref().filter(|_| !self.generated)
    }
}

/// When a constraint is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deferrable {
    /// At once.
    #[default]
    No,
    /// At once, unless the transaction says otherwise.
    InitiallyImmediate,
    /// When the transaction ends.
    InitiallyDeferred,
}

/// A primary key or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What it is called.
    pub label: Label,
    /// Its columns, in the order of the key.
    pub columns: Vec<String>,
    /// When it is looked at.
    pub deferrable: Deferrable,
    /// What one dialect knows beside this: `include`, `nulls_not_distinct`, `on_conflict`, `prefix`,
    /// `descending` (columns), `collation` (columns, each with its own).
    pub options: Options,
    /// The comment.
    pub comment: Option<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// What it is called.
    pub label: Label,
    /// The columns here.
    pub columns: Vec<String>,
    /// The table that it points to.
    pub table: Name,
    /// The columns there, in the same order; on SQLite those of the primary key where none were named.
    pub referenced: Vec<String>,
    /// What happens when the row there changes its key.
    pub on_update: Action,
    /// What happens when the row there goes.
    pub on_delete: Action,
    /// When it is looked at.
    pub deferrable: Deferrable,
    /// Whether the old rows were looked at (PostgreSQL's `NOT VALID` otherwise).
    pub validated: bool,
    /// What one dialect knows beside this: `match`, `set_columns`.
    pub options: Options,
    /// The comment.
    pub comment: Option<String>,
}

/// What a foreign key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// `NO ACTION`.
    #[default]
    NoAction,
    /// `RESTRICT`.
    Restrict,
    /// `CASCADE`.
    Cascade,
    /// `SET NULL`.
    SetNull,
    /// `SET DEFAULT`.
    SetDefault,
}

impl Action {
    /// As SQL writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAction => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }

    /// Reads what SQL writes, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::NoAction, Self::Restrict, Self::Cascade, Self::SetNull, Self::SetDefault]
            .into_iter()
            .find(|action| action.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// A condition on every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is called.
    pub label: Label,
    /// The condition, as the server writes it, without `CHECK` and its outer parentheses.
    pub expression: String,
    /// Whether the old rows were looked at, and new ones are (`NOT VALID`, `NOT ENFORCED` otherwise).
    pub validated: bool,
    /// What one dialect knows beside this: `no_inherit`.
    pub options: Options,
    /// The comment.
    pub comment: Option<String>,
}

/// An exclusion constraint of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// What it is called.
    pub label: Label,
    /// As the server writes it: `EXCLUDE USING gist (…)`.
    pub definition: String,
    /// The comment.
    pub comment: Option<String>,
}
