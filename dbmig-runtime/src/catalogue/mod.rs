//! `Catalogue`: what a database holds, read back from it, in one model for all dialects.
//!
//! Everything that looks at a schema looks at this: `schema.rs`, drift, differences, proofs. It is read by a
//! fixed number of queries, however many tables there are. The tables of the history are never part of it.

pub mod change;
mod column;
mod compare;
mod constraint;
mod facts;
mod index;
pub mod inspect;
mod mysql;
mod name;
mod postgres;
mod program;
mod read;
mod scope;
mod script;
mod server;
mod sqlite;
mod table;
mod types;

use dbmig_build::Dialect;

pub use column::{Column, ColumnType, Generated, Identity, TypeKind};
pub use compare::{Change, Difference, Fingerprint};
pub use constraint::{Action, Check, Deferrable, Exclusion, ForeignKey, Key, Label};
pub use facts::{Facts, Kind, Object, facts};
pub use index::{Index, IndexKey, IndexPart};
pub use name::{Name, literal, quoted};
pub use program::{Routine, RoutineKind, Trigger, View};
pub use scope::{Schemas, Scope};
pub use server::server;
pub use table::Table;
pub use types::{Composite, Domain, EnumType, Extension, OtherObject, Schema, Sequence};

/// What one dialect knows beside what all have, in the dialect's own words: `("engine", "MyISAM")`.
/// Only what differs from the default stands here.
pub type Options = std::collections::BTreeMap<&'static str, String>;

/// What a database holds. Every list is sorted by name; columns stand in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    /// The dialect that it was read from.
    pub dialect: Dialect,
    /// The server and its major version, `postgres-15`, `mariadb-10`, `sqlite-3`. No part of a comparison.
    pub server: String,
    /// Schemas beside the default one.
    pub schemas: Vec<Schema>,
    /// Extensions beside those that every database has.
    pub extensions: Vec<Extension>,
    /// Enum types. MySQL's enums are types of columns.
    pub enums: Vec<EnumType>,
    /// Domains.
    pub domains: Vec<Domain>,
    /// Composite types.
    pub composites: Vec<Composite>,
    /// Sequences that no identity column has for itself.
    pub sequences: Vec<Sequence>,
    /// Tables.
    pub tables: Vec<Table>,
    /// Views, materialised ones as well.
    pub views: Vec<View>,
    /// Functions, procedures, aggregates.
    pub routines: Vec<Routine>,
    /// Triggers, those that constraints have for themselves excepted.
    pub triggers: Vec<Trigger>,
    /// What has a name and a definition and no place above: rules, policies, events, ranges, operators.
    pub others: Vec<OtherObject>,
}

impl Catalogue {
    /// A database that holds nothing.
    pub fn empty(dialect: Dialect, server: impl Into<String>) -> Self {
        Self {
            dialect,
            server: server.into(),
            schemas: Vec::new(),
            extensions: Vec::new(),
            enums: Vec::new(),
            domains: Vec::new(),
            composites: Vec::new(),
            sequences: Vec::new(),
            tables: Vec::new(),
            views: Vec::new(),
            routines: Vec::new(),
            triggers: Vec::new(),
            others: Vec::new(),
        }
    }

    /// The table of this name.
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }
}
