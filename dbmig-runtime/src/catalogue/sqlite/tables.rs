//! Tables with all that belongs to them.

use std::collections::HashMap;

use super::super::{Check, ForeignKey, Index, IndexKey, IndexPart, Label, Name, Options, Table};
use super::declared::{Declared, declared};
use super::keys::{self, label};
use super::names::folded;
use super::normal::{Spelling, collation_name};
use super::queries::{Hidden, Object, Stored};
use super::text::{Cursor, is_word, items, seen, without_parentheses};
use super::{columns, unreadable};
use crate::session::DbResult;

/// All tables but those that belong to a virtual one.
pub(super) fn tables(stored: &Stored) -> DbResult<Vec<Table>> {
    let mut tables = Vec::new();
    let mut places = HashMap::new();
    for object in stored.of("table").filter(|object| !stored.is_shadow(&object.name)) {
        let table = virtual_table(stored, object).or_else(|| table(stored, object));
        places.insert(folded(&object.name), tables.len());
        tables.push(table.ok_or_else(|| unreadable("table", &object.name))?);
    }
    for object in stored.of("index") {
        let Some(at) = places.get(&folded(&object.table)) else { continue };
        let index = index(stored, object, &tables[*at]);
        tables[*at].indexes.push(index.ok_or_else(|| unreadable("index", &object.name))?);
    }
    resolve(&mut tables, &places);
    Ok(tables)
}

fn empty(name: &str) -> Table {
    Table {
        name: Name::new(name),
        columns: Vec::new(),
        primary_key: None,
        uniques: Vec::new(),
        foreign_keys: Vec::new(),
        checks: Vec::new(),
        exclusions: Vec::new(),
        indexes: Vec::new(),
        comment: None,
        options: Options::new(),
    }
}

/// A virtual table: its columns, where its module is here, and what the module was told.
fn virtual_table(stored: &Stored, object: &Object) -> Option<Table> {
    let tokens = seen(&object.sql);
    let mut cursor = Cursor::new(&tokens);
    if !cursor.eat(&["CREATE", "VIRTUAL", "TABLE"]) {
        return None;
    }
    cursor.name()?;
    if !cursor.eat(&["USING"]) {
        return None;
    }
    let mut table = empty(&object.name);
    let shown = stored.columns(&object.name).iter().filter(|column| column.hidden != Hidden::Yes);
    table.columns = shown.map(columns::plain).collect();
    // What is in the parentheses is the module's own language.
    let using = &object.sql[cursor.peek()?.offset..];
    table.options.insert("virtual", using.trim_end().to_owned());
    Some(table)
}

fn table(stored: &Stored, object: &Object) -> Option<Table> {
    let tokens = seen(&object.sql);
    let declared = declared(&tokens)?;
    let kind = stored.kinds.get(&object.name)?;
    let mut table = empty(&object.name);
    for (option, set) in [("strict", kind.strict), ("without_rowid", kind.without_rowid)] {
        if set {
            table.options.insert(option, String::new());
        }
    }
    let found = stored.columns(&object.name);
    let spelling = Spelling::of(&object.name, found.iter().map(|column| column.name.as_str()));
    table.columns = columns::columns(found, &declared, &spelling)?;
    table.checks = declared
        .checks
        .iter()
        .map(|(name, expression)| Check {
            label: label(name.clone()),
            expression: spelling.expression(without_parentheses(expression)),
            validated: true,
            options: Options::new(),
            comment: None,
        })
        .collect();
    add_keys(&mut table, &declared, kind.without_rowid)?;
    let references = stored.references.get(&object.name).map_or(&[][..], Vec::as_slice);
    if references.len() != declared.references.len() {
        return None;
    }
    let pairs = references.iter().zip(&declared.references);
    table.foreign_keys = pairs.map(|(stored, text)| keys::foreign_key(stored, text)).collect();
    Some(table)
}

fn add_keys(table: &mut Table, declared: &Declared<'_, '_>, without_rowid: bool) -> Option<()> {
    for unique in &declared.uniques {
        table.uniques.push(keys::key(unique, &table.columns)?);
    }
    let Some(primary) = &declared.primary_key else { return Some(()) };
    let mut key = keys::key(primary, &table.columns)?;
    if keys::is_rowid(primary, &table.columns, without_rowid) {
        key.options.remove("descending");
    }
    if primary.auto_increment {
        let name = key.columns.first()?;
        table.columns.iter_mut().find(|column| column.name == *name)?.auto_increment = true;
    }
    table.primary_key = Some(key);
    Some(())
}

/// An index: its columns by the pragma, its expressions and its condition by its text.
fn index(stored: &Stored, object: &Object, table: &Table) -> Option<Index> {
    let tokens = seen(&object.sql);
    let mut cursor = Cursor::new(&tokens);
    let _ = cursor.eat(&["CREATE"]);
    let unique = cursor.eat(&["UNIQUE"]);
    if !cursor.eat(&["INDEX"]) {
        return None;
    }
    cursor.name()?;
    if !cursor.eat(&["ON"]) {
        return None;
    }
    cursor.name()?;
    let texts = items(cursor.group()?);
    let predicate = if cursor.eat(&["WHERE"]) { Some(cursor.rest()) } else { None };
    let parts = stored.parts.get(&object.name)?;
    if parts.len() != texts.len() {
        return None;
    }
    let names = table.columns.iter().map(|column| column.name.as_str());
    let spelling = Spelling::of(&table.name.name, names);
    let parts = parts.iter().zip(texts).map(|(part, text)| {
        let mut options = Options::new();
        let key = match &part.column {
            Some(name) => {
                let column = keys::column(&table.columns, name)?;
                let own = column.collation.as_deref().unwrap_or("BINARY");
                let collation = collation_name(&part.collation);
                if collation != own {
                    options.insert("collation", collation);
                }
                IndexKey::Column(column.name.clone())
            }
            None => IndexKey::Expression(spelling.expression(without_direction(text))),
        };
        Some(IndexPart { key, descending: part.descending, options })
    });
    Some(Index {
        label: Label::chosen(&object.name),
        unique,
        method: None,
        parts: parts.collect::<Option<_>>()?,
        include: Vec::new(),
        predicate: predicate.map(|tokens| spelling.expression(without_parentheses(tokens))),
        valid: true,
        options: Options::new(),
        comment: None,
    })
}

/// An expression of an index without `ASC` or `DESC` behind it, and without its own parentheses.
fn without_direction<'t, 'a>(
    text: &'t [dbmig_build::sql::Token<'a>],
) -> &'t [dbmig_build::sql::Token<'a>] {
    let expression = match text.split_last() {
        Some((last, rest)) if is_word(last, "ASC") || is_word(last, "DESC") => rest,
        _ => text,
    };
    without_parentheses(expression)
}

/// Gives foreign keys the names as the table that they point to has them, and its primary key where they
/// name no columns.
fn resolve(tables: &mut [Table], places: &HashMap<String, usize>) {
    for at in 0..tables.len() {
        let mut keys = std::mem::take(&mut tables[at].foreign_keys);
        for key in &mut keys {
            if let Some(there) = places.get(&folded(&key.table.name)) {
                point(key, &tables[*there]);
            }
        }
        tables[at].foreign_keys = keys;
    }
}

fn point(key: &mut ForeignKey, there: &Table) {
    key.table = there.name.clone();
    for name in &mut key.referenced {
        if let Some(column) = keys::column(&there.columns, name) {
            name.clone_from(&column.name);
        }
    }
    let Some(primary) = &there.primary_key else { return };
    // Any other number of columns is an error whenever SQLite looks at the key.
    if key.referenced.is_empty() && primary.columns.len() == key.columns.len() {
        key.referenced.clone_from(&primary.columns);
    }
}
