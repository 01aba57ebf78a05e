//! Text from files and servers, as a terminal may see it.

use std::borrow::Cow;

/// Shows what a terminal would obey, or what would make it show another order, as `\u{…}`.
///
/// Names, statements, and messages come from files and servers: whoever writes one of them could
/// otherwise recolour a line, hide it, or ring. Line breaks and tabs stay; to one line use
/// [`one_line`].
///
/// ```
/// assert_eq!(dbmig_build::printable("a\u{1b}[2Jb"), r"a\u{1b}[2Jb");
/// assert_eq!(dbmig_build::printable("plain é"), "plain é");
/// ```
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |c| c != '\n' && c != '\t' && is_hostile(c))
}

/// The same in one line: cargo drops what stands behind a line break, and takes it for its own.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, is_hostile)
}

fn escape(text: &str, hostile: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if hostile(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters (Cc), and format characters (Cf) that change order or are not seen, by chapter 23 of
/// the Unicode standard.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        for (text, many, one) in [
            ("plain é 漢 🙂", "plain é 漢 🙂", "plain é 漢 🙂"),
            ("a\u{1b}[31m\r\nb\tc", "a\\u{1b}[31m\\r\nb\tc", "a\\u{1b}[31m\\r\\nb\\tc"),
            ("\u{7}\u{0}\u{7f}\u{9b}", "\\u{7}\\u{0}\\u{7f}\\u{9b}", "\\u{7}\\u{0}\\u{7f}\\u{9b}"),
            ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c", "a\\u{202e}b\\u{2066}c"),
        ] {
            assert_eq!(printable(text), many);
            assert_eq!(one_line(text), one);
        }
    }

    /// T59: whatever comes in. `DBMIG_TEST_ROUNDS` says how often.
    #[test]
    fn nothing_hostile_comes_out() {
        let rounds =
            std::env::var("DBMIG_TEST_ROUNDS").map_or(20_000, |text| text.parse().unwrap());
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            // xorshift: the same texts every time.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..rounds {
            let text: String = (0..next() % 24)
                .filter_map(|_| {
                    let number = match next() % 3 {
                        0 => next() % 0x100,
                        1 => 0x2000 + next() % 0x100,
                        _ => next() % 0x11_0000,
                    };
                    char::from_u32(u32::try_from(number).unwrap())
                })
                .collect();
            let shown = one_line(&text);
            assert!(!shown.chars().any(is_hostile), "{text:?} became {shown:?}");
            let directive = crate::Directive::Error(text.clone()).to_string();
            assert_eq!(directive.lines().count(), 1, "{text:?}");
        }
    }
}
