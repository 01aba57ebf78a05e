//! Modes of SQL that change how a text reads.

use dbmig_build::sql::TokenKind;

use super::text::lex;

/// A mode, and whether it makes a difference to a text.
type Mode = (&'static str, fn(&str) -> bool);

const MODES: [Mode; 8] = [
    ("ANSI_QUOTES", |text| text.contains('"')),
    ("EMPTY_STRING_IS_NULL", |text| text.contains("''")),
    ("HIGH_NOT_PRECEDENCE", |text| has_word(text, "not")),
    ("IGNORE_SPACE", has_space_before_parenthesis),
    ("NO_BACKSLASH_ESCAPES", |text| text.contains('\\')),
    ("ORACLE", |_| true),
    ("PIPES_AS_CONCAT", |text| text.contains("||")),
    ("REAL_AS_FLOAT", |text| has_word(text, "real")),
];

/// Those that expand to some of them.
const GROUPS: [&str; 1] = ["ANSI"];

/// Those that refuse dates of zeros, which are defaults of old tables.
const NO_ZERO: [&str; 3] = ["NO_ZERO_IN_DATE", "NO_ZERO_DATE", "TRADITIONAL"];

fn has_word(text: &str, word: &str) -> bool {
    lex(text).iter().any(|token| token.text.eq_ignore_ascii_case(word))
}

fn has_space_before_parenthesis(text: &str) -> bool {
    let found = lex(text);
    found.windows(3).any(|three| {
        three[0].kind == TokenKind::Word
            && three[1].kind == TokenKind::Space
            && three[2].text == "("
    })
}

/// The modes of a program that its text needs.
pub(super) fn needed(mode: &str, text: &str) -> Vec<&'static str> {
    let on = |name: &str| mode.split(',').any(|one| one.trim() == name);
    MODES
        .iter()
        .filter(|(name, matters)| on(name) && matters(text))
        .map(|(name, _)| *name)
        .collect()
}

/// A statement that says which modes it needs.
pub(super) fn marked(needed: &[&str], statement: &str) -> String {
    match needed {
        [] => statement.to_owned(),
        _ => format!("/* sql_mode: {} */ {statement}", needed.join(",")),
    }
}

/// The modes that a statement says it needs.
pub(super) fn marks(statement: &str) -> Option<&str> {
    let rest = statement.strip_prefix("/* sql_mode: ")?;
    rest.split_once(" */").map(|(modes, _)| modes)
}

/// Whether it makes a difference which modes a session has when this runs.
pub(super) fn matter(statement: &str) -> bool {
    let strings = ['"', '\\'].iter().any(|char| statement.contains(*char));
    strings || statement.contains("||") || marks(statement).is_some() || has_zero_date(statement)
}

fn has_zero_date(statement: &str) -> bool {
    statement.contains("0000-00-00") || statement.contains("-00'")
}

/// The session's modes without those that change how statements read.
pub(super) fn neutral(statements: &[String]) -> String {
    let zero: &[&str] =
        if statements.iter().any(|one| has_zero_date(one)) { &NO_ZERO } else { &[] };
    let names = MODES.iter().map(|(name, _)| name).chain(&GROUPS).chain(zero);
    names.fold("@@sql_mode".to_owned(), |inner, name| format!("REPLACE({inner}, '{name}', '')"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matters() {
        let all = "PIPES_AS_CONCAT,ANSI_QUOTES,IGNORE_SPACE,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES";
        for (mode, text, expected) in [
            (all, "SELECT 1", &[][..]),
            (
                all,
                "SELECT \"a\" || '\\'",
                &["ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "PIPES_AS_CONCAT"],
            ),
            ("", "SELECT \"a\" || '\\\\'", &[]),
            (all, "SELECT count (*)", &["IGNORE_SPACE"]),
            ("HIGH_NOT_PRECEDENCE", "SELECT NOT a", &["HIGH_NOT_PRECEDENCE"]),
            ("ORACLE", "BEGIN NULL; END", &["ORACLE"]),
        ] {
            assert_eq!(needed(mode, text), expected, "{mode} {text}");
        }
    }

    #[test]
    fn marks_are_read_back() {
        let statement = marked(&["ANSI_QUOTES", "ORACLE"], "CREATE PROCEDURE p()");
        assert_eq!(marks(&statement), Some("ANSI_QUOTES,ORACLE"));
        assert_eq!(marks(&marked(&[], "CREATE PROCEDURE p()")), None);
    }
}
