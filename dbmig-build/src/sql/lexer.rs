//! The lexer: one pass over a text, in the dialect's own rules of quoting and commenting.

use super::scan::{self, Extent};
use super::token::{Token, TokenKind};
use crate::Dialect;

/// The tokens of a text, with comments and white space: put together they are the text.
#[must_use]
pub fn tokens(text: &str, dialect: Dialect) -> Tokens<'_> {
    Tokens {
        text,
        dialect,
        pos: 0,
        delimiter: ";",
        fresh: true,
        line_start: true,
        executable: None,
        escapes: Escapes::No,
        copy: Copy::No,
    }
}

/// Iterator over the [`tokens`] of a text.
#[derive(Debug, Clone)]
pub struct Tokens<'a> {
    text: &'a str,
    dialect: Dialect,
    pos: usize,
    /// What ends a statement now.
    delimiter: &'a str,
    /// Nothing of the current statement was seen yet.
    fresh: bool,
    /// Nothing but white space was seen on this line yet.
    line_start: bool,
    /// Within an executable comment: where a server that skips it sees its end.
    executable: Option<usize>,
    escapes: Escapes,
    copy: Copy,
}

/// PostgreSQL: `E'a'⏎'b\''` is one string, so its second half has escapes too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    No,
    /// After an escape string, no line end seen yet.
    Ended,
    /// After an escape string and a line end: a quote goes on with it.
    Continue,
}

/// How much of `COPY … FROM STDIN;` was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copy {
    No,
    Head,
    From,
    Stdin,
    Data,
}

/// Longest delimiter that the MySQL client takes; bounds the work of looking for it.
const LONGEST_DELIMITER: usize = 15;

/// Commands that the MySQL client takes at the start of a statement and that no SQL starts with.
const MYSQL_CLIENT_WORDS: [&str; 11] = [
    "source",
    "system",
    "tee",
    "notee",
    "pager",
    "nopager",
    "charset",
    "prompt",
    "connect",
    "warnings",
    "nowarning",
];

/// Kind, length and problem of the next token.
type Scanned = (TokenKind, usize, Option<&'static str>);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let rest = self.text.get(self.pos..).filter(|rest| !rest.is_empty())?;
        let (kind, len, problem) = self.scan(rest);
        // Every scan gives at least one whole character; this keeps even a mistake there from looping.
        let len = if len == 0 || !rest.is_char_boundary(len) { rest.len() } else { len };
        let token = Token { kind, text: &rest[..len], offset: self.pos, problem };
        self.pos += len;
        self.follow(&token);
        Some(token)
    }
}

impl<'a> Tokens<'a> {
    /// What ends a statement now: `;` unless a `DELIMITER` line changed it.
    #[must_use]
    pub fn delimiter(&self) -> &'a str {
        self.delimiter
    }

    /// True between the opening and the end of an executable comment.
    pub(crate) fn in_executable(&self) -> bool {
        self.executable.is_some()
    }

    /// True where the next token is the data of a COPY.
    pub(crate) fn at_copy_data(&self) -> bool {
        self.copy == Copy::Data && self.pos < self.text.len()
    }

    fn scan(&mut self, rest: &'a str) -> Scanned {
        use TokenKind::{ClientCommand, CopyData, ExecutableClose, Space, Terminator};
        let bytes = rest.as_bytes();
        if self.copy == Copy::Data {
            return (CopyData, copy_data(rest), None);
        }
        // SQLite takes it for white space wherever a token can start.
        if (self.pos == 0 || self.dialect == Dialect::Sqlite) && rest.starts_with('\u{feff}') {
            return (Space, '\u{feff}'.len_utf8(), None);
        }
        if scan::is_space(bytes[0]) {
            return (Space, scan::space(rest), None);
        }
        // Before comments and names: `DELIMITER --` and `DELIMITER $$` are legal.
        if rest.starts_with(self.delimiter) {
            return (Terminator, self.delimiter.len(), None);
        }
        if rest.starts_with("*/") {
            if let Some(skipped) = self.executable {
                let problem =
                    "the end of an executable comment depends on whether the server runs it";
                return (ExecutableClose, 2, (self.pos != skipped).then_some(problem));
            }
        }
        if self.dialect == Dialect::Sqlite {
            if let Some(Extent { len, closed }) = scan::variable(rest) {
                let problem = "a variable with a parenthesis without its closing one";
                let named = rest[1..len].bytes().any(|byte| byte != b':');
                let kind = if named { TokenKind::Word } else { TokenKind::Symbol };
                return (kind, len, (!closed).then_some(problem));
            }
        }
        if let Some(found) =
            self.comment(rest).or_else(|| self.client_line(rest)).or_else(|| self.quote(rest))
        {
            return found;
        }
        match bytes[0] {
            b'\\' if self.dialect == Dialect::Postgres => {
                (ClientCommand, scan::line(rest, true), None)
            }
            b'\\' if self.dialect == Dialect::Mysql => match bytes.get(1) {
                Some(b'N') => (TokenKind::Word, 2, None), // NULL in the notation of data files
                Some(b'g' | b'G') => (ClientCommand, 2, None),
                _ => (ClientCommand, scan::line(rest, false), None),
            },
            _ => {
                let (kind, len) = self.plain(rest);
                let cut = self.cut_at_delimiter(rest, len);
                let dollar_quote = self.dialect == Dialect::Mysql
                    && self.delimiter == ";"
                    && bytes[0] == b'$'
                    && rest[1..cut].contains('$');
                (
                    kind,
                    cut,
                    dollar_quote.then_some("MySQL before 9.0 reads a dollar quote as a name"),
                )
            }
        }
    }

    /// Words, numbers and symbols.
    fn plain(&self, rest: &str) -> (TokenKind, usize) {
        use TokenKind::{Number, Symbol, Word};
        let bytes = rest.as_bytes();
        let next = bytes.get(1).copied().unwrap_or(b' ');
        match bytes[0] {
            b'$' if self.dialect == Dialect::Postgres && !next.is_ascii_digit() => (Symbol, 1),
            b'0'..=b'9' => (Number, scan::number(rest)),
            b'.' if next.is_ascii_digit() => (Number, scan::number(rest)),
            first if scan::is_word(first) => (Word, scan::word(rest)),
            b'@' if self.dialect == Dialect::Mysql && next == b'@' => {
                (Word, 2 + scan::word(&rest[2..]))
            }
            b'@' if self.dialect == Dialect::Mysql && scan::is_word(next) => {
                (Word, 1 + scan::word(&rest[1..]))
            }
            first if self.dialect == Dialect::Postgres && b"+-*/<>=~!@#%^&|`?".contains(&first) => {
                (Symbol, scan::postgres_operator(rest))
            }
            _ => (Symbol, scan::symbol(rest)),
        }
    }

    fn comment(&self, rest: &str) -> Option<Scanned> {
        use TokenKind::{BlockComment, ExecutableOpen, Hint, LineComment};
        let bytes = rest.as_bytes();
        let mysql = self.dialect == Dialect::Mysql;
        // MySQL: `1--1` is 2, so a comment needs white space or a control character after it.
        let dashes =
            rest.starts_with("--") && (!mysql || bytes.get(2).is_none_or(|byte| *byte <= b' '));
        if dashes || (mysql && bytes[0] == b'#') {
            return Some((LineComment, scan::line(rest, self.dialect == Dialect::Postgres), None));
        }
        if !rest.starts_with("/*") {
            return None;
        }
        if mysql && (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
            let mark = if rest.starts_with("/*!") { 3 } else { 4 };
            let version = rest[mark..].bytes().take(6).take_while(u8::is_ascii_digit).count();
            if self.executable.is_some() {
                return Some((
                    ExecutableOpen,
                    mark + version,
                    Some("an executable comment within another"),
                ));
            }
            return Some(match scan::skipped_comment(&rest[mark..]) {
                Some(_) => (ExecutableOpen, mark + version, None),
                None => (ExecutableOpen, rest.len(), Some("an executable comment without end")),
            });
        }
        if self.dialect == Dialect::Sqlite && rest.len() == 2 {
            return None; // SQLite reads these two, at the very end, as operators
        }
        let Extent { len, closed } = scan::block_comment(rest, self.dialect == Dialect::Postgres);
        let kind = if bytes.get(2) == Some(&b'+') { Hint } else { BlockComment };
        // SQLite ends a comment at the end of the text.
        let problem =
            (!closed && self.dialect != Dialect::Sqlite).then_some("a comment without end");
        Some((kind, len, problem))
    }

    /// Lines for a database's own client, which take the whole line whatever is in it.
    fn client_line(&self, rest: &'a str) -> Option<Scanned> {
        if !self.fresh && !self.line_start {
            return None;
        }
        match self.dialect {
            Dialect::Postgres => None, // a backslash, wherever it is
            Dialect::Sqlite => {
                let dot = rest.starts_with('.')
                    && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic());
                (dot && self.fresh && self.line_start)
                    .then(|| (TokenKind::ClientCommand, scan::line(rest, false), None))
            }
            Dialect::Mysql => {
                let first = &rest[..scan::word(rest)];
                if first.eq_ignore_ascii_case("delimiter") {
                    let len = scan::line(rest, false);
                    let delimiter = delimiter_of(&rest[..len]);
                    let symbols = !delimiter.contains(|c: char| c.is_ascii_alphanumeric());
                    // `delimiter` is a name too: only where no other reading makes sense.
                    let command =
                        self.fresh || (symbols && self.line_start && !delimiter.is_empty());
                    if !command {
                        return None;
                    }
                    let usable = !delimiter.is_empty() && delimiter.len() <= LONGEST_DELIMITER;
                    let usable = usable && !delimiter.contains('\\');
                    return Some((
                        TokenKind::Delimiter,
                        len,
                        (!usable).then_some("a DELIMITER that can not be used"),
                    ));
                }
                let command = self.fresh
                    && self.line_start
                    && MYSQL_CLIENT_WORDS.iter().any(|word| first.eq_ignore_ascii_case(word));
                command.then(|| (TokenKind::ClientCommand, scan::line(rest, false), None))
            }
        }
    }

    fn quote(&self, rest: &str) -> Option<Scanned> {
        use TokenKind::{QuotedName, String};
        let (mysql, postgres) = (self.dialect == Dialect::Mysql, self.dialect == Dialect::Postgres);
        let bytes = rest.as_bytes();
        let (kind, extent) = match bytes[0] {
            b'\'' => (
                String,
                scan::quoted(
                    rest,
                    0,
                    b'\'',
                    mysql || (postgres && self.escapes == Escapes::Continue),
                ),
            ),
            b'"' if mysql => (String, scan::quoted(rest, 0, b'"', true)),
            b'"' => (QuotedName, scan::quoted(rest, 0, b'"', false)),
            b'`' if !postgres => (QuotedName, scan::quoted(rest, 0, b'`', false)),
            b'[' if self.dialect == Dialect::Sqlite => (QuotedName, scan::bracketed(rest)),
            b'$' if postgres => (String, scan::dollar_quoted(rest)?),
            b'e' | b'E' if postgres && bytes.get(1) == Some(&b'\'') => {
                (String, scan::quoted(rest, 1, b'\'', true))
            }
            b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if bytes.get(1) == Some(&b'\'') => {
                (String, scan::quoted(rest, 1, b'\'', mysql))
            }
            b'u' | b'U' if postgres && bytes.get(1) == Some(&b'&') => match bytes.get(2) {
                Some(b'\'') => (String, scan::quoted(rest, 2, b'\'', false)),
                Some(b'"') => (QuotedName, scan::quoted(rest, 2, b'"', false)),
                _ => return None,
            },
            _ => return None,
        };
        let problem = match kind {
            String => "a string without end",
            _ => "a quoted name without end",
        };
        Some((kind, extent.len, (!extent.closed).then_some(problem)))
    }

    /// The MySQL client sees its delimiter even within a word (`END$$`).
    fn cut_at_delimiter(&self, rest: &str, len: usize) -> usize {
        if self.delimiter == ";" {
            return len;
        }
        let delimiter = self.delimiter.as_bytes();
        let reach = rest.len().min(len + delimiter.len() - 1);
        let found = rest.as_bytes()[..reach]
            .windows(delimiter.len())
            .position(|window| window == delimiter);
        found.filter(|at| *at > 0).map_or(len, |at| at.min(len))
    }

    /// Keeps the state after a token.
    fn follow(&mut self, token: &Token<'a>) {
        use TokenKind::{
            BlockComment, ClientCommand, CopyData, Delimiter, Hint, LineComment, Space, Terminator,
        };
        let first = self.fresh;
        self.line_start = match token.kind {
            Space => self.line_start || token.text.contains('\n'),
            LineComment => self.line_start,
            _ => false,
        };
        self.fresh = match token.kind {
            Terminator | ClientCommand | Delimiter | CopyData => true,
            Space | LineComment | BlockComment | Hint => self.fresh,
            _ => false,
        };
        match token.kind {
            TokenKind::ExecutableOpen if self.executable.is_none() => {
                let skipped = scan::skipped_comment(&self.text[self.pos..]);
                self.executable = skipped.map(|at| self.pos + at);
            }
            TokenKind::ExecutableClose => self.executable = None,
            Delimiter if token.problem.is_none() => self.delimiter = delimiter_of(token.text),
            _ => {}
        }
        if self.dialect == Dialect::Postgres {
            self.escapes = match (token.kind, self.escapes) {
                (TokenKind::String, Escapes::Continue) => Escapes::Ended,
                (TokenKind::String, _) if token.text.starts_with(['e', 'E']) => Escapes::Ended,
                (Space, Escapes::Ended) if token.text.contains(['\n', '\r']) => Escapes::Continue,
                (Space | LineComment, before) => before,
                _ => Escapes::No,
            };
            self.copy = match (token.kind, self.copy) {
                (TokenKind::Word, _) if first => {
                    if token.is("copy") {
                        Copy::Head
                    } else {
                        Copy::No
                    }
                }
                (TokenKind::Word, Copy::Head) if token.is("from") => Copy::From,
                (TokenKind::Word, Copy::From) if token.is("stdin") => Copy::Stdin,
                (Terminator, Copy::Stdin) => Copy::Data,
                (Terminator | CopyData, _) => Copy::No,
                (Space | LineComment | BlockComment, before) => before,
                (_, Copy::From) => Copy::Head,
                (_, before) => before,
            };
        }
    }
}

/// The delimiter that a `DELIMITER` line sets; empty when it sets none.
fn delimiter_of(line: &str) -> &str {
    line.get("delimiter".len()..).unwrap_or("").split_ascii_whitespace().next().unwrap_or("")
}

/// The data lines of a COPY: up to and with the line `\.`, or all the rest.
fn copy_data(rest: &str) -> usize {
    let mut from = 0;
    while let Some(found) = rest[from..].find("\n\\.") {
        let end = from + found + 3;
        let after = &rest[end..];
        if after.is_empty() || after.starts_with('\n') || after.starts_with("\r\n") {
            return end;
        }
        from = end;
    }
    rest.len()
}
