//! Rows that would have nothing where something has to be.

use dbmig_build::Dialect;
use dbmig_build::sql::{TokenKind, tokens};
use dbmig_runtime::catalogue::{Catalogue, Column, Name, Table, literal};

use super::{Answers, Question};

/// What rows get in a column that has nothing for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fill {
    /// The table, as it is called afterwards.
    pub table: Name,
    /// The column.
    pub column: String,
    /// The value, as SQL.
    pub value: String,
    /// Whether the column is new; otherwise the rows with NULL get it.
    pub new: bool,
}

/// The columns that rows have nothing for: those that are answered, and questions about the others.
pub(super) fn find(
    begin: &Catalogue,
    after: &Catalogue,
    answers: &Answers,
    questions: &mut Vec<Question>,
) -> Vec<Fill> {
    let mut fills = Vec::new();
    for table in &after.tables {
        let Some(old) = begin.table(&table.name) else { continue };
        for column in table.columns.iter().filter(|column| is_demanding(table, column, after)) {
            let before = old.column(&column.name);
            // Rows with NULL keep it, whatever new ones get.
            if before.is_none() && column.default.is_some() {
                continue;
            }
            if before.is_some_and(|before| !before.nullable || is_key(old, &column.name)) {
                continue;
            }
            let new = before.is_none();
            let name = format!("{}.{}", table.name, column.name);
            match answers.filled(&name) {
                Some(Some(value)) => fills.push(Fill {
                    table: table.name.clone(),
                    column: column.name.clone(),
                    value: value.to_owned(),
                    new,
                }),
                Some(None) => {}
                None => {
                    let proposed = proposed(after, column);
                    questions.push(Question::Fill { column: name, new, proposed });
                }
            }
        }
    }
    fills
}

/// Whether nothing but a value that is given will do.
fn is_demanding(table: &Table, column: &Column, catalogue: &Catalogue) -> bool {
    let by_itself =
        column.generated.is_some() || column.identity.is_some() || column.auto_increment;
    // The row's own number.
    let rowid = catalogue.dialect == Dialect::Sqlite && is_key(table, &column.name);
    !column.nullable && !by_itself && !rowid
}

fn is_key(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| name == column))
}

/// Whether a value is one and the same for every row, whatever else is in it.
pub(super) fn is_constant(value: &str, dialect: Dialect) -> bool {
    let all: Vec<_> = tokens(value, dialect).filter(|token| !token.is_trivia()).collect();
    let signed = matches!(&all[..], [sign, number]
        if matches!(sign.text, "-" | "+") && number.kind == TokenKind::Number);
    let single = matches!(&all[..], [one]
        if matches!(one.kind, TokenKind::Number | TokenKind::String)
            || one.text.eq_ignore_ascii_case("true")
            || one.text.eq_ignore_ascii_case("false"));
    signed || single
}

/// A value that fits the type, for want of a better one.
fn proposed(catalogue: &Catalogue, column: &Column) -> String {
    if let Some(default) = &column.default {
        return default.clone();
    }
    let dialect = catalogue.dialect;
    let text = column.ty.text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if column.ty.array {
        return literal(dialect, "{}");
    }
    if let Some(known) = catalogue.enums.iter().find(|known| known.name == column.ty.name) {
        return literal(dialect, known.labels.first().map_or("", String::as_str));
    }
    if let Some(first) = text.strip_prefix("enum(") {
        return first.split(',').next().unwrap_or("''").trim_end_matches(')').to_owned();
    }
    let value = match dialect {
        _ if has(&["bool"]) => "false",
        _ if has(&["timestamp", "datetime"]) => "CURRENT_TIMESTAMP",
        _ if text == "date" => "CURRENT_DATE",
        _ if text.starts_with("time") => "CURRENT_TIME",
        Dialect::Postgres if text == "uuid" => "gen_random_uuid()",
        _ if has(&["json"]) => return literal(dialect, "{}"),
        Dialect::Postgres if has(&["interval"]) => return literal(dialect, "0"),
        _ if has(&["int", "num", "dec", "float", "double", "real", "money", "bit", "serial"]) => {
            "0"
        }
        _ => return literal(dialect, ""),
    };
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants() {
        for (value, expected) in [
            ("0", true),
            ("-1.5", true),
            ("'it''s'", true),
            ("TRUE", true),
            ("now()", false),
            ("lower(name)", false),
            ("name", false),
            ("1 + 1", false),
            ("", false),
        ] {
            assert_eq!(is_constant(value, Dialect::Postgres), expected, "{value}");
        }
    }
}
