//! CREATE and DROP of everything but tables' own structure, and the rest of DDL.

use super::Reader;
use super::act::{Act, Columns, Dependence};
use super::cursor::Cursor;
use super::name::{Class, Name};
use super::sources::{Role, sources};
use crate::Dialect;

impl Reader<'_> {
    pub(super) fn ddl(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let Some(verb) = cursor.next() else { return true };
        match verb.text.to_ascii_lowercase().as_str() {
            "create" => self.create(cursor),
            "drop" => self.drop_object(cursor),
            "alter" => self.alter(cursor),
            "rename" => self.rename_tables(cursor),
            "truncate" => {
                let _ = cursor.eat("table");
                self.names(cursor, |reader, name, _| {
                    reader.table(&name, Act::Delete { read: Columns::none() })
                })
            }
            "refresh" => {
                let _ = cursor.eat_all(&["materialized", "view"]);
                let _ = cursor.eat("concurrently");
                self.names(cursor, |reader, name, _| {
                    reader.table(&name, Act::Depend(Dependence::Use, Columns::none()));
                })
            }
            "comment" => true,
            _ => false,
        }
    }

    fn create(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let replace = cursor.eat_all(&["or", "replace"]);
        let made = || if replace { Act::Replace } else { Act::Create };
        // Between CREATE and the kind: TEMPORARY, UNIQUE, MATERIALIZED, DEFINER = `a`@`b`, …
        for _ in 0..14 {
            let Some(token) = cursor.next() else { return false };
            match token.text.to_ascii_lowercase().as_str() {
                "table" => return self.create_table(cursor),
                "index" => return self.create_index(cursor),
                "view" => return self.create_view(cursor, made()),
                "trigger" => return self.create_trigger(cursor, made()),
                "function" | "procedure" => {
                    return self.create_named(cursor, Class::Routine, made());
                }
                "type" | "domain" => return self.create_named(cursor, Class::Type, Act::Create),
                "sequence" => return self.create_named(cursor, Class::Relation, Act::Create),
                "event" => return self.create_named(cursor, Class::Event, made()),
                "extension" => return self.create_shared(cursor, Class::Extension),
                "schema" => return self.create_shared(cursor, Class::Schema),
                "temp" | "temporary" | "unique" | "unlogged" | "global" | "local"
                | "materialized" | "recursive" | "virtual" | "constraint" | "fulltext"
                | "spatial" => {}
                "aggregate" if self.dialect == Dialect::Postgres => {
                    return self.create_named(cursor, Class::Routine, made());
                }
                "database" | "role" | "user" | "rule" | "policy" => return false,
                _ if self.dialect == Dialect::Mysql => {}
                _ => return false,
            }
        }
        false
    }

    fn create_named(&mut self, cursor: &mut Cursor<'_, '_>, class: Class, act: Act) -> bool {
        cursor.eat_if_exists();
        let Some(name) = cursor.name() else { return false };
        self.touch(class, &name, act);
        true
    }

    /// What several texts may make sure of: `IF NOT EXISTS` twice is once.
    fn create_shared(&mut self, cursor: &mut Cursor<'_, '_>, class: Class) -> bool {
        let act = if cursor.at("if") {
            Act::Depend(Dependence::Use, Columns::none())
        } else {
            Act::Create
        };
        let known = self.create_named(cursor, class, act);
        // CREATE SCHEMA may have whole CREATE statements in it.
        known && (class == Class::Extension || cursor.is_done())
    }

    fn create_index(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let _ = cursor.eat("concurrently");
        cursor.eat_if_exists();
        let index = if cursor.at("on") { None } else { cursor.name() };
        if !cursor.seek("on") {
            return false;
        }
        let _ = cursor.eat("only");
        let Some(table) = cursor.name() else { return false };
        if let Some(index) = index {
            let index = self.index_name(&table, &index);
            self.touch(Class::Index, &index, Act::Create);
        }
        self.table(&table, Act::Depend(Dependence::Index, cursor.columns()));
        true
    }

    /// MySQL has index names per table, the others per schema.
    pub(super) fn index_name(&self, table: &Name, index: &Name) -> Name {
        if self.dialect == Dialect::Mysql { table.scoped(&index.last()) } else { index.clone() }
    }

    /// PostgreSQL has trigger names per table, the others per schema.
    fn trigger_name(&self, table: &Name, trigger: &Name) -> Name {
        if self.dialect == Dialect::Postgres {
            table.scoped(&trigger.last())
        } else {
            trigger.clone()
        }
    }

    fn create_view(&mut self, cursor: &mut Cursor<'_, '_>, act: Act) -> bool {
        cursor.eat_if_exists();
        let Some(view) = cursor.name() else { return false };
        let Some(sources) = sources(*cursor) else { return false };
        for source in sources {
            self.table(&source.name, Act::Depend(Dependence::View, source.columns));
        }
        self.table(&view, act);
        true
    }

    fn create_trigger(&mut self, cursor: &mut Cursor<'_, '_>, act: Act) -> bool {
        cursor.eat_if_exists();
        let Some(trigger) = cursor.name() else { return false };
        let events = *cursor;
        if !cursor.seek("on") {
            return false;
        }
        let Some(table) = cursor.name() else { return false };
        let trigger = self.trigger_name(&table, &trigger);
        self.touch(Class::Trigger, &trigger, act);
        self.table(&table, Act::Depend(Dependence::Trigger, events.columns()));
        let mut ahead = *cursor;
        if ahead.seek("execute") && ahead.eat_any(&["function", "procedure"]) {
            if let Some(routine) = ahead.name() {
                self.touch(Class::Routine, &routine, Act::Depend(Dependence::Use, Columns::none()));
            }
            return true;
        }
        let Some(sources) = sources(*cursor) else { return false };
        for source in sources {
            let columns = if matches!(source.role, Role::Insert(Columns::All)) {
                Columns::All
            } else {
                source.columns
            };
            self.table(&source.name, Act::Depend(Dependence::Use, columns));
        }
        true
    }

    fn drop_object(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let _ = cursor.eat_any(&["temporary", "materialized", "foreign"]);
        let Some(kind) = cursor.next() else { return false };
        let class = match kind.text.to_ascii_lowercase().as_str() {
            "table" | "view" | "sequence" => Class::Relation,
            "index" => Class::Index,
            "type" | "domain" => Class::Type,
            "function" | "procedure" | "routine" | "aggregate" => Class::Routine,
            "trigger" => Class::Trigger,
            "event" => Class::Event,
            "schema" => Class::Schema,
            "extension" => Class::Extension,
            _ => return false,
        };
        let _ = cursor.eat("concurrently");
        self.names(cursor, |reader, name, rest| {
            let mut rest = *rest;
            let table = if rest.eat("on") { rest.name() } else { None };
            let (name, dependence) = match (class, &table) {
                (Class::Index, Some(table)) => (reader.index_name(table, &name), Dependence::Index),
                (Class::Trigger, Some(table)) => {
                    (reader.trigger_name(table, &name), Dependence::Trigger)
                }
                _ => (name, Dependence::Use),
            };
            if let Some(table) = table {
                reader.table(&table, Act::Depend(dependence, Columns::none()));
            }
            reader.touch(class, &name, Act::Drop);
        })
    }

    /// A list of names, each with what may follow it (arguments, ON …, CASCADE).
    fn names(
        &mut self,
        cursor: &mut Cursor<'_, '_>,
        mut each: impl FnMut(&mut Self, Name, &Cursor<'_, '_>),
    ) -> bool {
        cursor.eat_if_exists();
        while let Some(mut element) = cursor.element() {
            let _ = element.eat("only");
            let Some(name) = element.name() else { return false };
            each(self, name, &element);
        }
        true
    }
}
