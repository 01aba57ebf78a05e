//! Tokens: what the lexer cuts a text into.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// White space; a leading byte order mark too.
    Space,
    /// `-- …`, in MySQL also `# …`, without the end of the line.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// An optimiser hint, `/*+ … */`.
    Hint,
    /// The opening of a comment that MySQL or MariaDB executes: `/*!50003`, `/*M!100000`.
    ExecutableOpen,
    /// The `*/` of an executable comment.
    ExecutableClose,
    /// A keyword, an unquoted name, a variable, or a parameter such as `$1`.
    Word,
    /// A quoted name.
    QuotedName,
    /// A string in any of the dialect's quotes, with its prefix (`E'…'`, `$tag$…$tag$`).
    String,
    /// A number.
    Number,
    /// An operator or another symbol.
    Symbol,
    /// What ends a statement: `;`, or what `DELIMITER` made of it.
    Terminator,
    /// A whole `DELIMITER …` line of the MySQL client.
    Delimiter,
    /// A command for a database's own client: psql's `\x`, `.read`, `source`, `\G`.
    ClientCommand,
    /// The lines after `COPY … FROM STDIN;`, with the closing `\.`.
    CopyData,
}

/// A token with its place. All tokens of a text, put together, are the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// Its text, verbatim.
    pub text: &'a str,
    /// Byte offset of its first byte.
    pub offset: usize,
    /// Why what follows can not be read with certainty, where that is so.
    pub problem: Option<&'static str>,
}

impl<'a> Token<'a> {
    /// Byte offset after its last byte.
    #[must_use]
    pub fn end(&self) -> usize {
        self.offset + self.text.len()
    }

    /// White space and comments, which a server does not see. Hints and executable comments it does.
    #[must_use]
    pub fn is_trivia(&self) -> bool {
        matches!(self.kind, TokenKind::Space | TokenKind::LineComment | TokenKind::BlockComment)
    }

    /// The text after `dbmig:` of a `-- dbmig:` comment.
    #[must_use]
    pub fn directive(&self) -> Option<&'a str> {
        if self.kind != TokenKind::LineComment {
            return None;
        }
        Some(self.text.strip_prefix("--")?.trim_start().strip_prefix("dbmig:")?.trim())
    }

    /// The text of a `-- dbmig: …` comment that goes on with the directive above it: a space stands behind
    /// the colon.
    pub(crate) fn continues_directive(&self) -> Option<&'a str> {
        if self.kind != TokenKind::LineComment {
            return None;
        }
        let rest = self.text.strip_prefix("--")?.trim_start().strip_prefix("dbmig:")?;
        (rest.starts_with([' ', '\t']) && !rest.trim().is_empty()).then(|| rest.trim())
    }

    /// True for this word, in any case.
    pub(crate) fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// True for one of these words, in any case.
    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// True for this symbol.
    pub(crate) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text == symbol
    }
}
