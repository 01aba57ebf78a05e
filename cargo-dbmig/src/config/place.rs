//! `Place`: where in a file something stands; `Source`: a text whose byte offsets become places.

use std::fmt;
use std::ops::Range;

use crate::error::CliError;

/// A place in a file: 1-based line and column, columns counted in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it is shown to the user.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

/// A text together with the name it is shown under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    path: &'a str,
    text: &'a str,
}

impl<'a> Source<'a> {
    /// A byte order mark is dropped here, so that it never shifts a column.
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text: text.strip_prefix('\u{feff}').unwrap_or(text) }
    }

    /// The text, without a byte order mark.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// The place of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> Place {
        // An error at the end of the text may point one past it.
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            path: self.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// The place where a span starts; the start of the file if there is none.
    pub(crate) fn start_of(&self, span: Option<Range<usize>>) -> Place {
        self.place(span.map_or(0, |span| span.start))
    }

    /// A configuration error at the start of a span.
    pub(crate) fn error(&self, span: Option<Range<usize>>, message: impl fmt::Display) -> CliError {
        CliError::usage(format!("{}: {message}", self.start_of(span)))
    }

    /// The text as a TOML document that knows its places.
    pub(crate) fn parse_toml(&self) -> Result<toml_edit::Document<&'a str>, CliError> {
        toml_edit::Document::parse(self.text).map_err(|error| {
            // Only the first line: the rest of the parser's text can quote the file, secrets included.
            let reason = error.message().lines().next().unwrap_or_default().to_owned();
            self.error(error.span(), format_args!("invalid TOML: {reason}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let cases = [
            ("", 0, (1, 1)),
            ("ab", 1, (1, 2)),
            ("a\nb", 2, (2, 1)),
            ("ä = x", 5, (1, 5)),
            ("a\r\nbc", 4, (2, 2)),
            ("a", 99, (1, 2)),
            ("\u{feff}ab", 1, (1, 2)),
        ];
        for (text, offset, (line, column)) in cases {
            let place = Source::new("f", text).place(offset);
            assert_eq!((place.line, place.column), (line, column), "{text:?} at {offset}");
        }
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let error = Source::new("dbmig.toml", "a = 1\nb = \n").parse_toml().unwrap_err();
        assert!(error.message.starts_with("dbmig.toml:2:"), "{}", error.message);
        assert!(error.message.contains("invalid TOML: "), "{}", error.message);
    }
}
