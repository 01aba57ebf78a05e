//! What the statements of a text touch, and whether two texts can be run in either order.
//!
//! A footprint answers one question: a database ran the newer of two migrations first; does running
//! the older one afterwards lead to the same place? It is decided by the names in the texts alone.
//! Where that can not be told, two texts that share a name conflict; a statement that is not
//! understood conflicts with nothing and is reported by [`Footprint::opaque`].

mod act;
mod alter;
mod cursor;
mod ddl;
mod dml;
mod name;
mod sources;
mod table;

use std::collections::BTreeMap;
use std::fmt;

use super::kind::StatementKind;
use super::split::{Statement, split_with};
use super::token::Token;
use crate::Dialect;
use act::Act;
use cursor::Cursor;
use name::{Class, Object};

/// What a text's statements touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footprint {
    objects: BTreeMap<Object, Touched>,
    opaque: Option<Opaque>,
}

/// One object and what is done to it, in the order of the text, without repetitions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Touched {
    /// As it was written first.
    shown: String,
    acts: Vec<(Act, usize)>,
}

/// The first statement whose effects are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// Its line, from 1.
    pub line: usize,
    /// Its first words.
    pub excerpt: String,
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.excerpt)
    }
}

/// One side of a [`Conflict`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Line of the statement, from 1.
    pub line: usize,
    /// What it does; the object's name completes the phrase: `rebuilds`, ``adds column `theme` to``.
    pub what: String,
}

/// An object that two texts touch in ways that depend on the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Name of the object, as written.
    pub object: String,
    /// What the text in hand does.
    pub this: Effect,
    /// What the other does.
    pub other: Effect,
}

impl Conflict {
    /// ``rebuilds `users`, which `20190621175952` adds column `theme` to``, for the other text's name.
    #[must_use]
    pub fn describe(&self, other: &str) -> String {
        format!("{} `{}`, which `{other}` {}", self.this.what, self.object, self.other.what)
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it {} `{}`, which the other {}", self.this.what, self.object, self.other.what)
    }
}

/// Reads what a text's statements touch.
#[must_use]
pub fn footprint(text: &str, dialect: Dialect) -> Footprint {
    let mut footprint = Footprint::default();
    let split = split_with(text, dialect, |statement, tokens| {
        let mut reader = Reader { footprint: &mut footprint, dialect, line: statement.line };
        if !reader.read(statement, tokens) {
            footprint.note_opaque(statement.line, statement.sql);
        }
    });
    if let Some(unsure) = split.unsure {
        footprint.note_opaque(unsure.line, text.get(unsure.offset..).unwrap_or(text));
    }
    footprint
}

impl Footprint {
    /// The weightiest reason why the two can not be run in either order.
    #[must_use]
    pub fn conflict(&self, other: &Self) -> Option<Conflict> {
        let mut found: Option<(u8, Conflict)> = None;
        for (object, ours) in &self.objects {
            let Some(theirs) = other.objects.get(object) else { continue };
            // A scratch table that both create and remove leaves nothing that the other could meet.
            if ours.is_scratch() && theirs.is_scratch() {
                continue;
            }
            for (act, line) in &ours.acts {
                for (their_act, their_line) in &theirs.acts {
                    let weight = act.weight() + their_act.weight();
                    let better = found.as_ref().is_none_or(|(before, _)| weight > *before);
                    if better && act.clashes(their_act) {
                        let this = Effect { line: *line, what: ours.phrase(act) };
                        let other = Effect { line: *their_line, what: theirs.phrase(their_act) };
                        found =
                            Some((weight, Conflict { object: ours.shown.clone(), this, other }));
                    }
                }
            }
        }
        found.map(|(_, conflict)| conflict)
    }

    /// The first statement that is not understood.
    #[must_use]
    pub fn opaque(&self) -> Option<&Opaque> {
        self.opaque.as_ref()
    }

    fn note_opaque(&mut self, line: usize, sql: &str) {
        if self.opaque.as_ref().is_none_or(|before| line < before.line) {
            self.opaque = Some(Opaque { line, excerpt: excerpt(sql) });
        }
    }
}

impl Touched {
    /// A name that comes up here, and is gone again at the end.
    fn is_scratch(&self) -> bool {
        matches!(self.acts.first(), Some((Act::Create | Act::RenameHere, _)))
            && self
                .acts
                .iter()
                .rev()
                .map(|(act, _)| act)
                .find(|act| act.is_whole())
                .is_some_and(Act::removes)
    }

    fn phrase(&self, act: &Act) -> String {
        let removed = self.acts.iter().any(|(act, _)| act.removes());
        let made = self.acts.iter().any(|(act, _)| matches!(act, Act::Create | Act::RenameHere));
        if act.is_whole() && removed && made && !self.is_scratch() {
            "rebuilds".to_owned()
        } else {
            act.phrase()
        }
    }
}

/// The first words of a statement, on one line.
fn excerpt(sql: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown = String::new();
    for word in sql.split_whitespace() {
        let first = shown.is_empty();
        if shown.chars().count() + word.chars().count() >= LONGEST {
            if first {
                shown.extend(word.chars().take(LONGEST));
            }
            shown.push('…');
            break;
        }
        if !first {
            shown.push(' ');
        }
        shown.push_str(word);
    }
    shown
}

/// Reads one statement into a footprint. Its methods return false for what they do not understand.
struct Reader<'f> {
    footprint: &'f mut Footprint,
    dialect: Dialect,
    line: usize,
}

impl Reader<'_> {
    fn read(&mut self, statement: &Statement<'_>, tokens: &[Token<'_>]) -> bool {
        let mut cursor = Cursor::new(tokens);
        match statement.kind {
            StatementKind::Ddl => self.ddl(&mut cursor),
            StatementKind::Dml => self.dml(cursor),
            StatementKind::Query => self.query(cursor),
            StatementKind::TransactionControl | StatementKind::Session => true,
            StatementKind::ClientCommand if cursor.at("copy") => self.copy(&mut cursor),
            StatementKind::ClientCommand => false,
            // These change how data is stored, not what is stored.
            StatementKind::Other => cursor
                .at_any(&["vacuum", "analyze", "reindex", "optimize", "cluster", "lock", "unlock"]),
        }
    }

    fn touch(&mut self, class: Class, name: &name::Name, act: Act) {
        let touched = self
            .footprint
            .objects
            .entry(Object::new(class, name))
            .or_insert_with(|| Touched { shown: name.shown(), acts: Vec::new() });
        // Repetitions say nothing new, but Create and Drop may alternate.
        if act.is_whole() || !touched.acts.iter().any(|(before, _)| *before == act) {
            touched.acts.push((act, self.line));
        }
    }

    fn table(&mut self, name: &name::Name, act: Act) {
        self.touch(Class::Relation, name, act);
    }
}

#[cfg(test)]
mod tests;
