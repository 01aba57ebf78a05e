//! What a migration does to rows that no way back has to answer for, and that nobody wants.

use std::fmt;

use crate::error::Error;

/// Something that is seen with rows alone, and is no reason to refuse a way back.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// After `up.sql` a column holds what another one held, and that one holds something else as well: a
    /// copy by position, not by name.
    Moved {
        /// `table.column`.
        column: String,
        /// The column that held it.
        from: String,
    },
    /// The next number that a sequence gives is one that is there already.
    Behind {
        /// `up.sql` or `down.sql`.
        file: &'static str,
        /// `table.column`.
        column: String,
        /// The sequence, and the number that it gives next.
        sequence: String,
        /// That number.
        next: i64,
        /// The greatest that is there.
        greatest: i64,
    },
    /// After `up.sql` the rows of a table can not be read: a computed column that fails.
    Unreadable {
        /// The table.
        table: String,
        /// What the server says.
        why: String,
    },
    /// Dropping a table has deleted rows that refer to it, or what they refer to it by (SQLite).
    Cascaded {
        /// `up.sql` or `down.sql`.
        file: &'static str,
        /// The table that is dropped.
        parent: String,
        /// The tables that have lost something.
        children: Vec<String>,
    },
    /// `down.sql` fails as soon as there are rows that were written after `up.sql`.
    Later(Box<Error>),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moved { column, from } => {
                write!(f, "up.sql: {column} holds what {from} held: columns are copied by position")
            }
            Self::Behind { file, column, sequence, next, greatest } => write!(
                f,
                "{file}: {sequence} gives {next} next, and {column} goes up to {greatest} already"
            ),
            Self::Unreadable { table, why } => {
                write!(f, "up.sql: the rows of {table} can not be read afterwards: {why}")
            }
            Self::Cascaded { file, parent, children } => write!(
                f,
                "{file}: DROP TABLE {parent} takes along what refers to it: {}",
                children.join(", ")
            ),
            Self::Later(error) => {
                write!(f, "down.sql fails with rows that were written after up.sql: {error}")
            }
        }
    }
}
