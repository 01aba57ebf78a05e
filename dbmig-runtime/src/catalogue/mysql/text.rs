//! What the servers write, put into the form that SQL takes anywhere.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, tokens};

use crate::sql;

/// The tokens of a text.
pub(super) fn lex(text: &str) -> Vec<Token<'_>> {
    tokens(text, Dialect::Mysql).collect()
}

/// Without the escapes that MySQL puts before the quotes of an expression as a whole.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match char {
            // Quotes that stand alone: this one was not escaped.
            '\'' => return text.to_owned(),
            '\\' => match rest.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some('Z') => out.push('\x1a'),
                Some(other) => out.push(other),
                None => return text.to_owned(),
            },
            other => out.push(other),
        }
    }
    out
}

/// What MySQL hands out in `information_schema` of an expression with other letters than those of ASCII: the
/// bytes of UTF-8, each taken for a letter of its own. A text that is none of these stays what it is.
pub(super) fn decoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|char| u8::try_from(char).ok()).collect();
    let read = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    read.unwrap_or_else(|| text.to_owned())
}

/// `-1` where MySQL writes `-(1)`: it does until it has built the table anew, and says `-1` then.
pub(super) fn plain_numbers(text: &str) -> String {
    let found = lex(text);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(token) = found.get(at) {
        out.push_str(token.text);
        at += 1;
        if let ("-", [open, number, close, ..]) = (token.text, &found[at..]) {
            if open.text == "(" && number.kind == TokenKind::Number && close.text == ")" {
                out.push_str(number.text);
                at += 3;
            }
        }
    }
    out
}

/// Without the character set that MySQL puts before each string of an expression, where it is the one that
/// sessions have anyway.
pub(super) fn plain_strings(text: &str) -> String {
    let found = lex(text);
    let mut out = String::with_capacity(text.len());
    for (at, token) in found.iter().enumerate() {
        let next_is_string = found.get(at + 1).is_some_and(|next| next.kind == TokenKind::String);
        if token.kind == TokenKind::Word && token.text == "_utf8mb4" && next_is_string {
            continue;
        }
        out.push_str(token.text);
    }
    out
}

/// Without the name of the database before the names in it.
///
/// Two parts may also be an alias and a column: where something is called like the database, only what stands
/// as a table or a function loses its first part.
pub(super) fn unqualified(text: &str, database: &str) -> String {
    let database = sql::quoted(Dialect::Mysql, database);
    if !text.contains(&database) {
        return text.to_owned();
    }
    let found = lex(text);
    let is_dot = |at: usize| found.get(at).is_some_and(|token| token.text == ".");
    let after_dot = |at: usize| at > 0 && is_dot(at - 1);
    let is_database = |at: usize| {
        let token = &found[at];
        token.kind == TokenKind::QuotedName && token.text == database && !after_dot(at)
    };
    let also_alias = (0..found.len()).any(|at| is_database(at) && !is_dot(at + 1));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < found.len() {
        let three = is_dot(at + 1) && is_dot(at + 3);
        if is_database(at)
            && is_dot(at + 1)
            && (three || !also_alias || stands_as_object(&found, at))
        {
            at += 2;
        } else {
            out.push_str(found[at].text);
            at += 1;
        }
    }
    out
}

/// Whether a name of two parts stands where a table or a function does.
fn stands_as_object(found: &[Token<'_>], at: usize) -> bool {
    if found.get(at + 3).is_some_and(|token| token.text == "(") {
        return true;
    }
    let before = found[..at].iter().rev().find(|token| !token.is_trivia() && token.text != "(");
    before.is_some_and(|token| {
        ["from", "join", "straight_join"].iter().any(|word| token.text.eq_ignore_ascii_case(word))
    })
}

/// Without the parentheses around all of it.
pub(super) fn without_parentheses(text: &str) -> &str {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let Some(inner) = inner else { return text };
    let mut depth = 0i32;
    for token in tokens(inner, Dialect::Mysql) {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

/// A text as the servers write it in definitions.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for char in text.chars() {
        match char {
            '\'' => out.push_str("''"),
            '\\' => out.push_str("\\\\"),
            '\0' => out.push_str("\\0"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\x1a' => out.push_str("\\Z"),
            other => out.push(other),
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (text, expected) in [
            (r"`a` > 1", "`a` > 1"),
            (r"_utf8mb4\'it\\\'s\'", r"_utf8mb4'it\'s'"),
            (r#"\'\\\\ "\\n\n\'"#, "'\\\\ \"\\n\n'"),
            // As MariaDB writes it, and a server that mends this.
            (r"'it\'s'", r"'it\'s'"),
            ("a\\", "a\\"),
        ] {
            assert_eq!(unescaped(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("(`a` >= -(1)) and (`a` < 1000)", "(`a` >= -1) and (`a` < 1000)"),
            ("`a` - (1)", "`a` - (1)"),
            ("-(`a`)", "-(`a`)"),
            ("-(1.5e3)", "-1.5e3"),
            ("'-(1)'", "'-(1)'"),
            ("-(1 + 2)", "-(1 + 2)"),
        ] {
            assert_eq!(plain_numbers(text), expected, "{text}");
        }
    }

    #[test]
    fn letters() {
        for (text, expected) in [
            ("`a` > 1", "`a` > 1"),
            ("`naÃ¯ve` <> 'Ã\u{9c}'", "`naïve` <> 'Ü'"),
            ("'ð\u{9f}\u{98}\u{80}'", "'😀'"),
            // A server that mends this.
            ("`naïve` <> 'Ü'", "`naïve` <> 'Ü'"),
            ("'😀'", "'😀'"),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn character_sets() {
        for (text, expected) in [
            ("concat(_utf8mb4'a',_utf8mb4'b')", "concat('a','b')"),
            ("_latin1'a'", "_latin1'a'"),
            (r"'_utf8mb4\'a'", r"'_utf8mb4\'a'"),
            ("`_utf8mb4`", "`_utf8mb4`"),
        ] {
            assert_eq!(plain_strings(text), expected, "{text}");
        }
    }

    #[test]
    fn databases() {
        for (text, expected) in [
            ("select `d`.`t`.`c` AS `c` from `d`.`t`", "select `t`.`c` AS `c` from `t`"),
            ("select `x`.`d`.`c` from `x`.`d`", "select `x`.`d`.`c` from `x`.`d`"),
            ("nextval(`d`.`s`)", "nextval(`s`)"),
            ("'`d`.`t`'", "'`d`.`t`'"),
            (
                "select `d`.`c` AS `c` from (`d`.`t` `d` join `d`.`u` on(`d`.`f`(`d`.`u`.`x`)))",
                "select `d`.`c` AS `c` from (`t` `d` join `u` on(`f`(`u`.`x`)))",
            ),
        ] {
            assert_eq!(unqualified(text, "d"), expected, "{text}");
        }
    }

    #[test]
    fn parentheses() {
        for (text, expected) in [
            ("(a)", "a"),
            ("(a) + (b)", "(a) + (b)"),
            ("((a) + (b))", "(a) + (b)"),
            ("(')')", "')'"),
            ("a", "a"),
        ] {
            assert_eq!(without_parentheses(text), expected, "{text}");
        }
    }

    #[test]
    fn literals() {
        assert_eq!(literal("it's \\ a\nb\0"), r"'it''s \\ a\nb\0'");
    }
}
