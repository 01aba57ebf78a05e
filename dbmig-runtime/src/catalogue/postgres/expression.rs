//! Expressions as the server writes them, made equal where the same one is written in several ways.

use dbmig_build::Dialect;
use dbmig_build::sql::{Token, TokenKind, tokens};

/// Without the parentheses around all of it.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim();
    let all: Vec<_> = tokens(text, Dialect::Postgres).collect();
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return text };
    if first.text != "(" || closing(&all, 0) != Some(all.len() - 1) {
        return text;
    }
    bare(&text[first.end()..last.offset])
}

/// The place of the parenthesis or bracket that closes the one at `open`.
fn closing(all: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in all.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" if token.kind == TokenKind::Symbol => depth += 1,
            ")" | "]" if token.kind == TokenKind::Symbol => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// As the server writes it after it has read its own text: `(ARRAY['a'::character varying])::text[]` becomes
/// `ARRAY[('a'::character varying)::text]`.
pub(super) fn settled(text: String) -> String {
    if !text.contains("(ARRAY[") {
        return text;
    }
    let all: Vec<_> = tokens(&text, Dialect::Postgres).collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < all.len() {
        if let Some((array, next)) = cast_array(&text, &all, at) {
            out.push_str(&array);
            at = next;
        } else {
            out.push_str(all[at].text);
            at += 1;
        }
    }
    out
}

/// `(ARRAY[…])::type[]` at `at`: with the cast at each element, and where it ends.
fn cast_array(text: &str, all: &[Token<'_>], at: usize) -> Option<(String, usize)> {
    let symbol = |at: usize, symbol: &str| {
        all.get(at).is_some_and(|token| token.kind == TokenKind::Symbol && token.text == symbol)
    };
    if !symbol(at, "(") || !all.get(at + 1)?.text.eq("ARRAY") || !symbol(at + 2, "[") {
        return None;
    }
    let end = closing(all, at + 2)?;
    if closing(all, at)? != end + 1 {
        return None;
    }
    let cast = after_symbol(all, end + 2, "::")?;
    // The words of the type, up to its brackets.
    let brackets = (cast..all.len()).find(|at| symbol(*at, "["))?;
    let named = all[cast..brackets].iter().all(|token| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::Space)
            || token.text == "."
    });
    if !named || cast == brackets || !symbol(brackets + 1, "]") {
        return None;
    }
    let ty = &text[all[cast].offset..all[brackets].offset];
    let mut elements = Vec::new();
    let mut start = at + 3;
    let mut inner = start;
    while inner <= end {
        if inner == end || symbol(inner, ",") {
            elements.push(text[all[start].offset..all[inner].offset].trim());
            start = inner + 1;
        } else if symbol(inner, "(") || symbol(inner, "[") {
            inner = closing(all, inner)?;
        }
        inner += 1;
    }
    // An array of arrays, or of NULL, is written in another way.
    if elements.iter().any(|element| element.is_empty() || element.starts_with("ARRAY")) {
        return None;
    }
    let elements: Vec<_> = elements
        .into_iter()
        .map(|element| {
            let element = settled(element.to_owned());
            if element.starts_with('(') && bare(&element) != element {
                format!("{element}::{ty}")
            } else {
                format!("({element})::{ty}")
            }
        })
        .collect();
    Some((format!("ARRAY[{}]", elements.join(", ")), brackets + 2))
}

/// The place behind a symbol that the lexer may have cut into several.
fn after_symbol(all: &[Token<'_>], at: usize, symbol: &str) -> Option<usize> {
    let mut rest = symbol;
    let mut at = at;
    while !rest.is_empty() {
        let token = all.get(at).filter(|token| token.kind == TokenKind::Symbol)?;
        rest = rest.strip_prefix(token.text)?;
        at += 1;
    }
    Some(at)
}

/// Without moments: the server folds `'now'::timestamp` into the one at which it read a definition, so
/// two databases made of one text differ in it. For comparisons only, what comes out is no SQL.
pub(in crate::catalogue) fn steady(text: &str) -> String {
    if !text.contains("'::time") {
        return text.to_owned();
    }
    let all: Vec<_> = tokens(text, Dialect::Postgres).collect();
    let mut out = String::with_capacity(text.len());
    for (at, token) in all.iter().enumerate() {
        let moment = token.kind == TokenKind::String
            && is_precise_moment(token.text)
            && after_symbol(&all, at + 1, "::")
                .and_then(|at| all.get(at))
                .is_some_and(|ty| matches!(ty.text, "timestamp" | "time"));
        out.push_str(if moment { "'now'" } else { token.text });
    }
    out
}

/// Whether a literal is a moment with a fraction of a second: one that a person wrote has none.
fn is_precise_moment(literal: &str) -> bool {
    let text = literal.trim_matches('\'');
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((whole, rest)) = text.split_once('.') else { return false };
    let fraction = rest.split(['+', '-']).next().unwrap_or_default();
    let clock = whole.rsplit(' ').next().unwrap_or_default();
    digits(fraction) && clock.split(':').count() == 3 && clock.split(':').all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses() {
        for (text, expected) in [
            ("(a > 0)", "a > 0"),
            ("((a > 0))", "a > 0"),
            ("((a > 0) AND (b > 0))", "(a > 0) AND (b > 0)"),
            ("(a > 0) AND (b > 0)", "(a > 0) AND (b > 0)"),
            ("(a = ')'::text)", "a = ')'::text"),
            ("(\"(\" > 0)", "\"(\" > 0"),
            ("lower(a)", "lower(a)"),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(bare(text), expected, "{text}");
        }
    }

    #[test]
    fn arrays_settle() {
        for (text, expected) in [
            (
                "(a)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[])",
                "(a)::text = ANY (ARRAY[('x'::character varying)::text, ('y'::character varying)::text])",
            ),
            (
                "(ARRAY[f(a, b), (c)::character varying, ('d'::bpchar)])::text[]",
                "ARRAY[(f(a, b))::text, ((c)::character varying)::text, ('d'::bpchar)::text]",
            ),
            (
                "(ARRAY['(ARRAY['::character varying])::text[]",
                "ARRAY[('(ARRAY['::character varying)::text]",
            ),
            ("(ARRAY['a'::text])", "(ARRAY['a'::text])"),
            ("(ARRAY[]::text[])", "(ARRAY[]::text[])"),
            ("(ARRAY[ARRAY[1]])::bigint[]", "(ARRAY[ARRAY[1]])::bigint[]"),
            ("(ARRAY[1, 2])::bigint", "(ARRAY[1, 2])::bigint"),
            ("'(ARRAY[a])::text[]'::text", "'(ARRAY[a])::text[]'::text"),
        ] {
            assert_eq!(settled(text.to_owned()), expected, "{text}");
        }
    }

    #[test]
    fn moments() {
        for (text, expected) in [
            (
                "x > '2026-11-21 00:36:38.6'::timestamp without time zone",
                "x > 'now'::timestamp without time zone",
            ),
            (
                "x > '2026-11-21 00:36:38.612345+00'::timestamp with time zone",
                "x > 'now'::timestamp with time zone",
            ),
            ("x > '00:36:38.6'::time without time zone", "x > 'now'::time without time zone"),
            (
                "x > '2026-11-21 00:00:00'::timestamp without time zone",
                "x > '2026-11-21 00:00:00'::timestamp without time zone",
            ),
            ("x > '2026-11-21 00:36:38.6'::text", "x > '2026-11-21 00:36:38.6'::text"),
            ("x > '1.5'::time", "x > '1.5'::time"),
        ] {
            assert_eq!(steady(text), expected, "{text}");
        }
    }
}
