//! Where one lexical element ends: pure functions over the rest of a text.
//!
//! Each takes the text from the element's first byte on and gives its length in bytes, which is
//! always a character boundary: every decision is taken on ASCII bytes.

/// The length of an element, and whether its end was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) len: usize,
    pub(crate) closed: bool,
}

/// A quoted element whose opening quote is at `open`; the quote doubled stands for itself.
pub(crate) fn quoted(rest: &str, open: usize, quote: u8, backslash: bool) -> Extent {
    let bytes = rest.as_bytes();
    let mut at = open + 1;
    while let Some(byte) = bytes.get(at) {
        if *byte == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return Extent { len: at + 1, closed: true };
            }
            at += 2;
        } else if backslash && *byte == b'\\' {
            at += 2;
        } else {
            at += 1;
        }
    }
    Extent { len: rest.len(), closed: false }
}

/// SQLite's `[name]`, which knows no escape.
pub(crate) fn bracketed(rest: &str) -> Extent {
    until(rest, 1, "]")
}

/// A block comment; PostgreSQL's nest.
pub(crate) fn block_comment(rest: &str, nests: bool) -> Extent {
    if !nests {
        return until(rest, 2, "*/");
    }
    let bytes = rest.as_bytes();
    let mut depth = 1_usize;
    let mut at = 2;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Extent { len: at, closed: true };
                }
            }
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            _ => at += 1,
        }
    }
    Extent { len: rest.len(), closed: false }
}

/// Up to the end of the line, without it.
pub(crate) fn line(rest: &str, carriage_return_ends: bool) -> usize {
    rest.bytes()
        .position(|byte| byte == b'\n' || (carriage_return_ends && byte == b'\r'))
        .unwrap_or(rest.len())
}

/// A run of white space.
pub(crate) fn space(rest: &str) -> usize {
    rest.bytes().position(|byte| !is_space(byte)).unwrap_or(rest.len())
}

/// `$tag$ … $tag$`, or None where no dollar quote opens.
pub(crate) fn dollar_quoted(rest: &str) -> Option<Extent> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while bytes.get(at).is_some_and(|byte| *byte != b'$' && is_word(*byte)) {
        at += 1;
    }
    if bytes.get(at) != Some(&b'$') || bytes.get(1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let tag = &rest[..=at];
    Some(until(rest, tag.len(), tag))
}

/// A word: an unquoted name or keyword.
pub(crate) fn word(rest: &str) -> usize {
    rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len())
}

/// SQLite's `:name`, `@name`, `$name`, `#name`, or None. With Tcl's `::` and `(…)`, whatever is in the
/// parentheses: white space only ends it, without its closing one.
pub(crate) fn variable(rest: &str) -> Option<Extent> {
    let bytes = rest.as_bytes();
    if !matches!(bytes[0], b':' | b'@' | b'$' | b'#') {
        return None;
    }
    let (mut at, mut named) = (1, false);
    loop {
        match bytes.get(at) {
            Some(byte) if is_word(*byte) => {
                named = true;
                at += 1;
            }
            Some(b':') if bytes.get(at + 1) == Some(&b':') => at += 2,
            Some(b'(') if named => {
                let inner = &rest[at + 1..];
                let end = inner.bytes().position(|byte| byte == b')' || is_space(byte));
                let closed = end.is_some_and(|end| inner.as_bytes()[end] == b')');
                let len = at + 1 + end.map_or(inner.len(), |end| end + usize::from(closed));
                return Some(Extent { len, closed });
            }
            // Without a name it is no variable; a run of colons is one mistake, and not one a colon.
            _ => return (at > 1).then_some(Extent { len: at, closed: true }),
        }
    }
}

/// A number, with whatever letters follow it directly.
pub(crate) fn number(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    let mut dots = 0;
    let mut decimal = true; // only digits and a dot so far: an `e` may have a sign after it
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match byte {
            b'0'..=b'9' => {}
            // `1..2` is a range, not `1.` and `.2`.
            b'.' if dots == 0 && decimal && next != Some(&b'.') => dots += 1,
            b'e' | b'E' if decimal && at > 0 => {
                let signed = matches!(next, Some(b'+' | b'-'))
                    && bytes.get(at + 2).is_some_and(u8::is_ascii_digit);
                decimal = false;
                at += usize::from(signed);
            }
            byte if *byte != b'$' && is_word(*byte) => decimal = false,
            _ => break,
        }
        at += 1;
    }
    at
}

/// Longest name of an operator that PostgreSQL takes; bounds the work on a run of operator characters.
const LONGEST_OPERATOR: usize = 63;

/// PostgreSQL's operators: the longest run, cut before a comment; one of several characters ends
/// in `+` or `-` only if it holds one of the characters that SQL's own operators have not.
pub(crate) fn postgres_operator(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut len = 0;
    while len < LONGEST_OPERATOR
        && bytes.get(len).is_some_and(|byte| b"+-*/<>=~!@#%^&|`?".contains(byte))
    {
        if len > 0 && matches!(bytes.get(len..len + 2), Some(b"--" | b"/*")) {
            break;
        }
        len += 1;
    }
    if !bytes[..len].iter().any(|byte| b"~!@#%^&|`?".contains(byte)) {
        while len > 1 && matches!(bytes[len - 1], b'+' | b'-') {
            len -= 1;
        }
    }
    len
}

/// The operators of more than one character that are spelled with several symbols.
const OPERATORS: [&str; 15] =
    ["->>", "<=>", "::", ":=", "..", "=>", "<=", ">=", "<>", "!=", "==", "||", "&&", "<<", ">>"];

/// Any other symbol: one of the known operators, or a single character.
pub(crate) fn symbol(rest: &str) -> usize {
    if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
        return operator.len();
    }
    if rest.starts_with("->") { 2 } else { rest.chars().next().map_or(0, char::len_utf8) }
}

/// Where an executable comment ends for a server that skips it: quotes do not count there, and a
/// comment inside is skipped. `rest` starts after the opening.
pub(crate) fn skipped_comment(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"*/" => return Some(at),
            b"/*" => {
                let inner = block_comment(&rest[at..], false);
                if !inner.closed {
                    return None;
                }
                at += inner.len;
            }
            _ => at += 1,
        }
    }
    None
}

/// White space in all three dialects.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// Part of a word in all three dialects; every character outside ASCII is.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// Up to and with the next `end`, looked for from `from` on.
fn until(rest: &str, from: usize, end: &str) -> Extent {
    match rest.get(from..).and_then(|inner| inner.find(end)) {
        Some(found) => Extent { len: from + found + end.len(), closed: true },
        None => Extent { len: rest.len(), closed: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_where_they_end() {
        for (text, expected) in [
            ("1", "1"),
            ("1.5,", "1.5"),
            (".5)", ".5"),
            ("1..2", "1"),
            ("1e-5+", "1e-5"),
            ("1e+x", "1e"),
            ("0x1e-5", "0x1e"),
            ("1_000;", "1_000"),
            ("1--1", "1"),
            ("2abc ", "2abc"),
        ] {
            assert_eq!(&text[..number(text)], expected, "{text}");
        }
    }

    #[test]
    fn variables_of_sqlite() {
        for (text, expected) in [
            (":a,", Some((2, true))),
            ("$a::b(c;d)e", Some((10, true))),
            ("@a(", Some((3, false))),
            ("#a(b c)", Some((4, false))),
            ("$::a;", Some((4, true))),
            ("::", None),
            (":::::a", Some((6, true))),
            (":::;", Some((3, true))),
            (":(a)", None),
            ("$", None),
            (":é;", Some((3, true))),
            ("a", None),
        ] {
            let found = variable(text).map(|extent| (extent.len, extent.closed));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn postgres_operators_end_before_comments_and_signs() {
        for (text, expected) in [
            ("=-1", "="),
            ("@-1", "@-"),
            ("#>>'{a}'", "#>>"),
            ("#-'{a}'", "#-"),
            ("*--x", "*"),
            ("+/* c */1", "+"),
            ("<=+1", "<="),
            ("?|x", "?|"),
        ] {
            assert_eq!(&text[..postgres_operator(text)], expected, "{text}");
        }
    }

    #[test]
    fn a_skipped_executable_comment_ignores_quotes() {
        assert_eq!(skipped_comment(" a */ b"), Some(3));
        assert_eq!(skipped_comment(" '*/' */"), Some(2));
        assert_eq!(skipped_comment(" /* x */ */"), Some(9));
        assert_eq!(skipped_comment(" a *"), None);
        assert_eq!(skipped_comment(" /* a"), None);
    }
}
