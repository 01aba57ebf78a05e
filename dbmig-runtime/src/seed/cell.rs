//! What a data file is made of: rows of cells, each with its place, and what is wrong with its form.

use std::borrow::Cow;

/// Line and column, 1-based, in characters.
pub(super) type Place = (usize, usize);

/// One value of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell<'a> {
    /// Its text; `None` for NULL.
    pub(super) text: Option<Cow<'a, str>>,
    /// Where it begins.
    pub(super) place: Place,
}

/// One row of a file, in the order of the file's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// Its cells.
    pub(super) cells: Vec<Cell<'a>>,
    /// Where it begins.
    pub(super) place: Place,
}

/// What is wrong with the form of a file. Nothing after it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// What, in lower case, without a final period.
    pub(super) message: String,
    /// Where.
    pub(super) place: Place,
}

impl Row<'_> {
    /// The same, of its own text.
    pub(super) fn into_owned(self) -> Row<'static> {
        let cell = |cell: Cell<'_>| Cell {
            text: cell.text.map(|text| Cow::Owned(text.into_owned())),
            place: cell.place,
        };
        Row { cells: self.cells.into_iter().map(cell).collect(), place: self.place }
    }
}

impl Malformed {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { message: message.into(), place }
    }
}

/// A text that is read from its start, and knows where it is.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
    line: usize,
    column: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text, line: 1, column: 1 }
    }

    /// A text that begins at a place of a longer one.
    pub(super) fn within(text: &'a str, (line, column): Place) -> Self {
        Self { rest: text, line, column }
    }

    pub(super) fn place(&self) -> Place {
        (self.line, self.column)
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    /// Takes so many bytes, which end on a character.
    pub(super) fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        match taken.bytes().filter(|&b| b == b'\n').count() {
            0 => self.column += taken.chars().count(),
            lines => {
                self.line += lines;
                let last = taken.rsplit('\n').next().unwrap_or_default();
                self.column = last.chars().count() + 1;
            }
        }
        self.rest = rest;
        taken
    }
}
