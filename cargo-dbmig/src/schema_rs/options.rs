//! `Options`: what `[print_schema]` of `diesel.toml` says about the text.

use super::Pattern;
use dbmig_runtime::catalogue::{Schemas, Scope};

/// How a `schema.rs` is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The schema whose tables are written, in a module of its name; the default one without.
    pub schema: Option<String>,
    /// Which comments there are.
    pub docs: Docs,
    /// Which tables.
    pub filter: Filter,
    /// The order of columns.
    pub sorting: Sorting,
    /// What every table imports, in place of `diesel::sql_types::*`.
    pub import_types: Option<Vec<String>>,
    /// Whether types that Diesel does not have are defined.
    pub define_types: bool,
    /// Rust names of types that are not defined all the same.
    pub except_types: Vec<Pattern>,
    /// What the definitions derive.
    pub derives: Vec<String>,
    /// Which tables may be used together.
    pub groups: Groups,
    /// Whether `INTEGER PRIMARY KEY` of SQLite is a `BigInt`.
    pub bigint_keys: bool,
    /// Names of PostgreSQL's domains that are types of their own.
    pub domains: Vec<Pattern>,
}

/// What every definition of a type derives.
pub const SQL_TYPE: &str = "diesel::sql_types::SqlType";

impl Default for Options {
    fn default() -> Self {
        Self {
            schema: None,
            docs: Docs::default(),
            filter: Filter::default(),
            sorting: Sorting::default(),
            import_types: None,
            define_types: true,
            except_types: vec![],
            derives: vec![SQL_TYPE.to_owned()],
            groups: Groups::default(),
            bigint_keys: false,
            domains: vec![],
        }
    }
}

impl Options {
    /// What the catalogue must be read with.
    pub fn scope(&self) -> Scope {
        let schemas = match &self.schema {
            Some(schema) => Schemas::Named(vec![schema.clone()]),
            None => Schemas::Default,
        };
        Scope { schemas, exclude: vec![] }
    }
}

/// Which comments tables and columns have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Docs {
    /// None.
    #[default]
    None,
    /// Those of the database.
    Comments,
    /// Those of the database, and written ones where it has none.
    CommentsOrWritten,
}

/// The order of columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sorting {
    /// That of the table.
    #[default]
    Position,
    /// That of their names.
    Name,
}

/// Which tables may be used together in a query.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Groups {
    /// All of them.
    #[default]
    All,
    /// Those that foreign keys lead to from each other.
    Related,
    /// Nothing is said.
    None,
}

/// Which tables are written; patterns are held against any part of the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Filter {
    /// All.
    #[default]
    All,
    /// Those that one of the patterns fits.
    Only(Vec<Pattern>),
    /// Those that none of the patterns fits.
    Except(Vec<Pattern>),
}

impl Filter {
    /// Whether a table is written.
    pub fn holds(&self, table: &str) -> bool {
        let fits = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.fits(table));
        match self {
            Self::All => true,
            Self::Only(patterns) => fits(patterns),
            Self::Except(patterns) => !fits(patterns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_anywhere_in_a_name() {
        let patterns = |list: &[&str]| list.iter().map(|p| Pattern::parse(p).unwrap()).collect();
        for (filter, table, held) in [
            (Filter::All, "users", true),
            (Filter::Only(patterns(&["ser"])), "users", true),
            (Filter::Only(patterns(&["^ser"])), "users", false),
            (Filter::Only(patterns(&["a", "u"])), "users", true),
            (Filter::Only(vec![]), "users", false),
            (Filter::Except(patterns(&[".*1$"])), "users1", false),
            (Filter::Except(patterns(&[".*1$"])), "users12", true),
        ] {
            assert_eq!(filter.holds(table), held, "{filter:?} {table}");
        }
    }
}
