//! What others take for a token: the oracles of the lexer, for generated texts here and for the texts of
//! real projects in `tests/corpus`.

use std::ops::Range;

use dbmig_build::Dialect;
use dbmig_build::sql::{self, TokenKind};
use sqlite3_parser::lexer::Scanner;
use sqlite3_parser::lexer::sql::{TokenType, Tokenizer as SqliteTokenizer};
use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Token, Tokenizer};

/// Offsets of the `;` that our lexer sees; `None` where it is not sure.
pub(crate) fn ours(text: &str, dialect: Dialect) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for token in sql::tokens(text, dialect) {
        if token.problem.is_some() {
            return None;
        }
        if token.kind == TokenKind::Terminator {
            found.push(token.offset);
        }
    }
    Some(found)
}

/// Number of the `;` that sqlparser sees.
pub(crate) fn sqlparser(text: &str, dialect: Dialect) -> Option<usize> {
    let tokens = match dialect {
        Dialect::Postgres => Tokenizer::new(&PostgreSqlDialect {}, text).tokenize(),
        Dialect::Mysql => Tokenizer::new(&MySqlDialect {}, text).tokenize(),
        Dialect::Sqlite => Tokenizer::new(&SQLiteDialect {}, text).tokenize(),
    };
    Some(tokens.ok()?.iter().filter(|token| **token == Token::SemiColon).count())
}

/// Offsets of the `;` that squawk sees.
pub(crate) fn squawk(text: &str) -> Vec<usize> {
    let (mut offset, mut found) = (0, Vec::new());
    for token in squawk_lexer::tokenize(text) {
        if token.kind == squawk_lexer::TokenKind::Semi {
            found.push(offset);
        }
        offset += token.len as usize;
    }
    found
}

/// Offsets of the `;` and places of all tokens that sqlite3-parser sees; `None` where it refuses one.
pub(crate) fn sqlite3_parser(text: &str) -> Option<(Vec<usize>, Vec<Range<usize>>)> {
    let mut scanner = Scanner::new(SqliteTokenizer::new());
    let (mut semicolons, mut places) = (Vec::new(), Vec::new());
    while let (start, Some((_, kind)), end) = scanner.scan(text.as_bytes()).ok()? {
        if kind == TokenType::TK_SEMI {
            semicolons.push(start);
        }
        places.push(start..end);
    }
    Some((semicolons, places))
}

/// The tokens of ours that are one token to every lexer of SQLite.
pub(crate) fn solid(text: &str) -> Vec<Range<usize>> {
    let solid = [TokenKind::Word, TokenKind::String, TokenKind::QuotedName];
    let tokens = sql::tokens(text, Dialect::Sqlite).filter(|token| solid.contains(&token.kind));
    tokens.map(|token| token.offset..token.end()).collect()
}
