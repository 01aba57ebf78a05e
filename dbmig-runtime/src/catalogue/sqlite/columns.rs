//! Columns: what the pragma tells, with what their text says.

use dbmig_build::sql::{Token, TokenKind};

use super::super::{Column, Generated, Options};
use super::declared::{Declared, DeclaredColumn};
use super::normal::{Spelling, collation_name};
use super::queries::{Hidden, StoredColumn};
use super::text::{is_word, seen, without_parentheses};
use super::{names, types};

/// Words that are values; any other word is text to a default.
const VALUES: [&str; 6] =
    ["NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"];

/// The columns of a table; `None` where pragma and text do not agree.
pub(super) fn columns(
    stored: &[StoredColumn],
    declared: &Declared<'_, '_>,
    spelling: &Spelling,
) -> Option<Vec<Column>> {
    if stored.len() != declared.columns.len() {
        return None;
    }
    let pairs = stored.iter().zip(&declared.columns);
    pairs.map(|(stored, declared)| column(stored, declared, spelling)).collect()
}

fn column(
    stored: &StoredColumn,
    declared: &DeclaredColumn<'_, '_>,
    spelling: &Spelling,
) -> Option<Column> {
    if stored.name != declared.name {
        return None;
    }
    let mut column = plain(stored);
    column.nullable = !declared.not_null;
    column.default = declared.default.and_then(default);
    column.generated = declared.generated.map(|expression| Generated {
        expression: spelling.expression(without_parentheses(expression)),
        stored: stored.hidden == Hidden::Stored,
    });
    let collation = declared.collation.as_deref().map(collation_name);
    column.collation = collation.filter(|name| name != "BINARY");
    column.options.extend(declared.on_conflict.clone().map(|what| ("on_conflict", what)));
    Some(column)
}

/// A column with nothing but a name and a type.
pub(super) fn plain(stored: &StoredColumn) -> Column {
    Column {
        name: stored.name.clone(),
        ty: types::column_type(&stored.ty),
        nullable: true,
        default: None,
        generated: None,
        identity: None,
        auto_increment: false,
        collation: None,
        comment: None,
        options: Options::new(),
    }
}

/// A default as an expression without parentheses around it; `None` for NULL.
fn default(tokens: &[Token<'_>]) -> Option<String> {
    match without_parentheses(tokens) {
        [null] if is_word(null, "NULL") => None,
        [word] if word.kind == TokenKind::Word && !is_value(word) => Some(text_of(word)),
        [name] if name.kind == TokenKind::QuotedName => Some(text_of(name)),
        expression => Some(Spelling::default().expression(expression)),
    }
}

fn text_of(token: &Token<'_>) -> String {
    crate::sql::literal(dbmig_build::Dialect::Sqlite, &names::unquoted(token.text))
}

fn is_value(token: &Token<'_>) -> bool {
    VALUES.iter().any(|value| is_word(token, value))
}

/// A default as a definition writes it.
pub(super) fn written_default(default: &str) -> String {
    let literal = |token: &Token<'_>| {
        matches!(token.kind, TokenKind::Number | TokenKind::String) || is_value(token)
    };
    let bare = match seen(default).as_slice() {
        [value] => literal(value),
        [sign, number] => matches!(sign.text, "-" | "+") && number.kind == TokenKind::Number,
        _ => false,
    };
    if bare { default.to_owned() } else { format!("({default})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults() {
        for (sql, expected, written) in [
            ("'it''s'", Some("'it''s'"), "'it''s'"),
            ("draft", Some("'draft'"), "'draft'"),
            ("\"draft\"", Some("'draft'"), "'draft'"),
            ("(-1)", Some("-1"), "-1"),
            ("- 1.5", Some("-1.5"), "-1.5"),
            ("x'00'", Some("x'00'"), "x'00'"),
            ("current_timestamp", Some("CURRENT_TIMESTAMP"), "CURRENT_TIMESTAMP"),
            ("true", Some("TRUE"), "TRUE"),
            ("NULL", None, ""),
            ("((null))", None, ""),
            ("(1+2)", Some("1 + 2"), "(1 + 2)"),
            ("( Date ( 'now' ) )", Some("date('now')"), "(date('now'))"),
        ] {
            let found = default(&seen(sql));
            assert_eq!(found.as_deref(), expected, "{sql}");
            assert_eq!(found.map(|d| written_default(&d)).unwrap_or_default(), written, "{sql}");
        }
    }
}
