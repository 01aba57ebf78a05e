//! The token digest: equal for texts that differ in comments, white space and the case of words only.

use super::lexer::tokens;
use super::split::split;
use super::token::{Token, TokenKind};
use crate::Dialect;

/// `tok1:` and 64 hexadecimal digits; None where the text can not be read with certainty.
///
/// Comments and white space do not count, nor does the case of unquoted words. What changes the
/// meaning does: `-- dbmig:` directives, executable comments, optimiser hints, `DELIMITER` lines,
/// and the insides of strings, quoted bodies and quoted names, exactly as written.
#[must_use]
pub fn token_digest(text: &str, dialect: Dialect) -> Option<String> {
    if split(text, dialect).unsure.is_some() {
        return None;
    }
    let mut hash = hmac_sha256::Hash::new();
    hash.update(b"dbmig token digest tok1\0");
    hash.update(dialect.as_str().as_bytes());
    hash.update(b"\0");
    let mut folded = Vec::new();
    let mut after_string = false;
    let mut line_end = false;
    for token in tokens(text, dialect) {
        // PostgreSQL joins two strings with a line end between them, and refuses them without.
        let continues = after_string && line_end && dialect == Dialect::Postgres;
        match counted(&token) {
            None => line_end = line_end || token.text.contains('\n'),
            Some((tag, part)) => {
                let tag = if continues && token.kind == TokenKind::String { b'j' } else { tag };
                folded.clear();
                folded.extend_from_slice(part.as_bytes());
                if token.kind == TokenKind::Word {
                    folded.make_ascii_lowercase();
                }
                hash.update([tag]);
                hash.update((folded.len() as u64).to_le_bytes());
                hash.update(&folded);
                after_string = token.kind == TokenKind::String;
                line_end = false;
            }
        }
    }
    let mut digest = String::from("tok1:");
    for byte in hash.finalize() {
        for nibble in [byte >> 4, byte & 15] {
            digest.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    Some(digest)
}

/// The tag and the text that a token counts with. The tags are part of the format.
fn counted<'a>(token: &Token<'a>) -> Option<(u8, &'a str)> {
    let tag = match token.kind {
        TokenKind::Space | TokenKind::BlockComment => return None,
        TokenKind::LineComment => return token.directive().map(|directive| (b'd', directive)),
        TokenKind::Hint => b'h',
        TokenKind::ExecutableOpen => b'(',
        TokenKind::ExecutableClose => b')',
        TokenKind::Word => b'w',
        TokenKind::QuotedName => b'q',
        TokenKind::String => b's',
        TokenKind::Number => b'n',
        TokenKind::Symbol => b'o',
        TokenKind::Terminator => b't',
        TokenKind::Delimiter => {
            return Some((b'm', token.text.split_ascii_whitespace().nth(1).unwrap_or("")));
        }
        TokenKind::ClientCommand => b'c',
        TokenKind::CopyData => b'x',
    };
    Some((tag, token.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Dialect::{Mysql, Postgres, Sqlite};

    fn equal(dialect: Dialect, left: &str, right: &str) -> bool {
        let left = token_digest(left, dialect).expect("certain");
        left == token_digest(right, dialect).expect("certain")
    }

    #[test]
    fn reformatting_does_not_count() {
        for (dialect, left, right) in [
            (Sqlite, "SELECT 1;", "  select\t1 -- one\n;\n"),
            (Sqlite, "a=-1", "a = -1"),
            (Postgres, "a=-1", "a = -1"),
            (Postgres, "create table t(a int)", "/* x /* y */ */CREATE TABLE t (\n  a int\n)"),
            (Mysql, "select 1 # x", "SELECT 1"),
            (Mysql, "DELIMITER //\nselect 1//", "delimiter   //  \nselect 1 //\n"),
            (Sqlite, "\u{feff}select 1", "select 1"),
            (Sqlite, "select 1\r\n", "select 1\n"),
        ] {
            assert!(equal(dialect, left, right), "{dialect}: {left:?} {right:?}");
        }
    }

    #[test]
    fn meaning_counts() {
        for (dialect, left, right) in [
            (Sqlite, "select 'a'", "select 'A'"),
            (Sqlite, "select 'a  b'", "select 'a b'"),
            (Sqlite, "select \"A\"", "select \"a\""),
            (Sqlite, "select ab", "select a b"),
            (Sqlite, "select 1 .5", "select 1.5"),
            (Sqlite, "select 1", "-- dbmig:allow x\nselect 1"),
            (Sqlite, "-- dbmig:allow x\nselect 1", "-- dbmig:allow y\nselect 1"),
            (Postgres, "select $$a b$$", "select $$a  b$$"),
            (Postgres, "select a @ -1", "select a @-1"),
            (Postgres, "select 'a'\n'b'", "select 'a' 'b'"),
            (Postgres, "/*+ SeqScan(t) */ select 1", "select 1"),
            (Mysql, "/*! set x=1 */", "set x=1"),
            (Mysql, "/*!50000 set x=1 */", "/*!99999 set x=1 */"),
            (Mysql, "DELIMITER //\nselect 1;", "DELIMITER $$\nselect 1;"),
            (Mysql, "select 1--1", "select 1 -- 1"),
        ] {
            assert!(!equal(dialect, left, right), "{dialect}: {left:?} {right:?}");
        }
        assert_ne!(token_digest("select 1", Sqlite), token_digest("select 1", Mysql));
    }

    #[test]
    fn the_format_is_fixed() {
        let digest = token_digest("SELECT 'x', \"y\" FROM t; -- c", Sqlite).expect("certain");
        assert_eq!(digest, "tok1:d56bb15562126776d61a7e2bf5e6cd1cb1abc0cf477422895bbcc9d55fe545d9");
        assert_eq!(token_digest("select 'x", Sqlite), None);
        assert_eq!(token_digest("select 1; /* x", Mysql), None);
    }
}
