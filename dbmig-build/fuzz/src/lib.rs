//! What must hold for every SQL text, whatever is in it.

use dbmig_build::Dialect;
use dbmig_build::sql::{self, TokenKind};

/// Tokens and pieces are the text, all ranges lie on character boundaries, nothing panics, and comments
/// and white space do not change the token digest.
pub fn check(bytes: &[u8], dialect: Dialect) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut end = 0;
    for token in sql::tokens(text, dialect) {
        assert_eq!(token.offset, end);
        assert!(!token.text.is_empty());
        end = token.end();
        assert_eq!(text.get(token.offset..end), Some(token.text));
    }
    assert_eq!(end, text.len());

    let split = sql::split(text, dialect);
    let pieces: String = split.statements.iter().map(|s| s.piece).chain([split.tail]).collect();
    assert_eq!(pieces, text);
    for statement in &split.statements {
        let end = statement.offset + statement.sql.len();
        assert_eq!(text.get(statement.offset..end), Some(statement.sql));
        assert_eq!(sql::position(text, statement.offset), (statement.line, statement.column));
    }
    assert!(!sql::is_empty(text, dialect) || split.statements.is_empty());
    let _ = sql::footprint(text, dialect);

    let digest = sql::token_digest(text, dialect);
    assert_eq!(digest.is_none(), split.unsure.is_some());
    if digest.is_some() {
        assert_eq!(sql::token_digest(&respaced(text, dialect), dialect), digest, "{text:?}");
    }
}

/// The text with other white space and other comments, where they separate and mean nothing else.
fn respaced(text: &str, dialect: Dialect) -> String {
    let mut other = String::new();
    let mut lines = false;
    let mut word_before = false;
    for token in sql::tokens(text, dialect) {
        // Client commands take a whole line, and where a line starts decides on them.
        lines |= matches!(
            token.kind,
            TokenKind::ClientCommand | TokenKind::Delimiter | TokenKind::CopyData
        );
        let plain = word_before && !lines && !token.text.contains('\u{feff}');
        match token.kind {
            TokenKind::Space if plain => {
                other.push_str(token.text);
                other.push_str("/* other ; ' */");
                other.push_str(token.text);
            }
            TokenKind::BlockComment if plain => other.push_str("/* other\n ; */"),
            _ => {
                word_before = matches!(token.kind, TokenKind::Word | TokenKind::Number);
                other.push_str(token.text);
            }
        }
    }
    other
}
