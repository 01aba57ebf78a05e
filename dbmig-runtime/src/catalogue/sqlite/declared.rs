//! What the stored text of a table says and no pragma tells.

use dbmig_build::sql::Token;

use super::super::Deferrable;
use super::text::{Cursor, items};
use super::types;

/// The text of a table.
#[derive(Debug, Default)]
pub(super) struct Declared<'t, 'a> {
    pub(super) columns: Vec<DeclaredColumn<'t, 'a>>,
    pub(super) primary_key: Option<DeclaredKey>,
    pub(super) uniques: Vec<DeclaredKey>,
    /// With their names.
    pub(super) checks: Vec<(Option<String>, &'t [Token<'a>])>,
    /// In the order of the text.
    pub(super) references: Vec<DeclaredReference>,
}

/// A column.
#[derive(Debug)]
pub(super) struct DeclaredColumn<'t, 'a> {
    pub(super) name: String,
    pub(super) not_null: bool,
    /// What happens to a row that breaks NOT NULL, where it is not the usual.
    pub(super) on_conflict: Option<String>,
    pub(super) collation: Option<String>,
    pub(super) default: Option<&'t [Token<'a>]>,
    pub(super) generated: Option<&'t [Token<'a>]>,
}

/// A primary key or unique constraint.
#[derive(Debug, Default)]
pub(super) struct DeclaredKey {
    pub(super) name: Option<String>,
    pub(super) parts: Vec<DeclaredPart>,
    pub(super) on_conflict: Option<String>,
    pub(super) auto_increment: bool,
    /// Whether it stands behind its column.
    pub(super) in_column: bool,
}

/// A column of a key.
#[derive(Debug)]
pub(super) struct DeclaredPart {
    pub(super) column: String,
    pub(super) collation: Option<String>,
    pub(super) descending: bool,
}

/// A foreign key.
#[derive(Debug)]
pub(super) struct DeclaredReference {
    pub(super) name: Option<String>,
    pub(super) matches: Option<String>,
    pub(super) deferrable: Deferrable,
}

/// Reads the text of a table; `None` where it is none.
pub(super) fn declared<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<Declared<'t, 'a>> {
    let mut cursor = Cursor::new(tokens);
    if !cursor.eat(&["CREATE", "TABLE"]) {
        return None;
    }
    cursor.name()?;
    let mut table = Declared::default();
    for item in items(cursor.group()?) {
        let mut item = Cursor::new(item);
        if !table.constraints(&mut item)? {
            table.column(&mut item)?;
        }
    }
    Some(table)
}

impl<'t, 'a> Declared<'t, 'a> {
    /// Constraints of the table, with or without commas between; `false` for a column.
    fn constraints(&mut self, item: &mut Cursor<'t, 'a>) -> Option<bool> {
        const STARTS: [&str; 5] = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let start = |item: &Cursor<'_, '_>| STARTS.iter().any(|word| item.at(&[word]));
        if !start(item) {
            return Some(false);
        }
        let mut name = None;
        while item.peek().is_some() {
            if item.eat(&["CONSTRAINT"]) {
                name = Some(item.name()?);
            } else if item.eat(&["PRIMARY", "KEY"]) {
                self.primary_key = Some(table_key(item, name.take())?);
            } else if item.eat(&["UNIQUE"]) {
                self.uniques.push(table_key(item, name.take())?);
            } else if item.eat(&["CHECK"]) {
                self.checks.push((name.take(), item.group()?));
                // SQLite takes it and does not look at it.
                on_conflict(item);
            } else if item.eat(&["FOREIGN", "KEY"]) {
                item.group()?;
                self.reference(item, name.take())?;
            } else if !self.deferral(item)? {
                return None;
            }
        }
        Some(true)
    }

    fn column(&mut self, item: &mut Cursor<'t, 'a>) -> Option<()> {
        let mut column = DeclaredColumn {
            name: item.name()?,
            not_null: false,
            on_conflict: None,
            collation: None,
            default: None,
            generated: None,
        };
        types::next(item)?;
        let mut name = None;
        while item.peek().is_some() {
            if item.eat(&["CONSTRAINT"]) {
                name = Some(item.name()?);
                continue;
            } else if item.eat(&["DEFAULT"]) {
                column.default = Some(default(item)?);
            } else if item.eat(&["NOT", "NULL"]) {
                column.not_null = true;
                column.on_conflict = on_conflict(item);
            } else if item.eat(&["NULL"]) {
                on_conflict(item);
            } else if item.eat(&["PRIMARY", "KEY"]) {
                let mut key = column_key(&column.name, name.take());
                key.parts[0].descending = direction(item);
                key.on_conflict = on_conflict(item);
                key.auto_increment = item.eat(&["AUTOINCREMENT"]);
                self.primary_key = Some(key);
            } else if item.eat(&["UNIQUE"]) {
                let mut key = column_key(&column.name, name.take());
                key.on_conflict = on_conflict(item);
                self.uniques.push(key);
            } else if item.eat(&["CHECK"]) {
                self.checks.push((name.take(), item.group()?));
            } else if item.at(&["REFERENCES"]) {
                self.reference(item, name.take())?;
            } else if item.eat(&["COLLATE"]) {
                column.collation = Some(item.name()?);
            } else if item.eat(&["GENERATED", "ALWAYS", "AS"]) || item.eat(&["AS"]) {
                column.generated = Some(item.group()?);
                let _ = item.eat(&["STORED"]) || item.eat(&["VIRTUAL"]);
            } else if !self.deferral(item)? {
                return None;
            }
            name = None;
        }
        self.columns.push(column);
        Some(())
    }

    /// `REFERENCES` and what belongs to it.
    fn reference(&mut self, item: &mut Cursor<'t, 'a>, name: Option<String>) -> Option<()> {
        if !item.eat(&["REFERENCES"]) {
            return None;
        }
        item.name()?;
        item.group();
        let mut reference = DeclaredReference { name, matches: None, deferrable: Deferrable::No };
        loop {
            if item.eat(&["MATCH"]) {
                reference.matches = Some(item.name()?.to_ascii_uppercase());
            } else if item.eat(&["ON"]) {
                item.next()?;
                let two = [["SET", "NULL"], ["SET", "DEFAULT"], ["NO", "ACTION"]];
                if !two.iter().any(|words| item.eat(words)) {
                    item.next()?;
                }
            } else {
                break;
            }
        }
        self.references.push(reference);
        self.deferral(item)?;
        Some(())
    }

    /// `[NOT] DEFERRABLE …`, of the foreign key in front of it.
    fn deferral(&mut self, item: &mut Cursor<'t, 'a>) -> Option<bool> {
        let not = item.eat(&["NOT", "DEFERRABLE"]);
        if !not && !item.eat(&["DEFERRABLE"]) {
            return Some(false);
        }
        let deferred = item.eat(&["INITIALLY", "DEFERRED"]);
        if !deferred {
            item.eat(&["INITIALLY", "IMMEDIATE"]);
        }
        self.references.last_mut()?.deferrable = match (not, deferred) {
            (true, _) => Deferrable::No,
            (false, true) => Deferrable::InitiallyDeferred,
            (false, false) => Deferrable::InitiallyImmediate,
        };
        Some(true)
    }
}

fn column_key(column: &str, name: Option<String>) -> DeclaredKey {
    let part = DeclaredPart { column: column.to_owned(), collation: None, descending: false };
    DeclaredKey { name, parts: vec![part], in_column: true, ..DeclaredKey::default() }
}

/// The columns of a key of the table, in parentheses, and what follows.
fn table_key(item: &mut Cursor<'_, '_>, name: Option<String>) -> Option<DeclaredKey> {
    let mut key = DeclaredKey { name, ..DeclaredKey::default() };
    for part in items(item.group()?) {
        let mut part = Cursor::new(part);
        let column = part.name()?;
        let collation = if part.eat(&["COLLATE"]) { Some(part.name()?) } else { None };
        let descending = direction(&mut part);
        key.auto_increment |= part.eat(&["AUTOINCREMENT"]);
        if part.peek().is_some() {
            return None;
        }
        key.parts.push(DeclaredPart { column, collation, descending });
    }
    key.on_conflict = on_conflict(item);
    Some(key)
}

/// `ASC` or `DESC`.
fn direction(item: &mut Cursor<'_, '_>) -> bool {
    let descending = item.eat(&["DESC"]);
    item.eat(&["ASC"]);
    descending
}

/// `ON CONFLICT …`, where it says something else than what happens anyway.
fn on_conflict(item: &mut Cursor<'_, '_>) -> Option<String> {
    if !item.eat(&["ON", "CONFLICT"]) {
        return None;
    }
    let what = item.next()?.text.to_ascii_uppercase();
    (what != "ABORT").then_some(what)
}

/// A default: what is in parentheses, or one value with its sign.
fn default<'t, 'a>(item: &mut Cursor<'t, 'a>) -> Option<&'t [Token<'a>]> {
    if let Some(group) = item.group() {
        return Some(group);
    }
    let signed = matches!(item.peek()?.text, "-" | "+");
    item.take(if signed { 2 } else { 1 })
}
