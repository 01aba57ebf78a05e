//! Reads a catalogue: each dialect in a module of its own, one order for all.

use dbmig_build::Dialect;

use super::{Catalogue, ForeignKey, Scope};
use crate::session::{DbResult, Session};

impl Catalogue {
    /// Reads what a database holds, by a fixed number of queries. Nothing is written.
    ///
    /// # Errors
    ///
    /// What the database reports.
    pub fn read(session: &mut dyn Session, scope: &Scope) -> DbResult<Self> {
        let mut catalogue = match session.dialect() {
            Dialect::Sqlite => super::sqlite::read(session, scope)?,
            Dialect::Postgres => super::postgres::read(session, scope)?,
            Dialect::Mysql => super::mysql::read(session, scope)?,
        };
        catalogue.sort();
        Ok(catalogue)
    }

    /// The statements that make all of it in an empty database, in an order in which they run.
    pub fn to_sql(&self) -> Vec<String> {
        match self.dialect {
            Dialect::Sqlite => super::sqlite::to_sql(self),
            Dialect::Postgres => super::postgres::to_sql(self),
            Dialect::Mysql => super::mysql::to_sql(self),
        }
    }

    /// Brings every list but the columns into the order of names.
    pub(super) fn sort(&mut self) {
        self.schemas.sort_by(|a, b| a.name.cmp(&b.name));
        self.extensions.sort_by(|a, b| a.name.cmp(&b.name));
        self.enums.sort_by(|a, b| a.name.cmp(&b.name));
        self.domains.sort_by(|a, b| a.name.cmp(&b.name));
        self.composites.sort_by(|a, b| a.name.cmp(&b.name));
        self.sequences.sort_by(|a, b| a.name.cmp(&b.name));
        self.tables.sort_by(|a, b| a.name.cmp(&b.name));
        self.views.sort_by(|a, b| a.name.cmp(&b.name));
        self.routines
            .sort_by(|a, b| (&a.name, a.kind, &a.arguments).cmp(&(&b.name, b.kind, &b.arguments)));
        self.triggers.sort_by(|a, b| (&a.table, &a.name).cmp(&(&b.table, &b.name)));
        self.others.sort_by(|a, b| (a.kind, &a.name, &a.table).cmp(&(b.kind, &b.name, &b.table)));
        for table in &mut self.tables {
            table
                .uniques
                .sort_by(|a, b| (&a.columns, &a.label.name).cmp(&(&b.columns, &b.label.name)));
            table.foreign_keys.sort_by(|a, b| {
                let key = |key: &ForeignKey| (key.on_delete.as_str(), key.on_update.as_str());
                (&a.columns, &a.table, &a.label.name, key(a)).cmp(&(
                    &b.columns,
                    &b.table,
                    &b.label.name,
                    key(b),
                ))
            });
            table.checks.sort_by(|a, b| {
                (&a.label.name, &a.expression).cmp(&(&b.label.name, &b.expression))
            });
            table.exclusions.sort_by(|a, b| {
                (&a.label.name, &a.definition).cmp(&(&b.label.name, &b.definition))
            });
            table.indexes.sort_by(|a, b| a.label.name.cmp(&b.label.name));
        }
        for view in &mut self.views {
            view.indexes.sort_by(|a, b| a.label.name.cmp(&b.label.name));
        }
        for domain in &mut self.domains {
            domain.checks.sort_by(|a, b| a.label.name.cmp(&b.label.name));
        }
    }
}
