//! Defaults: from a word of the command line to SQL of a dialect.

use dbmig_build::Dialect;
use dbmig_runtime::catalogue::literal;

use super::column::{ColumnWish, TypeWish};
use super::types::Literal;
use crate::error::{CliError, CliResult};

/// A UUID of version 4 out of what SQLite has: in its text form, as other dialects write it.
const SQLITE_UUID: &str = "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || \
     substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) || \
     substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

/// The types of MySQL that take no constant for a default.
const COMPUTED_ONLY: [&str; 8] =
    ["text", "mediumtext", "longtext", "blob", "longblob", "json", "jsonb", "array"];

/// The default that a column asks for; `None` for none.
pub(super) fn of(wish: &ColumnWish, dialect: Dialect) -> CliResult<Option<String>> {
    let Some(text) = &wish.default else { return Ok(None) };
    let wrong = |what: String| CliError::usage(format!("`{}`: {what}", wish.typed));
    if text.eq_ignore_ascii_case("null") {
        return Ok(None);
    }
    if let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return Ok(Some(match dialect {
            Dialect::Sqlite => inner.to_owned(),
            Dialect::Postgres | Dialect::Mysql => text.clone(),
        }));
    }
    let plain = unquoted(text);
    let quoted = plain.len() != text.len();
    let word = text.to_ascii_lowercase();
    let (kind, name) = match &wish.ty {
        TypeWish::Word { array: true, .. } => (Literal::Text, "array"),
        TypeWish::Word { word, .. } => (word.literal, word.word),
        TypeWish::Enum(values) => {
            if !values.iter().any(|value| value == &plain) {
                let values = crate::config::listed(values.iter().map(String::as_str));
                return Err(wrong(format!("the default `{plain}` is none of {values}")));
            }
            (Literal::Text, "enum")
        }
        TypeWish::Own { .. } => (Literal::Text, "own"),
        TypeWish::OfKey => (Literal::Number, "key"),
    };
    let number = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && digits.parse::<f64>().is_ok()
    };
    let sql = match kind {
        Literal::Moment if is_now(&word) && !quoted => now(dialect, name, wish),
        Literal::Uuid if matches!(&*word, "uuid4" | "uuid" | "uuid()") && !quoted => uuid(dialect),
        Literal::Bool => match (&*word, dialect) {
            ("true" | "1" | "yes", Dialect::Mysql) => "1".to_owned(),
            ("false" | "0" | "no", Dialect::Mysql) => "0".to_owned(),
            ("true" | "1" | "yes", Dialect::Postgres) => "true".to_owned(),
            ("false" | "0" | "no", Dialect::Postgres) => "false".to_owned(),
            ("true" | "1" | "yes", Dialect::Sqlite) => "TRUE".to_owned(),
            ("false" | "0" | "no", Dialect::Sqlite) => "FALSE".to_owned(),
            _ => return Err(wrong(format!("`{text}` is neither `true` nor `false`"))),
        },
        Literal::Number if number(&plain) => plain,
        Literal::Number => {
            return Err(wrong(format!("the default `{text}` is no number"))
                .help("an expression stands in parentheses: `default=(…)`"));
        }
        _ => literal(dialect, &plain),
    };
    let computed = dialect == Dialect::Mysql && COMPUTED_ONLY.contains(&name);
    Ok(Some(if computed { format!("({sql})") } else { sql }))
}

/// The moment at which a row is made, for `created_at`.
pub(super) fn moment(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => "CURRENT_TIMESTAMP",
        Dialect::Mysql => "CURRENT_TIMESTAMP(6)",
    }
}

/// A new UUID.
pub(super) fn uuid(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => SQLITE_UUID.to_owned(),
        Dialect::Postgres => "gen_random_uuid()".to_owned(),
        Dialect::Mysql => "(uuid())".to_owned(),
    }
}

fn is_now(word: &str) -> bool {
    matches!(word, "now" | "now()" | "today" | "current_timestamp" | "current_date")
}

fn now(dialect: Dialect, ty: &str, wish: &ColumnWish) -> String {
    let args = match &wish.ty {
        TypeWish::Word { args, .. } if !args.is_empty() => args.as_str(),
        _ => "6",
    };
    match (ty, dialect) {
        ("date", Dialect::Mysql) => "(CURRENT_DATE)".to_owned(),
        ("date", _) => "CURRENT_DATE".to_owned(),
        ("time", Dialect::Mysql) => "(CURRENT_TIME)".to_owned(),
        ("time", Dialect::Postgres) => "LOCALTIME".to_owned(),
        ("time", Dialect::Sqlite) => "CURRENT_TIME".to_owned(),
        (_, Dialect::Mysql) => format!("CURRENT_TIMESTAMP({args})"),
        _ => "CURRENT_TIMESTAMP".to_owned(),
    }
}

/// Without its quotes, where it has some.
fn unquoted(text: &str) -> String {
    let inner = ['\'', '"'].iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
        Some(inner.replace(&quote.to_string().repeat(2), &quote.to_string()))
    });
    inner.unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::column;
    use super::*;

    #[test]
    fn defaults() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (text, dialect, expected) in [
            ("a:int:default=0", Sqlite, Some("0")),
            ("a:int:default=-1", Postgres, Some("-1")),
            ("a:decimal(4,2):default=1.5", Mysql, Some("1.5")),
            ("a:string:default=it's", Sqlite, None),
            ("a:string:default=user", Postgres, Some("'user'")),
            ("a:string:default='it''s'", Postgres, Some("'it''s'")),
            ("a:string:default=''", Postgres, Some("''")),
            ("a:string:default=now", Postgres, Some("'now'")),
            ("a:text:default=x", Mysql, Some("('x')")),
            ("a:json:default={}", Mysql, Some("('{}')")),
            ("a:jsonb:default={}", Postgres, Some("'{}'")),
            ("a:bool:default=true", Postgres, Some("true")),
            ("a:bool:default=false", Mysql, Some("0")),
            ("a:bool:default=true", Sqlite, Some("TRUE")),
            ("a:timestamp:default=now", Postgres, Some("CURRENT_TIMESTAMP")),
            ("a:timestamp(3):default=now", Mysql, Some("CURRENT_TIMESTAMP(3)")),
            ("a:date:default=now", Mysql, Some("(CURRENT_DATE)")),
            ("a:uuid:default=uuid4", Postgres, Some("gen_random_uuid()")),
            ("a:int:default=(1 + 1)", Sqlite, Some("1 + 1")),
            ("a:int:default=(1 + 1)", Mysql, Some("(1 + 1)")),
            ("a:int:default=null", Mysql, None),
            ("a:enum:{x,y}:default=y", Postgres, Some("'y'")),
            ("a:array:int:default={}", Postgres, Some("'{}'")),
        ] {
            let Ok(wish) = column::column(text) else {
                // A quote that nothing closes.
                assert_eq!(text, "a:string:default=it's");
                continue;
            };
            assert_eq!(of(&wish, dialect).unwrap().as_deref(), expected, "{text} {dialect}");
        }
        for (text, message) in [
            ("a:int:default=x", "`a:int:default=x`: the default `x` is no number"),
            ("a:int:default=inf", "`a:int:default=inf`: the default `inf` is no number"),
            ("a:bool:default=2", "`a:bool:default=2`: `2` is neither `true` nor `false`"),
            (
                "a:enum:{x,y}:default=z",
                "`a:enum:{x,y}:default=z`: the default `z` is none of `x`, `y`",
            ),
        ] {
            let wish = column::column(text).unwrap();
            assert_eq!(of(&wish, Sqlite).unwrap_err().message, message);
        }
    }
}
