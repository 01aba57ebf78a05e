//! Lines and columns of byte offsets.

/// Line and column of a byte offset, both from 1; the column counts characters.
///
/// A byte order mark takes no column. An offset past the end, or inside a character, counts as the
/// nearest character boundary before it.
#[must_use]
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let mut cursor = Cursor::new(text);
    cursor.advance(offset)
}

/// Walks forward through a text, so that the positions of many offsets cost one pass.
pub(crate) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, offset, line: 1, column: 1 }
    }

    /// Moves on to `offset` and gives its line and column; never moves backwards.
    pub(crate) fn advance(&mut self, offset: usize) -> (usize, usize) {
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let passed = self.text.get(self.offset..end).unwrap_or("");
        match passed.rfind('\n') {
            Some(last) => {
                self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
                self.column = 1 + passed[last + 1..].chars().count();
            }
            None => self.column += passed.chars().count(),
        }
        self.offset = self.offset.max(end);
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "a\nbé☃c\r\n\nd";
        for (offset, expected) in [
            (0, (1, 1)),
            (1, (1, 2)),
            (2, (2, 1)),
            (3, (2, 2)),
            (4, (2, 2)), // inside é
            (5, (2, 3)),
            (8, (2, 4)),
            (11, (3, 1)),
            (12, (4, 1)),
            (13, (4, 2)),
            (999, (4, 2)),
        ] {
            assert_eq!(position(text, offset), expected, "offset {offset}");
        }
        assert_eq!(position("\u{feff}ab", 4), (1, 2));
        assert_eq!(position("\u{feff}ab", 1), (1, 1));
        assert_eq!(position("", 0), (1, 1));
    }
}
