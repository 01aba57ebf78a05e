//! The statements that turn what one catalogue describes into what another one does.
//!
//! Pure: nothing is connected to, and nothing is tried. Whether the statements do what they should is found
//! out on a scratch database, by reading it back ([`Catalogue::differences`] is then empty).
//!
//! The SQL of a dialect stands in the folder of that dialect.

mod pairs;
mod rename;

use dbmig_build::Dialect;

pub(super) use pairs::{Pairs, pairs};
pub use rename::{Rename, renamed};
pub(super) use rename::{names, replaced};

use super::{Catalogue, Name};

/// How the change is wished for, beside what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// What keeps its rows under another name. Without it something was dropped, and something was added.
    pub renames: Vec<Rename>,
    /// PostgreSQL: with the forms that keep readers and writers out for moments only; some of them can not
    /// run in a transaction ([`Step::alone`]).
    pub online: bool,
    /// Also brings the columns into the order of the second catalogue, where the dialect has a way to: on
    /// SQLite the table is built anew, on MySQL the column moves.
    pub order: bool,
    /// SQLite: what rows get that have nothing in a column, where their table is built anew.
    pub values: Vec<Value>,
}

/// What rows get that have nothing in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The table, as the second catalogue calls it.
    pub table: Name,
    /// The column.
    pub column: String,
    /// The value, as SQL over the columns that there were.
    pub sql: String,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The statement, without a semicolon.
    pub sql: String,
    /// What it changes: the table, for all that belongs to one.
    pub about: Name,
    /// Whether rows, or what is in a column, may be lost by it.
    pub destroys: bool,
    /// SQLite: it must run while `PRAGMA foreign_keys` is off, or what points to the table goes as well.
    pub foreign_keys_off: bool,
    /// It can not run in a transaction.
    pub alone: bool,
}

impl Step {
    /// A statement that loses nothing.
    pub fn new(about: &Name, sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            about: about.clone(),
            destroys: false,
            foreign_keys_off: false,
            alone: false,
        }
    }

    /// A statement that loses something.
    pub fn destroying(about: &Name, sql: impl Into<String>) -> Self {
        Self { destroys: true, ..Self::new(about, sql) }
    }
}

/// The statements as the text of a migration's file.
pub fn file(steps: &[Step], dialect: Dialect) -> String {
    use dbmig_build::sql::{TokenKind, tokens};
    let mut text = String::new();
    for step in steps {
        text.push_str(&step.sql);
        let last = tokens(&step.sql, dialect).last();
        // A semicolon behind it would be part of the comment.
        if last.is_some_and(|token| token.kind == TokenKind::LineComment) {
            text.push('\n');
        }
        text.push_str(";\n");
    }
    text
}

/// What no statement is known for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotSay {
    /// What would have to change.
    pub about: Name,
    /// Why there is no statement for it, and what to do.
    pub why: String,
}

impl CannotSay {
    pub(super) fn new(about: &Name, why: impl Into<String>) -> Self {
        Self { about: about.clone(), why: why.into() }
    }
}

/// `audit.log: why`.
impl std::fmt::Display for CannotSay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.about, self.why)
    }
}

/// The statements that turn one catalogue into another, in an order in which they run.
///
/// # Errors
///
/// Everything that no statement is known for; then there is none for the rest either.
pub fn changes(from: &Catalogue, to: &Catalogue, wish: &Wish) -> Result<Vec<Step>, Vec<CannotSay>> {
    if from.dialect != to.dialect {
        let why = format!("a schema of {} is no schema of {}", from.dialect, to.dialect);
        return Err(vec![CannotSay::new(&Name::new("the schema"), why)]);
    }
    let begin = renamed(from, &wish.renames)?;
    // Columns name their table by what it is called then.
    let mut wish = wish.clone();
    wish.renames.sort_by_key(|rename| matches!(rename, Rename::Column { .. }));
    let wish = &wish;
    match to.dialect {
        Dialect::Sqlite => super::sqlite::changes(from, &begin, to, wish),
        Dialect::Postgres => super::postgres::changes(from, &begin, to, wish),
        Dialect::Mysql => super::mysql::changes(from, &begin, to, wish),
    }
}
