//! Types as SQLite keeps them: the text of the declaration.

use dbmig_build::sql::{Token, TokenKind};

use super::super::{ColumnType, Name, TypeKind};
use super::names;
use super::text::{Cursor, seen};

/// The tokens of the type that comes next in a declaration; none where there is no type.
pub(super) fn next<'t, 'a>(cursor: &mut Cursor<'t, 'a>) -> Option<&'t [Token<'a>]> {
    let start = cursor.rest();
    let mut ahead = cursor.clone();
    while let Some(token) = ahead.peek() {
        let word = match token.kind {
            TokenKind::Word => !names::is_reserved(token.text),
            TokenKind::QuotedName | TokenKind::String => true,
            _ => false,
        };
        if !word || ahead.at(&["GENERATED", "ALWAYS", "AS"]) {
            break;
        }
        ahead.next();
    }
    if ahead.rest().len() < start.len() && ahead.at_symbol("(") {
        ahead.group()?;
    }
    cursor.take(start.len() - ahead.rest().len())
}

/// The type of a column from what the pragma says.
pub(super) fn column_type(declared: &str) -> ColumnType {
    let mut text = spaced(declared);
    // As newer versions of SQLite keep them whatever was typed.
    let standard = ["ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT"];
    if standard.iter().any(|name| text.eq_ignore_ascii_case(name)) {
        text.make_ascii_uppercase();
    }
    ColumnType {
        name: Name::new(text.to_lowercase()),
        array: false,
        length: length(&text),
        kind: TypeKind::Base,
        text,
    }
}

/// One blank between words, none around parentheses; anything that is no type is left as it is.
fn spaced(declared: &str) -> String {
    let tokens = seen(declared);
    if !is_type(&tokens) {
        return declared.to_owned();
    }
    let mut text = String::new();
    let mut inside = false;
    for token in tokens {
        inside |= token.text == "(";
        if !inside && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(token.text);
    }
    text
}

/// Whether this is a type without quotes around all of it.
fn is_type(tokens: &[Token<'_>]) -> bool {
    let mut cursor = Cursor::new(tokens);
    next(&mut cursor).is_some() && cursor.rest().is_empty()
}

/// A type as a definition writes it.
pub(super) fn written(text: &str) -> String {
    if is_type(&seen(text)) { text.to_owned() } else { names::bare(text) }
}

/// The number in the parentheses of a type for text or bytes.
fn length(text: &str) -> Option<u64> {
    let lower = text.to_lowercase();
    let (name, rest) = lower.split_once('(')?;
    let holds_text = ["char", "clob", "text", "blob", "binary"].iter().any(|ty| name.contains(ty));
    rest.strip_suffix(')')?.parse().ok().filter(|_| holds_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        for (declared, text, length) in [
            ("", "", None),
            ("INTEGER", "INTEGER", None),
            ("Varchar  ( 50 )", "Varchar(50)", Some(50)),
            ("DECIMAL(10, -2)", "DECIMAL(10,-2)", None),
            ("INT(11)", "INT(11)", None),
            ("integer", "INTEGER", None),
            ("unsigned\n /* so */ big int", "unsigned big int", None),
            ("a-b", "a-b", None),
        ] {
            let ty = column_type(declared);
            assert_eq!((ty.text.as_str(), ty.length), (text, length), "{declared}");
        }
    }

    #[test]
    fn as_a_definition_writes_them() {
        for (text, expected) in [
            ("double precision", "double precision"),
            ("varchar(5)", "varchar(5)"),
            ("a-b", "\"a-b\""),
            ("not a type", "\"not a type\""),
            ("generated always as x", "\"generated always as x\""),
        ] {
            assert_eq!(written(text), expected);
        }
    }
}
