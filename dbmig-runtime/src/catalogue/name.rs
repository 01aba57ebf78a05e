//! `Name`: what an object is called, and in which schema.

use std::fmt;

use dbmig_build::Dialect;

use crate::sql;

/// The name of an object, as the database keeps it: not quoted, not folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The schema; `None` in the default one: `public` on PostgreSQL, the database on MySQL, `main` on SQLite.
    pub schema: Option<String>,
    /// The name within it.
    pub name: String,
}

impl Name {
    /// A name in the default schema.
    pub fn new(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// A name in a schema.
    pub fn within(schema: Option<impl Into<String>>, name: impl Into<String>) -> Self {
        Self { schema: schema.map(Into::into), name: name.into() }
    }
}

/// In the default schema: a `.` is part of the name.
impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// `schema.name`, for people; not quoted.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// A name in the quotes of the dialect.
pub fn quoted(dialect: Dialect, name: &str) -> String {
    sql::quoted(dialect, name)
}

/// A text as a literal of the dialect, which means the same whatever the session says about quoting.
pub fn literal(dialect: Dialect, text: &str) -> String {
    sql::literal(dialect, text)
}
