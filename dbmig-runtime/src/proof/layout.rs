//! Whether the body of a function differs in nothing but how it is laid out: that is no broken way back.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, token_digest, tokens};

use crate::catalogue::{Change, Difference, Kind};

/// Whether what differs is white space and comments in the body of a routine, and nothing else.
pub(super) fn is_layout(difference: &Difference, dialect: Dialect) -> bool {
    let Change::Altered(attributes) = &difference.change else { return false };
    if difference.object.kind != Kind::Routine || attributes.len() != 1 {
        return false;
    }
    match attributes.get("definition") {
        Some((Some(before), Some(after))) => match dialect {
            Dialect::Postgres => is_same_function(before, after),
            Dialect::Sqlite | Dialect::Mysql => false,
        },
        _ => false,
    }
}

/// As `pg_get_functiondef` writes them: the body is the one thing that is kept as somebody wrote it.
fn is_same_function(before: &str, after: &str) -> bool {
    let counted = |text| -> Vec<Token<'_>> {
        tokens(text, Dialect::Postgres).filter(|token| !token.is_trivia()).collect()
    };
    let (before, after) = (counted(before), counted(after));
    let is_sql = before.windows(2).any(|pair| {
        pair[0].text.eq_ignore_ascii_case("language") && matches!(pair[1].text, "plpgsql" | "sql")
    });
    let is_same = |(a, b): (&Token<'_>, &Token<'_>)| {
        a.text == b.text
            || match (body(a), body(b)) {
                (Some(a), Some(b)) => {
                    let digest = token_digest(a, Dialect::Postgres);
                    digest.is_some() && digest == token_digest(b, Dialect::Postgres)
                }
                _ => false,
            }
    };
    is_sql && before.len() == after.len() && before.iter().zip(&after).all(is_same)
}

/// What stands between the dollar signs.
fn body<'a>(token: &Token<'a>) -> Option<&'a str> {
    if token.kind != TokenKind::String {
        return None;
    }
    let tag = token.text.find('$').filter(|at| *at == 0).and(token.text[1..].find('$'))? + 2;
    token.text.get(tag..token.text.len().checked_sub(tag)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_that_mean_the_same() {
        let whole = |language: &str, body: &str| {
            format!(
                "CREATE OR REPLACE FUNCTION public.f()\n RETURNS trigger\n LANGUAGE {language}\nAS $function${body}$function$"
            )
        };
        let one = "\nBEGIN\n  RETURN 'a  b';\nEND\n";
        for (language, other, same) in [
            ("plpgsql", one, true),
            ("plpgsql", "BEGIN -- this\n    return 'a  b';\n  END", true),
            ("sql", "BEGIN RETURN 'a  b'; END", true),
            ("plpgsql", "BEGIN RETURN 'a b'; END", false),
            ("plpgsql", "BEGIN RETURN 'a  b'; RETURN NULL; END", false),
            ("plpgsql", "BEGIN RETURN \"a  b\"; END", false),
            ("plpgsql", "BEGIN RETURN 'a  b; END", false),
            // White space has a meaning there.
            ("plpython3u", "BEGIN RETURN 'a  b'; END", false),
        ] {
            let (before, after) = (whole(language, one), whole(language, other));
            assert_eq!(is_same_function(&before, &after), same, "{language} {other}");
        }
        // Outside the body everything counts.
        let volatile = whole("plpgsql", one);
        let stable = volatile.replace("AS $", "STABLE AS $");
        assert!(!is_same_function(&volatile, &stable));
    }
}
