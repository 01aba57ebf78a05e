//! One spelling for SQL that means the same: `ALTER TABLE` changes the quotes of stored text, people its
//! blanks and case.

use std::collections::HashMap;

use dbmig_build::sql::{Token, TokenKind};

use super::names::{bare, folded, is_keyword, is_plain, is_reserved, unquoted};
use super::text::{is_symbol, is_word};

/// Keywords that stand in expressions; the others are names there, where a column is called so.
const OPERATORS: [&str; 36] = [
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "CAST",
    "COLLATE",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "DISTINCT",
    "ELSE",
    "END",
    "ESCAPE",
    "EXISTS",
    "FALSE",
    "FILTER",
    "FROM",
    "GLOB",
    "IN",
    "IS",
    "ISNULL",
    "LIKE",
    "MATCH",
    "NOT",
    "NOTNULL",
    "NULL",
    "OR",
    "RAISE",
    "REGEXP",
    "SELECT",
    "THEN",
    "TRUE",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// Keywords that are values, or end one: a sign behind them has two sides.
const VALUES: [&str; 9] = [
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
    "END",
    "FALSE",
    "ISNULL",
    "NOTNULL",
    "NULL",
    "TRUE",
];

/// Keywords that are called like functions.
const CALLED: [&str; 6] = ["CAST", "GLOB", "IF", "LIKE", "RAISE", "REPLACE"];

/// Keywords that views and triggers have no use for: without quotes these are names there.
const NAMES: [&str; 23] = [
    "ACTION",
    "ANALYZE",
    "ATTACH",
    "CASCADE",
    "COLUMN",
    "DATABASE",
    "DEFERRED",
    "DETACH",
    "EXCLUSIVE",
    "EXPLAIN",
    "IMMEDIATE",
    "INITIALLY",
    "KEY",
    "PLAN",
    "PRAGMA",
    "QUERY",
    "REINDEX",
    "RELEASE",
    "RENAME",
    "RESTRICT",
    "SAVEPOINT",
    "VACUUM",
    "VIRTUAL",
];

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| other.eq_ignore_ascii_case(word))
}

/// The names that an expression can mean, by their folded form, as they are spelled.
#[derive(Debug, Default)]
pub(super) struct Spelling(HashMap<String, String>);

impl Spelling {
    /// Those of a table and of its columns.
    pub(super) fn of<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = HashMap::from([(folded(table), table.to_owned())]);
        names.extend(columns.into_iter().map(|column| (folded(column), column.to_owned())));
        Self(names)
    }

    /// Adds a name. Of two that differ only in case, which mean the same to SQLite, one stands for both.
    pub(super) fn add(&mut self, name: &str) {
        let spelled = self.0.entry(folded(name)).or_insert_with(|| name.to_owned());
        if name < spelled.as_str() {
            name.clone_into(spelled);
        }
    }

    /// How a name is spelled that is known.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&folded(name)).map(String::as_str)
    }

    /// An expression of a table: no other name than those known can stand there.
    pub(super) fn expression(&self, tokens: &[Token<'_>]) -> String {
        let mut out = Writer::default();
        for place in places(tokens) {
            out.push(place.token.kind, &self.word_of_expression(place), place.after);
        }
        out.text
    }

    fn word_of_expression(&self, Place { before, token, after }: Place<'_>) -> String {
        let name = unquoted(token.text);
        let called = after.is_some_and(|after| is_symbol(after, "("));
        let collation = before.is_some_and(|before| is_word(before, "COLLATE"));
        match token.kind {
            TokenKind::Word | TokenKind::QuotedName if collation => collation_name(&name),
            TokenKind::Word if is_one_of(token.text, &OPERATORS) => token.text.to_ascii_uppercase(),
            TokenKind::Word | TokenKind::QuotedName if called && is_function(&name) => {
                folded(&name)
            }
            TokenKind::Word | TokenKind::QuotedName => match self.get(&name) {
                Some(spelled) => bare(spelled),
                None if token.kind == TokenKind::Word && is_keyword(&name) => {
                    name.to_ascii_uppercase()
                }
                None if is_one_of(&name, &["rowid", "oid", "_rowid_"]) => folded(&name),
                // To SQLite it is a string, in double quotes, and RENAME COLUMN makes one of it.
                None if token.text.starts_with('"') && !is_qualified(before, after) => {
                    crate::sql::literal(dbmig_build::Dialect::Sqlite, &name)
                }
                None => token.text.to_owned(),
            },
            _ => token.text.to_owned(),
        }
    }

    /// A whole statement: views and triggers. The names of a view's columns are not taken from this.
    pub(super) fn statement(&self, tokens: &[Token<'_>]) -> String {
        let mut out = Writer::default();
        let trigger = tokens.first().is_some_and(|first| is_word(first, "CREATE"));
        let mut body = false;
        for place in places(tokens) {
            let Place { before, token, after } = place;
            if body && before.is_some_and(|t| t.kind == TokenKind::Terminator) {
                out.line(if after.is_some() { "    " } else { "" });
            }
            out.push(token.kind, &self.word_of_statement(place), after);
            if !body && trigger && is_word(token, "BEGIN") && !before.is_some_and(goes_on) {
                body = true;
                out.line("    ");
            }
        }
        out.text
    }

    fn word_of_statement(&self, Place { before, token, after }: Place<'_>) -> String {
        let name = unquoted(token.text);
        let known = self.get(&name);
        let spelled = known.unwrap_or(&name);
        match token.kind {
            TokenKind::Word if is_one_of(&name, &NAMES) || dotted(before) || dotted(after) => {
                bare(spelled)
            }
            TokenKind::Word if is_reserved(&name) => name.to_ascii_uppercase(),
            TokenKind::Word if is_keyword(&name) && known.is_none() => name.to_ascii_uppercase(),
            TokenKind::Word => spelled.to_owned(),
            TokenKind::QuotedName => {
                // In double quotes it is a string to SQLite where nothing is called so.
                let certain = known.is_some()
                    || !token.text.starts_with('"')
                    || before.is_some_and(|t| is_word(t, "AS") || is_symbol(t, "."));
                if certain { bare(spelled) } else { quoted(&name) }
            }
            _ => token.text.to_owned(),
        }
    }
}

/// A token, and what stands beside it.
#[derive(Clone, Copy)]
struct Place<'a> {
    before: Option<&'a Token<'a>>,
    token: &'a Token<'a>,
    after: Option<&'a Token<'a>>,
}

fn places<'a>(tokens: &'a [Token<'a>]) -> impl Iterator<Item = Place<'a>> {
    tokens.iter().enumerate().map(|(at, token)| Place {
        before: at.checked_sub(1).map(|before| &tokens[before]),
        token,
        after: tokens.get(at + 1),
    })
}

fn dotted(neighbour: Option<&Token<'_>>) -> bool {
    neighbour.is_some_and(|token| is_symbol(token, "."))
}

/// Whether a name must follow: the body of a trigger does not begin here.
fn goes_on(before: &Token<'_>) -> bool {
    is_symbol(before, ".") || is_symbol(before, ",") || is_word(before, "OF")
}

/// Whether a name is part of a longer one, or that of a type.
fn is_qualified(before: Option<&Token<'_>>, after: Option<&Token<'_>>) -> bool {
    let ends = before.is_some_and(|before| is_word(before, "AS"));
    let called = after.is_some_and(|after| is_symbol(after, "("));
    ends || called || dotted(before) || dotted(after)
}

fn quoted(name: &str) -> String {
    crate::sql::quoted(dbmig_build::Dialect::Sqlite, name)
}

fn is_function(name: &str) -> bool {
    is_plain(name) || is_one_of(name, &["replace", "glob", "like", "if"])
}

/// The name of a collation; SQLite's own in one case.
pub(super) fn collation_name(name: &str) -> String {
    if is_one_of(name, &["BINARY", "NOCASE", "RTRIM"]) {
        name.to_ascii_uppercase()
    } else {
        bare(name)
    }
}

/// Tokens put together with one blank where SQL is written with one.
#[derive(Debug, Default)]
pub(super) struct Writer {
    text: String,
    tight: bool,
    /// What is in front is a value, so that a sign has two sides.
    value: bool,
    /// What is in front is called by the parenthesis that follows.
    called: bool,
}

impl Writer {
    pub(super) fn push(&mut self, kind: TokenKind, text: &str, after: Option<&Token<'_>>) {
        let closes = matches!(text, ")" | "," | "." | ";");
        let sign = matches!(text, "-" | "+" | "~") && !self.value;
        // Two signs would be a comment.
        let apart = self.text.ends_with('-') && text.starts_with('-');
        let joined = (self.tight && !apart) || (text == "(" && self.called);
        if !(self.text.is_empty() || closes || joined) {
            self.text.push(' ');
        }
        self.text.push_str(text);
        let keyword = kind == TokenKind::Word && is_keyword(text);
        self.tight = sign || matches!(text, "(" | ".");
        self.value = match kind {
            TokenKind::Word => !keyword || is_one_of(text, &VALUES),
            TokenKind::Symbol => text == ")",
            _ => kind != TokenKind::Terminator,
        };
        self.called = after.is_some_and(|after| is_symbol(after, "("))
            && matches!(kind, TokenKind::Word | TokenKind::QuotedName)
            && (!keyword || is_one_of(text, &CALLED));
    }

    /// A new line, with this in front of what follows.
    fn line(&mut self, indent: &str) {
        self.text.push('\n');
        self.text.push_str(indent);
        self.tight = true;
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::seen;
    use super::*;

    fn spelling() -> Spelling {
        Spelling::of("my table", ["id", "Name", "order", "a b", "desc"])
    }

    #[test]
    fn expressions() {
        for (sql, expected) in [
            ("ID>0", "id > 0"),
            ("\"id\" > 0 and [NAME]is   not null", "id > 0 AND Name IS NOT NULL"),
            ("`order` > 0", "\"order\" > 0"),
            ("desc > 0", "\"desc\" > 0"),
            ("[A B] in(1,2 , 3)", "\"a b\" IN (1, 2, 3)"),
            ("LENGTH ( name )<=10 /* why */ -- so", "length(Name) <= 10"),
            ("id - 1 > - 5 and -id<- -5", "id - 1 > -5 AND -id < - -5"),
            ("(id)-1", "(id) - 1"),
            ("null - 1", "NULL - 1"),
            ("name collate nocase = 'It''s'", "Name COLLATE NOCASE = 'It''s'"),
            ("name = \"it's a draft\"", "Name = 'it''s a draft'"),
            ("cast(id as \"Odd Type\") > \"ROWID\"", "CAST(id AS \"Odd Type\") > rowid"),
            ("\"my table\".id > .5", "\"my table\".id > .5"),
            ("[MY TABLE] . [id]", "\"my table\".id"),
            ("cast(id as text)glob 'a*'", "CAST(id AS text) GLOB 'a*'"),
            ("Replace(name,'a','b')", "replace(Name, 'a', 'b')"),
            ("case when id then 1 else 2 end", "CASE WHEN id THEN 1 ELSE 2 END"),
            ("name->>'$.a'", "Name ->> '$.a'"),
            ("x'AB' <> name||'x'", "x'AB' <> Name || 'x'"),
            ("not(id=1)", "NOT (id = 1)"),
            ("~ id & 1", "~id & 1"),
        ] {
            assert_eq!(spelling().expression(&seen(sql)), expected, "{sql}");
        }
    }

    #[test]
    fn an_expression_is_left_alone_once_it_is_written() {
        for sql in ["id - 1 > -5 AND -id < - -5", "length(Name) <= 10", "Name = 'draft'"] {
            assert_eq!(spelling().expression(&seen(sql)), sql);
        }
    }

    #[test]
    fn statements() {
        for (sql, expected) in [
            ("select \"id\",[Name] from \"my table\"", "SELECT id, Name FROM \"my table\""),
            ("select ID as \"Total\", 'x' as [y]", "SELECT id AS Total, 'x' AS y"),
            ("select \"draft\", t . * from t", "SELECT \"draft\", t.* FROM t"),
            ("select count( * )from t order by x desc", "SELECT count(*) FROM t ORDER BY x desc"),
            (
                "create trigger t begin select 1 ; delete from x; end",
                "CREATE TRIGGER t BEGIN\n    SELECT 1;\n    DELETE FROM x;\nEND",
            ),
        ] {
            assert_eq!(spelling().statement(&seen(sql)), expected, "{sql}");
        }
    }
}
