//! CSV as RFC 4180 has it: commas, quotes that are doubled, a header; line ends are LF or CRLF.
//!
//! An empty cell is NULL, a quoted empty cell (`""`) is the empty text. Crates that read CSV tell neither
//! whether a cell was quoted nor where it stands, so it is read here.

use std::borrow::Cow;

use super::cell::{Cell, Cursor, Malformed, Row};

/// Reads the header: the names of the columns.
///
/// # Errors
///
/// There is none, or a quote does not end.
pub(super) fn header<'a>(cursor: &mut Cursor<'a>) -> Result<Row<'a>, Malformed> {
    match record(cursor) {
        Some(row) => row,
        None => Err(Malformed::new((1, 1), "the file is empty: its first line names the columns")),
    }
}

/// The rows after the header, each with as many cells as that.
#[derive(Debug, Default)]
pub(super) struct Records {
    width: Option<usize>,
}

impl Records {
    /// The next row; the first call goes over the header.
    pub(super) fn next<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
    ) -> Option<Result<Row<'a>, Malformed>> {
        let wanted = match self.width {
            Some(width) => width,
            // What is wrong with the header was told by whoever read it.
            None => record(cursor)?.map_or(0, |row| row.cells.len()),
        };
        let row = record(cursor)?;
        let found = row.as_ref().map_or(0, |row| row.cells.len());
        Some(match row {
            Ok(row) if found != wanted => Err(Malformed::new(
                row.place,
                format!("the row has {found} cells, and the header {wanted}"),
            )),
            Ok(row) => {
                self.width = Some(wanted);
                Ok(row)
            }
            Err(malformed) => Err(malformed),
        })
    }
}

/// The rows of a text that is held.
pub(super) fn rows(text: &str) -> impl Iterator<Item = Result<Row<'_>, Malformed>> {
    let (mut cursor, mut records, mut over) = (Cursor::new(text), Records::default(), false);
    std::iter::from_fn(move || {
        let row = if over { None } else { records.next(&mut cursor) };
        over = !matches!(row, Some(Ok(_)));
        row
    })
}

/// The next line that is not empty. In a file of one column an empty line is a NULL.
fn record<'a>(cursor: &mut Cursor<'a>) -> Option<Result<Row<'a>, Malformed>> {
    if cursor.rest().is_empty() {
        return None;
    }
    let place = cursor.place();
    let mut cells = Vec::new();
    loop {
        match cell(cursor) {
            Ok(cell) => cells.push(cell),
            Err(malformed) => return Some(Err(malformed)),
        }
        match cursor.peek() {
            Some(b',') => {
                cursor.take(1);
            }
            Some(b'\r') => {
                cursor.take(2);
                break;
            }
            Some(_) => {
                cursor.take(1);
                break;
            }
            None => break,
        }
    }
    Some(Ok(Row { cells, place }))
}

/// One cell; what follows it is a comma, a line end, or nothing.
fn cell<'a>(cursor: &mut Cursor<'a>) -> Result<Cell<'a>, Malformed> {
    let place = cursor.place();
    if cursor.peek() != Some(b'"') {
        let rest = cursor.rest();
        // By bytes: a search for characters takes most of the time of a large file.
        let ends = |byte: &u8| matches!(byte, b',' | b'\n');
        let end = rest.bytes().position(|byte| ends(&byte)).unwrap_or(rest.len());
        let end = match rest[..end].strip_suffix('\r') {
            Some(line) if rest[end..].starts_with('\n') => line.len(),
            _ => end,
        };
        if let Some(at) = rest[..end].find('"') {
            cursor.take(at);
            return Err(Malformed::new(
                cursor.place(),
                "a quote inside a cell: quote the whole cell, and double the quotes in it",
            ));
        }
        let text = cursor.take(end);
        return Ok(Cell { text: (!text.is_empty()).then_some(Cow::Borrowed(text)), place });
    }
    cursor.take(1);
    let mut whole: Option<String> = None;
    loop {
        let Some(end) = cursor.rest().find('"') else {
            return Err(Malformed::new(place, "the quote that begins here does not end"));
        };
        let part = cursor.take(end);
        cursor.take(1);
        if cursor.peek() == Some(b'"') {
            let text = whole.get_or_insert_with(String::new);
            text.push_str(part);
            text.push('"');
            cursor.take(1);
            continue;
        }
        let rest = cursor.rest();
        if !(rest.is_empty() || rest.starts_with([',', '\n']) || rest.starts_with("\r\n")) {
            return Err(Malformed::new(cursor.place(), "text after the quote that ends the cell"));
        }
        let text = match whole {
            Some(text) => Cow::Owned(text + part),
            None => Cow::Borrowed(part),
        };
        return Ok(Cell { text: Some(text), place });
    }
}

/// Appends a row, so that it is read as it was: quotes where they are needed, none around NULL.
pub(super) fn write<'t>(out: &mut String, cells: impl IntoIterator<Item = Option<&'t str>>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        match cell {
            None => {}
            Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
                out.push('"');
                out.push_str(&text.replace('"', "\"\""));
                out.push('"');
            }
            Some(text) => out.push_str(text),
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let told = |m: Malformed| format!("{}:{}: {}", m.place.0, m.place.1, m.message);
        let _ = header(&mut Cursor::new(text)).map_err(told)?;
        let owned = |row: Row<'_>| {
            row.cells.into_iter().map(|cell| cell.text.map(Cow::into_owned)).collect()
        };
        rows(text).map(|row| row.map(owned).map_err(told)).collect()
    }

    #[test]
    fn cells() {
        let some = |text: &str| Some(text.to_owned());
        for (text, expected) in [
            ("a,b\n1,2\n", vec![vec![some("1"), some("2")]]),
            ("a,b\r\n1,2", vec![vec![some("1"), some("2")]]),
            ("a,b\n,\"\"\n", vec![vec![None, some("")]]),
            ("a\n\n\"x\"\n", vec![vec![None], vec![some("x")]]),
            ("a,b\n\"x\"\"y\",\"1\n2,3\"\n", vec![vec![some("x\"y"), some("1\n2,3")]]),
            ("a,b\n a , é\n", vec![vec![some(" a "), some(" é")]]),
            ("a,b\n\\.,\"\r\"\n", vec![vec![some("\\."), some("\r")]]),
        ] {
            assert_eq!(read(text), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (text, expected) in [
            ("", "1:1: the file is empty: its first line names the columns"),
            ("a,b\n1\n", "2:1: the row has 1 cells, and the header 2"),
            ("a,b\n1,\"x\n", "2:3: the quote that begins here does not end"),
            ("a,b\n\"é\"x,1\n", "2:4: text after the quote that ends the cell"),
            (
                "a,b\n1,x\"y\n",
                "2:4: a quote inside a cell: quote the whole cell, and double the quotes in it",
            ),
        ] {
            assert_eq!(read(text), Err(expected.to_owned()), "{text:?}");
        }
    }

    #[test]
    fn places_count_characters_and_lines_inside_of_quotes() {
        let found: Vec<_> = rows("a,b\né,\"1\n2\"\n3,4\n")
            .flat_map(|row| row.unwrap().cells)
            .map(|cell| cell.place)
            .collect();
        assert_eq!(found, [(2, 1), (2, 3), (4, 1), (4, 3)]);
    }

    #[test]
    fn what_is_written_is_read() {
        let row = [None, Some(""), Some("a,\"b\"\r\n"), Some("é"), Some(" "), Some("\\N")];
        let mut text = "a,b,c,d,e,f\n".to_owned();
        write(&mut text, row);
        let expected = row.map(|cell| cell.map(str::to_owned)).to_vec();
        assert_eq!(read(&text), Ok(vec![expected]));
    }
}
