//! `Column`: one column of a table, with its type.

use super::{Name, Options, Sequence};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub ty: ColumnType,
    /// Whether it takes NULL. On SQLite what was declared: a primary key says nothing here.
    pub nullable: bool,
    /// The default, as SQL of the dialect; `None` for no default, and for `DEFAULT NULL`.
    pub default: Option<String>,
    /// The expression that it is computed by.
    pub generated: Option<Generated>,
    /// `GENERATED … AS IDENTITY` of PostgreSQL.
    pub identity: Option<Identity>,
    /// `AUTO_INCREMENT` of MySQL, `AUTOINCREMENT` of SQLite.
    pub auto_increment: bool,
    /// The collation, where it is not the one that the type or the table has anyway.
    pub collation: Option<String>,
    /// The comment.
    pub comment: Option<String>,
    /// What one dialect knows beside this: `on_update`, `charset`, `invisible`, `storage`, `compression`,
    /// `on_conflict` (of NOT NULL).
    pub options: Options,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// As a definition writes it: `character varying(50)`, `integer[]`, `enum('a','b')`; on SQLite as it was
    /// declared, blanks apart.
    pub text: String,
    /// The server's own name of it without length, of the element where it is an array: `varchar`, `int4`;
    /// `tinyint`; on SQLite the declared text in lower case. The schema is set for types outside the default
    /// schema and the server's own.
    pub name: Name,
    /// Whether it is an array (PostgreSQL).
    pub array: bool,
    /// The longest text, in characters (bytes for binary strings), where the type says so.
    pub length: Option<u64>,
    /// What kind of type it is.
    pub kind: TypeKind,
}

/// What kind of type a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    /// One of the server's own, or of an extension.
    Base,
    /// An enum type of PostgreSQL, an enum column of MySQL.
    Enum,
    /// A domain.
    Domain,
    /// A composite type.
    Composite,
    /// A range or multirange type that somebody created.
    Range,
}

/// The expression of a computed column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// As the server writes it.
    pub expression: String,
    /// Whether the value is kept; computed when it is read otherwise.
    pub stored: bool,
}

/// An identity of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `ALWAYS`; `BY DEFAULT` otherwise.
    pub always: bool,
    /// Its numbers.
    pub sequence: Sequence,
}
