//! JSON: a list of objects, all with the same names. Numbers stay the text that they are written in, and
//! lists and objects inside of a row are values of JSON columns.
//!
//! Crates that read JSON do not tell where a value stands, so it is read here.

mod reader;

use std::borrow::Cow;

use self::reader::Reader;
pub(super) use self::reader::is_number;
use super::cell::{Cell, Cursor, Malformed, Place, Row};

/// Reads the names of the first object, with their places.
///
/// # Errors
///
/// The file is not a list of objects, or the list is empty.
pub(super) fn header<'a>(cursor: &mut Cursor<'a>) -> Result<Row<'a>, Malformed> {
    let mut reader = Reader { cursor };
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
#[derive(Debug, Default)]
pub(super) struct Objects {
    names: Option<Vec<String>>,
}

impl Objects {
    /// The next object; `first` goes over the bracket before it.
    pub(super) fn next<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        first: bool,
    ) -> Option<Result<Row<'a>, Malformed>> {
        let mut reader = Reader { cursor };
        let next = match first {
            true => reader.begin().and_then(|()| reader.object()),
            false => reader.following(),
        };
        match next {
            Ok(None) => None,
            Ok(Some(object)) => Some(in_order(&mut self.names, object)),
            Err(malformed) => Some(Err(malformed)),
        }
    }
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

/// Whether it is one value of JSON.
pub(super) fn is_json(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    let mut reader = Reader { cursor: &mut cursor };
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
        let owned = |row: Row<'_>| -> Vec<_> {
            row.cells.into_iter().map(|cell| cell.text.map(Cow::into_owned)).collect()
        };
        let (mut cursor, mut objects, mut all) = (Cursor::new(text), Objects::default(), vec![]);
        while let Some(row) = objects.next(&mut cursor, all.is_empty()) {
            all.push(owned(row.map_err(told)?));
        }
        Ok(all)
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
