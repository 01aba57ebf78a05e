//! Views, routines, triggers: what holds SQL of its own.

use super::{Index, Name, Options};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its name.
    pub name: Name,
    /// The query, as the server writes it, without a final semicolon.
    pub definition: String,
    /// The columns: name, and type as a definition writes it.
    pub columns: Vec<(String, String)>,
    /// Whether its rows are kept.
    pub materialized: bool,
    /// The indexes of a materialised one.
    pub indexes: Vec<Index>,
    /// What one dialect knows beside this: `security_barrier`, `check_option`, `algorithm`, `definer`, `security`.
    pub options: Options,
    /// The comment.
    pub comment: Option<String>,
}

/// What kind of routine it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutineKind {
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
}

/// A function, procedure or aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routine {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: RoutineKind,
    /// What tells it from others of its name: the types of its arguments.
    pub arguments: String,
    /// The whole statement that makes it, without a final semicolon.
    pub definition: String,
    /// The comment.
    pub comment: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its name. In the schema of its table.
    pub name: String,
    /// The table or view that it watches.
    pub table: Name,
    /// The whole statement that makes it, without a final semicolon.
    pub definition: String,
    /// Whether it fires.
    pub enabled: bool,
    /// The comment.
    pub comment: Option<String>,
}
