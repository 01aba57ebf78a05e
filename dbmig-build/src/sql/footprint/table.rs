//! CREATE TABLE.

use super::Reader;
use super::act::{Act, Columns, Dependence};
use super::cursor::Cursor;
use super::name::{Class, Name};
use super::sources::sources;

/// What an element of a table starts with when it is no column.
const CONSTRAINTS: [&str; 11] = [
    "constraint",
    "primary",
    "unique",
    "foreign",
    "check",
    "exclude",
    "index",
    "key",
    "fulltext",
    "spatial",
    "like",
];

impl Reader<'_> {
    pub(super) fn create_table(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        cursor.eat_if_exists();
        let Some(table) = cursor.name() else { return false };
        self.references(*cursor);
        if cursor.eat("like") || cursor.eat_all(&["partition", "of"]) {
            let Some(parent) = cursor.name() else { return false };
            self.uses(&parent);
        }
        let mut rest = *cursor;
        if let Some(mut elements) = rest.group() {
            while let Some(element) = elements.element() {
                self.table_element(element);
            }
            *cursor = rest;
        }
        while !cursor.is_done() {
            if cursor.at_any(&["select", "with"]) {
                let Some(sources) = sources(*cursor) else { return false };
                for source in sources {
                    self.table(&source.name, Act::Read(source.columns));
                }
                break;
            }
            if cursor.eat("inherits") {
                let mut parents = cursor.group().unwrap_or(*cursor);
                while let Some(parent) = parents.name() {
                    self.uses(&parent);
                    let _ = parents.eat_symbol(",");
                }
                continue;
            }
            cursor.next();
        }
        self.table(&table, Act::Create);
        true
    }

    fn table_element(&mut self, mut element: Cursor<'_, '_>) {
        if element.eat("like") {
            if let Some(parent) = element.name() {
                self.uses(&parent);
            }
        } else if !element.at_any(&CONSTRAINTS) && element.part().is_some() {
            self.uses_type(&mut element);
        }
    }

    /// Takes over another table's columns.
    fn uses(&mut self, parent: &Name) {
        self.table(parent, Act::Depend(Dependence::Use, Columns::All));
    }

    /// A column's type, which may be one of the database's own.
    pub(super) fn uses_type(&mut self, cursor: &mut Cursor<'_, '_>) {
        if let Some(name) = cursor.name() {
            self.touch(Class::Type, &name, Act::Depend(Dependence::Use, Columns::none()));
        }
    }

    /// Every REFERENCES in the rest.
    pub(super) fn references(&mut self, mut cursor: Cursor<'_, '_>) {
        while cursor.seek("references") {
            if let Some(table) = cursor.name() {
                let columns = cursor.column_list().unwrap_or_else(Columns::none);
                self.table(&table, Act::Depend(Dependence::Reference, columns));
            }
        }
    }
}
