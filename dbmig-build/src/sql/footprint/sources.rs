//! The tables that a statement reads or writes rows of, and the columns it may mean of each.

use std::collections::BTreeSet;

use super::act::Columns;
use super::cursor::Cursor;
use super::name::{Name, fold};
use crate::sql::token::{Token, TokenKind};

/// A table in a statement.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: Name,
    pub(super) role: Role,
    /// Columns that the statement may mean of this table.
    pub(super) columns: Columns,
    alias: Option<String>,
}

/// What a statement does with a table.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    Read,
    Insert(Columns),
    Update(Columns),
    Delete,
}

impl Source {
    fn new(name: Name, role: Role, alias: Option<String>) -> Self {
        Self { name, role, columns: Columns::none(), alias }
    }

    fn is_called(&self, qualifier: &str) -> bool {
        match &self.alias {
            Some(alias) => fold(alias) == fold(qualifier),
            None => self.name.last() == fold(qualifier),
        }
    }
}

/// Words that may follow a table's name and are no alias of it.
const NO_ALIAS: [&str; 37] = [
    "set",
    "where",
    "on",
    "using",
    "join",
    "inner",
    "left",
    "right",
    "full",
    "cross",
    "natural",
    "group",
    "order",
    "having",
    "limit",
    "union",
    "except",
    "intersect",
    "values",
    "select",
    "default",
    "returning",
    "for",
    "window",
    "offset",
    "fetch",
    "with",
    "straight_join",
    "lateral",
    "tablesample",
    "from",
    "partition",
    "end",
    "indexed",
    "not",
    "when",
    "override",
];

/// Functions with a FROM in their parentheses that names no table.
const FROM_FUNCTIONS: [&str; 5] = ["extract", "substring", "trim", "overlay", "position"];

/// Bounds the work on one statement, which grows with its tables times its names.
const MOST_SOURCES: usize = 200;

/// The tables of a statement; None where it is not understood.
pub(super) fn sources(cursor: Cursor<'_, '_>) -> Option<Vec<Source>> {
    let mut finder = Finder {
        at: cursor,
        before: None,
        common: common_tables(cursor),
        found: Vec::new(),
        levels: vec![Level::default()],
        awaits_set: None,
        inserted: None,
        listed: Vec::new(),
    };
    while let Some(token) = finder.at.next() {
        finder.token(token)?;
        if finder.found.len() > MOST_SOURCES {
            return None;
        }
        finder.before = Some(token);
    }
    let Finder { mut found, listed, .. } = finder;
    attribute(cursor, &mut found, &listed);
    Some(found)
}

/// What is known inside one pair of parentheses.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// A comma here is followed by another table.
    in_from: bool,
    /// FROM here names no table.
    in_function: bool,
}

struct Finder<'t, 'a> {
    at: Cursor<'t, 'a>,
    before: Option<&'t Token<'a>>,
    /// Names that a WITH gives: no tables.
    common: BTreeSet<String>,
    found: Vec<Source>,
    levels: Vec<Level>,
    /// The table of an UPDATE whose SET is still to come.
    awaits_set: Option<usize>,
    /// The table of the last INSERT, which ON CONFLICT speaks of.
    inserted: Option<Name>,
    /// Token offsets of the column lists of INSERTs, whose names are of no other table.
    listed: Vec<std::ops::Range<usize>>,
}

impl<'t, 'a> Finder<'t, 'a> {
    fn token(&mut self, token: &'t Token<'a>) -> Option<()> {
        let last = self.levels.len() - 1;
        match token.kind {
            TokenKind::Symbol => match token.text {
                "(" => {
                    let in_function = self.after(&FROM_FUNCTIONS);
                    self.levels.push(Level { in_from: false, in_function });
                }
                ")" if last > 0 => {
                    self.levels.pop();
                }
                "," if self.levels[last].in_from => self.read(),
                _ => {}
            },
            TokenKind::Terminator => self.levels[last] = Level::default(),
            // After a dot it is a name, whatever it spells.
            TokenKind::Word if !self.before.is_some_and(|before| before.is_symbol(".")) => {
                return self.word(token, last);
            }
            _ => {}
        }
        Some(())
    }

    fn word(&mut self, token: &'t Token<'a>, last: usize) -> Option<()> {
        match token.text.to_ascii_lowercase().as_str() {
            // IS DISTINCT FROM compares.
            "from" if self.levels[last].in_function || self.after(&["distinct"]) => {}
            "from" | "join" | "straight_join" => {
                self.levels[last].in_from = true;
                self.read();
            }
            // DELETE … USING other; with a parenthesis it is a join's list of columns.
            "using" if self.levels[last].in_from && !self.at.at_symbol("(") => self.read(),
            "where" | "group" | "order" | "having" | "limit" | "returning" | "select"
            | "values" | "union" => {
                self.levels[last].in_from = false;
            }
            "insert" => return self.insert(false),
            "replace" if self.at.at("into") || self.at.at_any(&["low_priority", "delayed"]) => {
                return self.insert(true);
            }
            "update" if self.at.at("set") || self.after(&["key"]) => {
                // ON CONFLICT DO UPDATE SET, ON DUPLICATE KEY UPDATE.
                let _ = self.at.eat("set");
                let name = self.inserted.clone()?;
                let set = assigned(self.at, &Source::new(name.clone(), Role::Read, None))?;
                self.found.push(Source::new(name, Role::Update(set), None));
            }
            "update" if !self.after(&["for", "on", "no", "after", "before", "or", "of"]) => {
                while self.at.eat_any(&[
                    "or",
                    "rollback",
                    "abort",
                    "replace",
                    "fail",
                    "ignore",
                    "low_priority",
                    "only",
                ]) {}
                let (name, alias) = table_and_alias(&mut self.at)?;
                self.awaits_set = Some(self.found.len());
                self.found.push(Source::new(name, Role::Update(Columns::none()), alias));
                self.levels[last].in_from = !self.at.at("set");
            }
            "set" => {
                self.levels[last].in_from = false;
                if let Some(index) = self.awaits_set.take() {
                    let target = self.found.get_mut(index)?;
                    target.role = Role::Update(assigned(self.at, target)?);
                }
            }
            "delete" if !self.after(&["for", "on", "after", "before", "or"]) => {
                while self.at.eat_any(&["low_priority", "quick", "ignore"]) {}
                if !self.at.eat("from") {
                    return None; // MySQL's DELETE a, b FROM …
                }
                let _ = self.at.eat("only");
                let (name, alias) = table_and_alias(&mut self.at)?;
                self.found.push(Source::new(name, Role::Delete, alias));
                self.levels[last].in_from = true;
            }
            _ => {}
        }
        Some(())
    }

    fn after(&self, words: &[&str]) -> bool {
        self.before.is_some_and(|before| before.is_any(words))
    }

    /// A table that is read; a subquery, a function or a WITH's name is none.
    fn read(&mut self) {
        while self.at.eat_any(&["only", "lateral"]) {}
        let mut ahead = self.at;
        let Some((name, alias)) = table_and_alias(&mut ahead) else { return };
        let function = alias.is_none() && ahead.at_symbol("(");
        let common = name.parts.len() == 1 && self.common.contains(&name.last());
        if !function && !common {
            self.found.push(Source::new(name, Role::Read, alias));
            self.at = ahead;
        }
    }

    fn insert(&mut self, mut replaces: bool) -> Option<()> {
        if self.at.at_symbol("(") || self.after(&["after", "before", "or", "on", "of"]) {
            return Some(()); // the function, or a trigger's event
        }
        replaces |= self.at.eat_all(&["or", "replace"]);
        while self.at.eat_any(&[
            "or",
            "ignore",
            "abort",
            "fail",
            "rollback",
            "low_priority",
            "delayed",
            "high_priority",
        ]) {}
        let _ = self.at.eat("into");
        let name = self.at.name()?;
        if self.at.eat("as") {
            let _ = self.at.part();
        }
        let mut list = self.at;
        let columns = match list.group() {
            Some(inside) if !inside.at_any(&["select", "with", "values"]) => {
                if let (Some(from), Some(to)) = (self.at.peek(), list.last_end()) {
                    self.listed.push(from.offset..to);
                }
                self.at = list;
                inside.columns()
            }
            _ if self.at.at("set") => {
                let mut list = self.at;
                list.next();
                assigned(list, &Source::new(name.clone(), Role::Read, None))?
            }
            _ if self.at.at("default") => Columns::none(),
            _ => Columns::All,
        };
        if replaces {
            // The columns that it does not name lose their values.
            self.found.push(Source::new(name.clone(), Role::Update(Columns::All), None));
        }
        self.inserted = Some(name.clone());
        self.found.push(Source::new(name, Role::Insert(columns), None));
        Some(())
    }
}

fn table_and_alias(at: &mut Cursor<'_, '_>) -> Option<(Name, Option<String>)> {
    if at.at_any(&["select", "with", "values", "unnest"]) {
        return None;
    }
    let name = at.name()?;
    let _ = at.eat_symbol("*");
    let named = at.eat("as")
        || (!at.at_any(&NO_ALIAS) && !at.peek().is_some_and(|next| next.kind == TokenKind::String));
    let alias = if named { at.part() } else { None };
    Some((name, alias))
}

/// The columns of `a = …, (b, c) = …`; None when one is of another table than the target.
fn assigned(mut at: Cursor<'_, '_>, target: &Source) -> Option<Columns> {
    let mut columns = Columns::none();
    loop {
        if let Some(several) = at.column_list() {
            let Columns::Some(several) = several else { return Some(Columns::All) };
            several.iter().for_each(|column| columns.insert(column));
        } else {
            let name = at.name()?;
            let (column, qualifiers) = name.parts.split_last()?;
            if qualifiers.last().is_some_and(|qualifier| !target.is_called(qualifier)) {
                return None;
            }
            columns.insert(column);
        }
        let ends = ["where", "from", "returning", "order", "limit", "on"];
        at.until(|token| {
            token.is_symbol(",") || token.kind == TokenKind::Terminator || token.is_any(&ends)
        });
        if !at.eat_symbol(",") {
            return Some(columns);
        }
    }
}

/// Gives every name in the statement to the tables of which it may be a column.
fn attribute(mut at: Cursor<'_, '_>, found: &mut [Source], listed: &[std::ops::Range<usize>]) {
    let mut names = BTreeSet::new();
    let mut all = false;
    let mut before: Option<&Token<'_>> = None;
    let mut lists = listed.iter().peekable();
    while let Some(token) = at.peek() {
        while lists.next_if(|list| list.end <= token.offset).is_some() {}
        let in_list = lists.peek().is_some_and(|list| list.contains(&token.offset));
        let star = token.is_symbol("*") || token.is_symbol("*,");
        if star
            && before.is_some_and(|before| {
                before.is_any(&["select", "distinct", "all"]) || before.is_symbol(",")
            })
        {
            all = true;
        }
        let Some(name) = at.name() else {
            before = at.next();
            continue;
        };
        before = Some(token);
        let Some((column, qualifiers)) = name.parts.split_last() else { continue };
        let every = at.at_symbol(".") && {
            at.next();
            at.at_symbol("*")
        };
        let qualifier = if every { Some(column) } else { qualifiers.last() };
        let qualified =
            qualifier.and_then(|name| found.iter_mut().find(|source| source.is_called(name)));
        match qualified {
            Some(source) if every => source.columns = Columns::All,
            Some(source) => source.columns.insert(column),
            None if in_list => {}
            None => {
                names.insert(fold(column));
            }
        }
    }
    for source in found.iter_mut().filter(|source| !matches!(source.role, Role::Insert(_))) {
        if all && source.role == Role::Read {
            source.columns = Columns::All;
        }
        names.iter().for_each(|name| source.columns.insert(name));
    }
}

/// Names of `WITH name AS (…)` and `WITH name (…) AS (…)`.
fn common_tables(mut at: Cursor<'_, '_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut opened = Vec::new();
    let mut before: Option<String> = None;
    while !at.is_done() {
        if at.eat("as") {
            let mut ahead = at;
            let _ = ahead.eat("not");
            let _ = ahead.eat("materialized");
            if ahead.at_symbol("(") {
                names.extend(before.as_deref().map(fold));
            }
            before = None;
        } else if at.eat_symbol("(") {
            opened.push(before.take());
        } else if at.eat_symbol(")") {
            before = opened.pop().flatten();
        } else {
            before = at.part();
            if before.is_none() {
                at.next();
            }
        }
    }
    names
}
