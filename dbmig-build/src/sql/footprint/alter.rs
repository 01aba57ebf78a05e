//! ALTER of everything, and MySQL's RENAME TABLE.

use super::Reader;
use super::act::{Act, Columns, Dependence};
use super::cursor::Cursor;
use super::name::{Class, Name};
use crate::Dialect;

impl Reader<'_> {
    pub(super) fn alter(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let _ = cursor.eat_any(&["foreign", "materialized", "online", "ignore"]);
        let Some(kind) = cursor.next() else { return false };
        match kind.text.to_ascii_lowercase().as_str() {
            "table" => self.alter_table(cursor),
            "type" | "domain" => self.alter_type(cursor),
            "view" | "sequence" => self.alter_whole(cursor, Class::Relation),
            "index" => self.alter_whole(cursor, Class::Index),
            "function" | "procedure" | "routine" => self.alter_whole(cursor, Class::Routine),
            "trigger" => self.alter_whole(cursor, Class::Trigger),
            "event" => self.alter_whole(cursor, Class::Event),
            "extension" => self.alter_whole(cursor, Class::Extension),
            _ => false,
        }
    }

    fn alter_whole(&mut self, cursor: &mut Cursor<'_, '_>, class: Class) -> bool {
        cursor.eat_if_exists();
        let Some(name) = cursor.name() else { return false };
        if cursor.eat_all(&["rename", "to"]) {
            return self.renamed(class, &name, cursor);
        }
        self.touch(class, &name, Act::Alter);
        true
    }

    /// The new name stays in the schema of the old.
    fn renamed(&mut self, class: Class, from: &Name, cursor: &mut Cursor<'_, '_>) -> bool {
        let Some(mut to) = cursor.name() else { return false };
        if to.parts.len() == 1 && from.parts.len() > 1 {
            let mut parts = from.parts.clone();
            parts.pop();
            parts.append(&mut to.parts);
            to.parts = parts;
        }
        self.touch(class, from, Act::RenameAway);
        self.touch(class, &to, Act::RenameHere);
        true
    }

    pub(super) fn rename_tables(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        if !cursor.eat_any(&["table", "tables"]) {
            return false;
        }
        cursor.eat_if_exists();
        while let Some(mut element) = cursor.element() {
            let Some(from) = element.name() else { return false };
            if !element.eat("to") || !self.renamed(Class::Relation, &from, &mut element) {
                return false;
            }
        }
        true
    }

    fn alter_type(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        let Some(name) = cursor.name() else { return false };
        if cursor.eat_all(&["add", "value"]) {
            cursor.eat_if_exists();
            let Some(value) = cursor.part() else { return false };
            self.touch(Class::Type, &name, Act::AddValue(value));
            return true;
        }
        if cursor.eat_all(&["rename", "to"]) {
            return self.renamed(Class::Type, &name, cursor);
        }
        self.touch(Class::Type, &name, Act::Alter);
        true
    }

    fn alter_table(&mut self, cursor: &mut Cursor<'_, '_>) -> bool {
        cursor.eat_if_exists();
        let _ = cursor.eat("only");
        let Some(table) = cursor.name() else { return false };
        let _ = cursor.eat_symbol("*");
        self.references(*cursor);
        let mut known = !cursor.is_done();
        while let Some(mut action) = cursor.element() {
            known &= self.alter_action(&table, &mut action);
        }
        known
    }

    fn alter_action(&mut self, table: &Name, action: &mut Cursor<'_, '_>) -> bool {
        let Some(verb) = action.next() else { return false };
        match verb.text.to_ascii_lowercase().as_str() {
            "add" => self.add(table, action),
            "drop" => self.drop_part(table, action),
            "rename" => self.rename(table, action),
            "alter" | "modify" => self.change_column(table, action),
            "change" => {
                let _ = action.eat("column");
                action.eat_if_exists();
                let (Some(from), Some(to)) = (action.part(), action.part()) else { return false };
                if !from.eq_ignore_ascii_case(&to) {
                    self.table(table, Act::RenameColumn(from.clone(), to));
                }
                self.table(table, Act::ChangeColumn(from));
                true
            }
            "convert" => {
                self.table(table, Act::ChangeAllColumns);
                true
            }
            "set" if action.at("schema") => {
                self.table(table, Act::RenameAway);
                true
            }
            "attach" | "detach" | "inherit" => {
                let _ = action.eat("partition");
                if let Some(part) = action.name() {
                    self.table(&part, Act::Depend(Dependence::Use, Columns::All));
                }
                self.setting(table)
            }
            "set" | "reset" | "owner" | "enable" | "disable" | "force" | "no" | "validate"
            | "replica" | "cluster" | "engine" | "auto_increment" | "comment" | "algorithm"
            | "lock" | "default" | "character" | "charset" | "collate" | "row_format" | "order" => {
                self.setting(table)
            }
            _ => false,
        }
    }

    fn setting(&mut self, table: &Name) -> bool {
        self.table(table, Act::Depend(Dependence::Setting, Columns::none()));
        true
    }

    fn add(&mut self, table: &Name, action: &mut Cursor<'_, '_>) -> bool {
        if action.at_any(&["index", "key", "fulltext", "spatial"]) && self.dialect == Dialect::Mysql
        {
            while action.eat_any(&["index", "key", "fulltext", "spatial"]) {}
            action.eat_if_exists();
            if let Some(index) = action.name() {
                let index = self.index_name(table, &index);
                self.touch(Class::Index, &index, Act::Create);
            }
            self.table(table, Act::Depend(Dependence::Index, action.columns()));
            return true;
        }
        if action.at_any(&["constraint", "primary", "unique", "foreign", "check", "exclude"]) {
            if action.eat("constraint") {
                action.eat_if_exists();
                if let Some(constraint) = action.part() {
                    self.touch(Class::Constraint, &table.scoped(&constraint), Act::Create);
                }
            }
            if action.at("primary") {
                self.touch(Class::Constraint, &table.scoped("primary key"), Act::Create);
            }
            // What follows REFERENCES are names of the other table.
            let mut end = *action;
            let end = end.until(|token| token.is("references"));
            self.table(table, Act::Depend(Dependence::Constraint, action.to(end).columns()));
            return true;
        }
        if action.at("partition") {
            return false;
        }
        let _ = action.eat("column");
        action.eat_if_exists();
        if let Some(mut several) = action.group() {
            while let Some(mut column) = several.element() {
                let Some(name) = column.part() else { return false };
                self.table(table, Act::AddColumn(name));
            }
            return true;
        }
        let Some(column) = action.part() else { return false };
        self.uses_type(action);
        self.table(table, Act::AddColumn(column));
        true
    }

    fn drop_part(&mut self, table: &Name, action: &mut Cursor<'_, '_>) -> bool {
        let mysql = self.dialect == Dialect::Mysql;
        if action.eat_all(&["primary", "key"]) {
            self.touch(Class::Constraint, &table.scoped("primary key"), Act::Drop);
            return self.setting(table);
        }
        if mysql && action.eat_any(&["index", "key"]) {
            action.eat_if_exists();
            let Some(index) = action.name() else { return false };
            let index = self.index_name(table, &index);
            self.touch(Class::Index, &index, Act::Drop);
            return self.setting(table);
        }
        if action.eat("constraint")
            || (mysql && (action.eat_all(&["foreign", "key"]) || action.eat("check")))
        {
            action.eat_if_exists();
            let Some(constraint) = action.part() else { return false };
            self.touch(Class::Constraint, &table.scoped(&constraint), Act::Drop);
            return self.setting(table);
        }
        if mysql && action.at("partition") {
            return false;
        }
        let _ = action.eat("column");
        action.eat_if_exists();
        let Some(column) = action.part() else { return false };
        self.table(table, Act::DropColumn(column));
        true
    }

    fn rename(&mut self, table: &Name, action: &mut Cursor<'_, '_>) -> bool {
        if action.eat_any(&["to", "as"]) {
            return self.renamed(Class::Relation, table, action);
        }
        let class = if action.eat("constraint") {
            Some(Class::Constraint)
        } else if self.dialect == Dialect::Mysql && action.eat_any(&["index", "key"]) {
            Some(Class::Index)
        } else {
            None
        };
        let _ = class.is_none() && action.eat("column");
        let Some(from) = action.part() else { return false };
        if !action.eat("to") {
            // MySQL: RENAME new_name.
            let to = Name { parts: vec![from] };
            self.table(table, Act::RenameAway);
            self.table(&to, Act::RenameHere);
            return action.is_done();
        }
        let Some(to) = action.part() else { return false };
        match class {
            Some(class) => {
                self.touch(class, &table.scoped(&from), Act::RenameAway);
                self.touch(class, &table.scoped(&to), Act::RenameHere);
                self.setting(table);
            }
            None => self.table(table, Act::RenameColumn(from, to)),
        }
        true
    }

    fn change_column(&mut self, table: &Name, action: &mut Cursor<'_, '_>) -> bool {
        if action.at_any(&["constraint", "index", "check"]) {
            return self.setting(table);
        }
        let _ = action.eat("column");
        action.eat_if_exists();
        let Some(column) = action.part() else { return false };
        let _ = action.eat_all(&["set", "data"]);
        if action.eat("type") {
            self.uses_type(action);
        }
        self.table(table, Act::ChangeColumn(column));
        true
    }
}
