//! JSON: a list of objects, all with the same names. Numbers stay the text that they are written in, and
//! lists and objects inside of a row are values of JSON columns.
//!
//! Crates that read JSON do not tell where a value stands, so it is read here.

use std::borrow::Cow;

use super::cell::{Cell, Cursor, Malformed, Place, Row, Rows};

/// How deep lists and objects may be inside of each other.
const DEEPEST: usize = 100;

/// Reads the names of the first object, with their places.
///
/// # Errors
///
/// The file is not a list of objects, or the list is empty.
pub(super) fn header(text: &str) -> Result<Row<'_>, Malformed> {
    let mut reader = Reader { cursor: Cursor::new(text) };
    reader.begin()?;
    match reader.object()? {
        Some((members, place)) => {
            let cell = |(name, place, _): Member<'_>| Cell { text: Some(Cow::Owned(name)), place };
            Ok(Row { cells: members.into_iter().map(cell).collect(), place })
        }
        None => Err(Malformed::new((1, 1), "the list is empty: it holds one object a row")),
    }
}

/// The objects, each in the order of the first one's names.
pub(super) fn rows(text: &str) -> Rows<'_> {
    let mut reader = Reader { cursor: Cursor::new(text) };
    let mut names: Option<Vec<String>> = None;
    let mut begun = false;
    let mut over = false;
    Box::new(std::iter::from_fn(move || {
        if over {
            return None;
        }
        let next = match std::mem::replace(&mut begun, true) {
            true => reader.following(),
            false => reader.begin().and_then(|()| reader.object()),
        };
        let row = match next {
            Ok(None) => {
                over = true;
                return None;
            }
            Ok(Some(object)) => in_order(&mut names, object),
            Err(malformed) => Err(malformed),
        };
        over = row.is_err();
        Some(row)
    }))
}

/// A name, its place, and the value.
type Member<'a> = (String, Place, Cell<'a>);

fn in_order<'a>(
    names: &mut Option<Vec<String>>,
    (mut members, place): (Vec<Member<'a>>, Place),
) -> Result<Row<'a>, Malformed> {
    let names = names.get_or_insert_with(|| {
        let mut once: Vec<String> = Vec::with_capacity(members.len());
        for (name, ..) in &members {
            if !once.contains(name) {
                once.push(name.clone());
            }
        }
        once
    });
    if let Some((name, at, _)) = members.iter().find(|member| !names.contains(&member.0)) {
        return Err(Malformed::new(*at, format!("the first object has no `{name}`")));
    }
    let mut cells = Vec::with_capacity(names.len());
    for name in names.iter() {
        let Some(index) = members.iter().position(|member| member.0 == *name) else {
            return Err(Malformed::new(
                place,
                format!("`{name}` is missing: all objects have the same names; NULL is `null`"),
            ));
        };
        cells.push(members.swap_remove(index).2);
    }
    match members.first() {
        Some((name, at, _)) => Err(Malformed::new(*at, format!("`{name}` stands twice"))),
        None => Ok(Row { cells, place }),
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Reader<'a> {
    fn blank(&mut self) {
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

    fn begin(&mut self) -> Result<(), Malformed> {
        if self.is(b'[') { Ok(()) } else { self.wrong("`[`: a list with one object a row") }
    }

    /// The next object of a list that has begun with one.
    fn following(&mut self) -> Result<Option<(Vec<Member<'a>>, Place)>, Malformed> {
        if self.is(b',') {
            return match self.object()? {
                None => self.wrong("an object"),
                object => Ok(object),
            };
        }
        self.object_or_end(false)
    }

    fn object(&mut self) -> Result<Option<(Vec<Member<'a>>, Place)>, Malformed> {
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
    fn skip(&mut self, depth: usize) -> Result<(), Malformed> {
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
pub(super) fn is_number(word: &str) -> bool {
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

/// Whether it is one value of JSON.
pub(super) fn is_json(text: &str) -> bool {
    let mut reader = Reader { cursor: Cursor::new(text) };
    let whole = reader.skip(0);
    reader.blank();
    whole.is_ok() && reader.cursor.rest().is_empty()
}

/// Appends a text with its quotes.
pub(super) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let told = |m: Malformed| format!("{}:{}: {}", m.place.0, m.place.1, m.message);
        let owned = |row: Row<'_>| {
            row.cells.into_iter().map(|cell| cell.text.map(Cow::into_owned)).collect()
        };
        rows(text).map(|row| row.map(owned).map_err(told)).collect()
    }

    #[test]
    fn values() {
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            (r#"[{"a": 1, "b": null}]"#, vec![vec![some("1"), None]]),
            (
                "[{\"a\":\"\"},\n {\"a\":\"x\\n\\u00e9\\ud83d\\ude00\\\"\"}]\n",
                vec![vec![some("")], vec![some("x\né😀\"")]],
            ),
            (
                r#"[{"a":{"x":[1,"]"]}, "b":true}]"#,
                vec![vec![some(r#"{"x":[1,"]"]}"#), some("true")]],
            ),
            (
                r#"[{"a":12345678901234567890,"b":1.50},{"b":2,"a":-1e3}]"#,
                vec![
                    vec![some("12345678901234567890"), some("1.50")],
                    vec![some("-1e3"), some("2")],
                ],
            ),
            ("[]", vec![]),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("{}", "1:1: expected `[`: a list with one object a row"),
            ("[1]", "1:2: expected an object"),
            ("[{\"a\":1},\n{\"b\":1}]", "2:2: the first object has no `b`"),
            (
                "[{\"a\":1,\"b\":1},\n{\"b\":1}]",
                "2:1: `a` is missing: all objects have the same names; NULL is `null`",
            ),
            ("[{\"a\":1,\"a\":2}]", "1:9: `a` stands twice"),
            ("[{\"a\":01}]", "1:7: expected a value"),
            ("[{\"é\":x}]", "1:7: expected a value"),
            ("[{\"a\":\"x}]", "1:7: the quote that begins here does not end"),
            ("[{\"a\":\"\\ud800\"}]", "1:8: this escape is not one of JSON"),
            ("[{\"a\":1}", "1:9: expected `,` or `]`"),
            ("[{\"a\":1},]", "1:11: expected an object"),
            ("[{\"a\":1}] x", "1:11: expected nothing after the list"),
        ] {
            assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        }
        assert!(
            !is_json(&"[".repeat(100_000)) && is_json(" {\"a\": [1, {}]} ") && !is_json("{} {}")
        );
    }

    #[test]
    fn what_is_written_is_read() {
        for text in ["", "a\"\\\n\r\t\u{1}", "é😀"] {
            let mut out = "[{\"a\":".to_owned();
            write_text(&mut out, text);
            out.push_str("}]");
            assert_eq!(read(&out), Ok(vec![vec![Some(text.to_owned())]]));
        }
    }
}
