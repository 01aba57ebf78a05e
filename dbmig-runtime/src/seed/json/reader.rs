//! Reads values, and tells where what is wrong stands.

use std::borrow::Cow;

use super::Member;
use crate::seed::cell::{Cell, Cursor, Malformed, Place};

/// How deep lists and objects may be inside of each other.
const DEEPEST: usize = 100;

/// Reads from a cursor.
pub(super) struct Reader<'c, 'a> {
    pub(super) cursor: &'c mut Cursor<'a>,
}

impl<'a> Reader<'_, 'a> {
    pub(super) fn blank(&mut self) {
        let rest = self.cursor.rest();
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.cursor.take(blank);
    }

    fn wrong<T>(&self, expected: &str) -> Result<T, Malformed> {
        Err(Malformed::new(self.cursor.place(), format!("expected {expected}")))
    }

    fn is(&mut self, byte: u8) -> bool {
        self.blank();
        let is = self.cursor.peek() == Some(byte);
        if is {
            self.cursor.take(1);
        }
        is
    }

    pub(super) fn begin(&mut self) -> Result<(), Malformed> {
        if self.is(b'[') { Ok(()) } else { self.wrong("`[`: a list with one object a row") }
    }

    /// The next object of a list that has begun with one.
    pub(super) fn following(&mut self) -> Result<Option<(Vec<Member<'a>>, Place)>, Malformed> {
        if self.is(b',') {
            return match self.object()? {
                None => self.wrong("an object"),
                object => Ok(object),
            };
        }
        self.object_or_end(false)
    }

    pub(super) fn object(&mut self) -> Result<Option<(Vec<Member<'a>>, Place)>, Malformed> {
        self.object_or_end(true)
    }

    fn object_or_end(
        &mut self,
        may_begin: bool,
    ) -> Result<Option<(Vec<Member<'a>>, Place)>, Malformed> {
        if self.is(b']') {
            self.blank();
            return match self.cursor.peek() {
                None => Ok(None),
                Some(_) => self.wrong("nothing after the list"),
            };
        }
        let place = self.cursor.place();
        if !may_begin {
            return self.wrong("`,` or `]`");
        }
        if !self.is(b'{') {
            return self.wrong("an object");
        }
        let mut members = Vec::new();
        if self.is(b'}') {
            return Ok(Some((members, place)));
        }
        loop {
            self.blank();
            let at = self.cursor.place();
            let name = self.string()?;
            if !self.is(b':') {
                return self.wrong("`:`");
            }
            self.blank();
            members.push((name, at, self.value()?));
            if self.is(b'}') {
                return Ok(Some((members, place)));
            }
            if !self.is(b',') {
                return self.wrong("`,` or `}`");
            }
        }
    }

    fn value(&mut self) -> Result<Cell<'a>, Malformed> {
        let place = self.cursor.place();
        let text = match self.cursor.peek() {
            Some(b'"') => Some(Cow::Owned(self.string()?)),
            Some(b'{' | b'[') => {
                let whole = self.cursor.rest();
                self.skip(0)?;
                Some(Cow::Borrowed(&whole[..whole.len() - self.cursor.rest().len()]))
            }
            _ => match self.word()? {
                "null" => None,
                word => Some(Cow::Borrowed(word)),
            },
        };
        Ok(Cell { text, place })
    }

    /// A number, `true`, `false`, or `null`.
    fn word(&mut self) -> Result<&'a str, Malformed> {
        let rest = self.cursor.rest();
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')))
            .unwrap_or(rest.len());
        let word = &rest[..end];
        if !matches!(word, "null" | "true" | "false") && !is_number(word) {
            return self.wrong("a value");
        }
        Ok(self.cursor.take(end))
    }

    /// Goes over a value.
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), Malformed> {
        if depth > DEEPEST {
            return self.wrong("fewer lists inside of lists");
        }
        self.blank();
        let close = match self.cursor.peek() {
            Some(b'"') => return self.string().map(drop),
            Some(b'[') => b']',
            Some(b'{') => b'}',
            _ => return self.word().map(drop),
        };
        self.cursor.take(1);
        if self.is(close) {
            return Ok(());
        }
        loop {
            if close == b'}' {
                self.blank();
                self.string()?;
                if !self.is(b':') {
                    return self.wrong("`:`");
                }
            }
            self.skip(depth + 1)?;
            if self.is(close) {
                return Ok(());
            }
            if !self.is(b',') {
                return self.wrong(if close == b']' { "`,` or `]`" } else { "`,` or `}`" });
            }
        }
    }

    fn string(&mut self) -> Result<String, Malformed> {
        if self.cursor.peek() != Some(b'"') {
            return self.wrong("a text in quotes");
        }
        let begun = self.cursor.place();
        self.cursor.take(1);
        let mut text = String::new();
        loop {
            let rest = self.cursor.rest();
            let Some(end) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                return Err(Malformed::new(begun, "the quote that begins here does not end"));
            };
            text.push_str(self.cursor.take(end));
            match self.cursor.peek() {
                Some(b'"') => {
                    self.cursor.take(1);
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                _ => return self.wrong("no control character inside of a text: write `\\n`"),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let place = self.cursor.place();
        let wrong = || Malformed::new(place, "this escape is not one of JSON");
        let kind = self.cursor.rest().as_bytes().get(1).copied();
        let plain = match kind {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let high = self.unit().ok_or_else(wrong)?;
                if !(0xd800..0xe000).contains(&high) {
                    return char::from_u32(high).ok_or_else(wrong);
                }
                let low = self.unit().filter(|unit| (0xdc00..0xe000).contains(unit));
                let low = low.filter(|_| high < 0xdc00).ok_or_else(wrong)?;
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return char::from_u32(code).ok_or_else(wrong);
            }
            _ => return Err(wrong()),
        };
        self.cursor.take(2);
        Ok(plain)
    }

    /// The number of a `\uXXXX`.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.cursor.rest().strip_prefix("\\u")?.get(..4)?;
        let unit = u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?;
        self.cursor.take(6);
        Some(unit)
    }
}

/// Whether JSON takes it as a number.
pub(in crate::seed) fn is_number(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, part) = match mantissa.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && part.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
