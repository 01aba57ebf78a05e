//! `.env`: the grammar of dotenvy, which Diesel's command line uses, as a pure function.
//!
//! `KEY=value`, optional `export`, `#` comments, single quotes (literal) and double quotes (escapes),
//! both over several lines, `$VAR` and `${VAR}` outside single quotes. Wherever dotenvy reads something
//! the value is the same, but for its slips around `$`: here `$A_B` is one name, and what follows a name
//! is read like any other text. A backslash at the end of a line, which it drops, is an error.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::str::CharIndices;

use super::place::Source;
use crate::error::{CliError, CliResult};

/// The nearest `.env` file from `start` up to and including `stop`, never above it.
///
/// If `start` is not below `stop`, only `start` itself is looked at.
pub fn find(start: &Path, stop: &Path) -> Option<PathBuf> {
    let stop = if start.starts_with(stop) { stop } else { start };
    start
        .ancestors()
        .take_while(|folder| folder.starts_with(stop))
        .map(|folder| folder.join(".env"))
        .find(|path| path.is_file())
}

/// The variables of a `.env` text, in its order, with duplicates.
///
/// `lookup` gives variables that are set already: they win over earlier lines when a value refers to
/// one. A name that nobody sets expands to nothing.
///
/// # Errors
/// A line that cannot be understood. The message begins as Diesel's does and never quotes the line:
/// such files hold passwords.
pub fn parse(
    text: &str,
    path: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> CliResult<Vec<(String, String)>> {
    let source = Source::new(path, text);
    let mut reader = Reader {
        source,
        chars: source.text().char_indices().peekable(),
        lookup,
        earlier: BTreeMap::new(),
    };
    let mut pairs = Vec::new();
    while let Some((key, value)) = reader.line()? {
        reader.earlier.insert(key.clone(), value.clone());
        pairs.push((key, value));
    }
    Ok(pairs)
}

struct Reader<'a> {
    source: Source<'a>,
    chars: Peekable<CharIndices<'a>>,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    earlier: BTreeMap<String, String>,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn offset(&mut self) -> usize {
        let end = self.source.text().len();
        self.chars.peek().map_or(end, |(offset, _)| *offset)
    }

    fn error(&self, offset: usize, reason: &str) -> CliError {
        let place = self.source.place(offset);
        CliError::usage(format!(
            "Initializing `.env` file failed: Error parsing line: {place}: {reason}"
        ))
    }

    fn skip(&mut self, skipped: impl Fn(char) -> bool) {
        while self.chars.next_if(|(_, c)| skipped(*c)).is_some() {}
    }

    fn skip_blanks(&mut self) {
        self.skip(|c| c.is_whitespace() && c != '\n');
    }

    /// The next assignment; `None` at the end of the text.
    fn line(&mut self) -> CliResult<Option<(String, String)>> {
        loop {
            self.skip(char::is_whitespace);
            match self.peek() {
                None => return Ok(None),
                Some('#') => self.skip(|c| c != '\n'),
                Some(_) => break,
            }
        }
        let mut key = self.key()?;
        self.skip_blanks();
        // `export` is a prefix, unless it is the name itself: `export=1`.
        if key == "export" && self.peek() != Some('=') {
            key = self.key()?;
            self.skip_blanks();
        }
        let offset = self.offset();
        if self.chars.next_if(|(_, c)| *c == '=').is_none() {
            return Err(self.error(offset, &format!("`=` is missing after `{key}`")));
        }
        self.skip_blanks();
        let value = if self.peek() == Some('#') { String::new() } else { self.value()? };
        self.end_of_line()?;
        Ok(Some((key, value)))
    }

    fn key(&mut self) -> CliResult<String> {
        let offset = self.offset();
        let mut key = String::new();
        while let Some((_, c)) =
            self.chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
        {
            key.push(c);
        }
        if key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            Ok(key)
        } else {
            Err(self.error(offset, "a variable name is expected"))
        }
    }

    /// Quoted and unquoted pieces up to the first blank: `a"b c"'d'` is one value.
    fn value(&mut self) -> CliResult<String> {
        let mut value = String::new();
        while let Some(c) = self.peek() {
            let offset = self.offset();
            match c {
                _ if c.is_whitespace() => break,
                '\'' => self.single_quoted(&mut value, offset)?,
                '"' => self.double_quoted(&mut value, offset)?,
                _ => {
                    self.chars.next();
                    self.piece(c, offset, &mut value)?;
                }
            }
        }
        Ok(value)
    }

    fn single_quoted(&mut self, value: &mut String, start: usize) -> CliResult<()> {
        self.chars.next();
        loop {
            match self.chars.next() {
                Some((_, '\'')) => return Ok(()),
                Some((_, c)) => value.push(c),
                None => return Err(self.error(start, "the single quote is never closed")),
            }
        }
    }

    fn double_quoted(&mut self, value: &mut String, start: usize) -> CliResult<()> {
        self.chars.next();
        loop {
            match self.chars.next() {
                Some((_, '"')) => return Ok(()),
                Some((offset, c)) => self.piece(c, offset, value)?,
                None => return Err(self.error(start, "the double quote is never closed")),
            }
        }
    }

    /// One character outside single quotes: an escape, a reference, or itself.
    fn piece(&mut self, c: char, offset: usize, value: &mut String) -> CliResult<()> {
        match c {
            '\\' => match self.chars.next() {
                Some((_, c @ ('\\' | '\'' | '"' | '$' | ' '))) => value.push(c),
                Some((_, 'n')) => value.push('\n'),
                _ => {
                    let reason = "a backslash escapes only \\, ', \", $, n, and a space";
                    return Err(self.error(offset, reason).help(
                        "put the value in single quotes, where a backslash is just a backslash",
                    ));
                }
            },
            '$' => self.reference(offset, value)?,
            c => value.push(c),
        }
        Ok(())
    }

    fn reference(&mut self, offset: usize, value: &mut String) -> CliResult<()> {
        let braced = self.chars.next_if(|(_, c)| *c == '{').is_some();
        let mut name = String::new();
        while let Some((_, c)) = self
            .chars
            .next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_' || (braced && *c == '.'))
        {
            name.push(c);
        }
        if braced && self.chars.next_if(|(_, c)| *c == '}').is_none() {
            return Err(self.error(offset, "`${` is never closed by `}`"));
        }
        if name.is_empty() && !braced {
            value.push('$');
        } else if let Some(known) =
            (self.lookup)(&name).or_else(|| self.earlier.get(&name).cloned())
        {
            value.push_str(&known);
        }
        Ok(())
    }

    fn end_of_line(&mut self) -> CliResult<()> {
        self.skip_blanks();
        let offset = self.offset();
        match self.peek() {
            None | Some('\n') => Ok(()),
            Some('#') => {
                self.skip(|c| c != '\n');
                Ok(())
            }
            Some(_) => Err(self
                .error(offset, "something follows the value")
                .help("put a value with spaces in quotes")),
        }
    }
}

#[cfg(test)]
#[path = "dotenv_tests.rs"]
mod tests;
