//! Schemas, types, sequences, and what has only a definition.

use super::{Check, Name};

/// A schema beside the default one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// The comment.
    pub comment: Option<String>,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its name, and the schema that it was put into.
    pub name: Name,
    /// Its version.
    pub version: String,
}

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// Its name.
    pub name: Name,
    /// Its values, in their order.
    pub labels: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
}

/// A domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name.
    pub name: Name,
    /// What it is made of, as a definition writes it.
    pub base: String,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// The default, as SQL.
    pub default: Option<String>,
    /// The collation, where it is not the one of its base.
    pub collation: Option<String>,
    /// Its conditions.
    pub checks: Vec<Check>,
    /// The comment.
    pub comment: Option<String>,
}

/// A composite type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composite {
    /// Its name.
    pub name: Name,
    /// Its fields, in order: the name, and the type as a definition writes it.
    pub fields: Vec<(String, String)>,
    /// The comment.
    pub comment: Option<String>,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    /// Its name.
    pub name: Name,
    /// Its type: `bigint`.
    pub ty: String,
    /// Where it starts.
    pub start: i64,
    /// The step.
    pub increment: i64,
    /// The lowest number.
    pub min: i64,
    /// The highest number.
    pub max: i64,
    /// How many numbers a session takes at once.
    pub cache: i64,
    /// Whether it begins again at its end.
    pub cycle: bool,
    /// The column that it goes with: table and column.
    pub owned_by: Option<(Name, String)>,
    /// The comment.
    pub comment: Option<String>,
}

/// What has a name and a definition and no place of its own: a rule, a policy, an event, a range type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherObject {
    /// What it is: `rule`, `policy`, `event`, `range type`, `cast`, `collation`, `text search configuration`.
    pub kind: &'static str,
    /// Its name.
    pub name: Name,
    /// The table that it belongs to.
    pub table: Option<Name>,
    /// The statement that makes it, where the server or we can write one; else its properties as text.
    pub definition: String,
    /// The comment.
    pub comment: Option<String>,
}
