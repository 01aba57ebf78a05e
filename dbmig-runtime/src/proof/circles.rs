//! Circles of foreign keys that no NULL opens: rows that point to rows which are made after them.
//!
//! The first table of a circle is told what the keys of the others will be, and the others keep that. While
//! it lasts nobody looks at foreign keys: on PostgreSQL only who may set `session_replication_role` gets
//! rows there. What could not be kept is taken back in the end.

use std::collections::{BTreeMap, BTreeSet};

use dbmig_build::Dialect;

use super::rows::{self, Parents, qualified};
use super::values::{distinct, pool};
use crate::catalogue::{Catalogue, ForeignKey, Name, Table};
use crate::session::Session;
use crate::sql::quoted;

/// How many rows a table is promised.
const ROWS: usize = 2;

/// Some columns of a row, as literals.
pub(super) type Promised = BTreeMap<String, String>;

/// What tables that are filled later will hold.
#[derive(Debug, Default)]
pub(super) struct Promises {
    rows: BTreeMap<Name, Vec<Promised>>,
    /// Who relies on it, by child.
    keys: Vec<(Name, ForeignKey)>,
    /// Tables that were filled, or could not be.
    done: BTreeSet<Name>,
    /// Whether the server does not look.
    off: bool,
    /// Whether it has to look again: it did before.
    restore: bool,
}

impl Promises {
    /// Promises rows to what `table` can not do without, and what is filled after it.
    pub(super) fn make(
        &mut self,
        session: &mut dyn Session,
        catalogue: &Catalogue,
        table: &Table,
        needs: &dyn Fn(&Table) -> bool,
        number: &mut usize,
    ) {
        for key in &table.foreign_keys {
            let column = |name: &String| table.column(name).is_some_and(|column| column.nullable);
            if key.table == table.name
                || self.done.contains(&key.table)
                || key.columns.iter().any(column)
            {
                continue;
            }
            let parent = catalogue.tables.iter().find(|parent| parent.name == key.table);
            let Some(parent) = parent.filter(|parent| needs(parent)) else { continue };
            if !self.can_promise(parent, key) || !self.look_away(session) {
                continue;
            }
            let promised = self.rows.entry(parent.name.clone()).or_default();
            promised.resize_with(ROWS, Promised::new);
            for row in promised {
                *number += 1;
                for name in &key.referenced {
                    let Some(column) = parent.column(name) else { continue };
                    let like = pool(catalogue, column).into_iter().next().unwrap_or_default();
                    let own = distinct(catalogue.dialect, column, &like, *number, false);
                    row.entry(name.clone()).or_insert(own);
                }
            }
            self.keys.push((table.name.clone(), key.clone()));
        }
    }

    /// Nothing but the row itself says what stands in the columns.
    fn can_promise(&self, parent: &Table, key: &ForeignKey) -> bool {
        key.referenced.iter().all(|name| {
            let points = parent.foreign_keys.iter().any(|key| key.columns.contains(name));
            let free = parent.column(name).is_some_and(|column| {
                let always = column.identity.as_ref().is_some_and(|identity| identity.always);
                column.generated.is_none() && !always
            });
            free && !points
        })
    }

    /// `false` where it is not permitted.
    fn look_away(&mut self, session: &mut dyn Session) -> bool {
        if self.off {
            return true;
        }
        let off = match session.dialect() {
            // They are off whenever rows are made.
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => {
                self.restore = true;
                session.execute("SET session_replication_role = replica")
            }
            Dialect::Mysql => {
                // As a text it is ON to MariaDB, and 1 to MySQL.
                let sql = "SELECT CAST(@@SESSION.foreign_key_checks + 0 AS CHAR)";
                let on = session.query(sql, &[]);
                self.restore = on.is_ok_and(|rows| rows == [vec![Some("1".to_owned())]]);
                session.execute("SET SESSION foreign_key_checks = 0")
            }
        };
        self.off = off.is_ok();
        self.off
    }

    /// The rows that the table has to begin with.
    pub(super) fn of(&self, table: &Table) -> &[Promised] {
        self.rows.get(&table.name).map_or(&[], Vec::as_slice)
    }

    /// What the foreign keys of a table can point to: what is there, or else what is promised.
    pub(super) fn parents(
        &self,
        session: &mut dyn Session,
        catalogue: &Catalogue,
        table: &Table,
    ) -> Parents {
        let mut parents = rows::parents(session, catalogue, table);
        for (key, found) in table.foreign_keys.iter().zip(&mut parents) {
            let Some(promised) = self.rows.get(&key.table).filter(|_| found.is_empty()) else {
                continue;
            };
            let values = |row: &Promised| -> Option<Vec<String>> {
                key.referenced.iter().map(|name| row.get(name).cloned()).collect()
            };
            *found = promised.iter().filter_map(values).collect();
        }
        parents
    }

    /// The table was filled, as far as it could be.
    pub(super) fn kept_by(&mut self, table: &Table) {
        self.done.insert(table.name.clone());
    }

    /// Takes back what points to nothing, and has the server look again. Who relied on a promise.
    pub(super) fn end(self, session: &mut dyn Session) -> BTreeSet<Name> {
        let relied = self.keys.iter().map(|(child, _)| child.clone()).collect();
        if !self.off {
            return relied;
        }
        let dialect = session.dialect();
        // What is taken back may have been pointed to.
        for _ in 0..self.keys.len() {
            for (child, key) in &self.keys {
                let (child, parent) = (qualified(dialect, child), qualified(dialect, &key.table));
                let pairs: Vec<_> = key
                    .columns
                    .iter()
                    .zip(&key.referenced)
                    .map(|(column, referenced)| {
                        let (column, referenced) =
                            (quoted(dialect, column), quoted(dialect, referenced));
                        format!("parent.{referenced} = {child}.{column}")
                    })
                    .collect();
                let _ = session.execute(&format!(
                    "DELETE FROM {child} WHERE NOT EXISTS (SELECT 1 FROM {parent} AS parent WHERE {})",
                    pairs.join(" AND ")
                ));
            }
        }
        let _ = match dialect {
            Dialect::Postgres if self.restore => session.execute("RESET session_replication_role"),
            Dialect::Mysql if self.restore => session.execute("SET SESSION foreign_key_checks = 1"),
            _ => Ok(()),
        };
        relied
    }
}
