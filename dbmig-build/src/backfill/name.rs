//! `Name`: a table or a column as the header names it.

use crate::Dialect;
use crate::sql::{self, TokenKind};

/// A name with what stands before it: `users`, `app.users`, `"User"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// As written, for statements.
    pub sql: String,
    /// Its parts as the database keeps them: without quotes, on PostgreSQL in lower case where there were
    /// none. At least one.
    pub parts: Vec<String>,
}

impl Name {
    /// Reads one name; `None` where the text is anything else.
    pub fn parse(text: &str, dialect: Dialect) -> Option<Self> {
        let mut parts = Vec::new();
        let mut wants_name = true;
        for token in sql::tokens(text.trim(), dialect) {
            match token.kind {
                TokenKind::Word if wants_name && is_plain(token.text) => {
                    parts.push(match dialect {
                        Dialect::Postgres => token.text.to_lowercase(),
                        Dialect::Sqlite | Dialect::Mysql => token.text.to_owned(),
                    });
                }
                TokenKind::QuotedName if wants_name => parts.push(unquoted(token.text)?),
                TokenKind::Symbol if !wants_name && token.text == "." => {}
                _ => return None,
            }
            if token.problem.is_some() {
                return None;
            }
            wants_name = !wants_name;
        }
        (!parts.is_empty() && !wants_name).then(|| Self { sql: text.trim().to_owned(), parts })
    }

    /// The last part.
    pub fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// The part before the last: a schema, or a database.
    pub fn schema(&self) -> Option<&str> {
        let before = self.parts.len().checked_sub(2)?;
        self.parts.get(before).map(String::as_str)
    }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        && !word.starts_with(|c: char| c == '$' || c.is_ascii_digit())
}

fn unquoted(text: &str) -> Option<String> {
    let mut chars = text.chars();
    let (open, close) = (chars.next()?, chars.next_back()?);
    let inner = chars.as_str();
    match (open, close) {
        ('"', '"') => Some(inner.replace("\"\"", "\"")),
        ('`', '`') => Some(inner.replace("``", "`")),
        ('[', ']') => Some(inner.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        use Dialect::{Mysql, Postgres, Sqlite};
        for (dialect, text, expected) in [
            (Sqlite, "users", Some(&["users"][..])),
            (Sqlite, "Users", Some(&["Users"])),
            (Postgres, " App.Users ", Some(&["app", "users"])),
            (Postgres, "\"User\"", Some(&["User"])),
            (Postgres, "app.\"a\"\"b\"", Some(&["app", "a\"b"])),
            (Mysql, "`a b`.`c``d`", Some(&["a b", "c`d"])),
            (Sqlite, "[a b]", Some(&["a b"])),
            (Sqlite, "", None),
            (Sqlite, "a b", None),
            (Sqlite, "a.", None),
            (Sqlite, ".a", None),
            (Postgres, "a; DROP TABLE b", None),
            (Postgres, "$1", None),
            (Postgres, "'a'", None),
            (Postgres, "\"a", None),
        ] {
            let name = Name::parse(text, dialect);
            let parts =
                name.as_ref().map(|name| name.parts.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(parts.as_deref(), expected, "{dialect} {text:?}");
        }
    }
}
